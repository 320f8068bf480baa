"""The errors of bad input: each says what was got, what was expected and what to do."""


class HrlibError(ValueError):
    """Input that hrlib cannot use. The base of all errors that hrlib raises about its input."""


class BadImage(HrlibError):
    """A photo that cannot be decoded, or is refused (too large, animated, a format that is not read)."""


class HierarchyConflict(HrlibError):
    """Labels that are no tree: a class with more than one parent."""
