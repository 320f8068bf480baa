"""What the kit's widgets share: callbacks that tell of bad input, and an end: ipywidgets keeps every widget, and all that it holds, until it is closed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from hrlib.errors import HrlibError

if TYPE_CHECKING:
    from ipywidgets import Widget


def tells(callback: Callable) -> Callable:
    """A method that a widget calls back: bad input is told by its object's `_say`; a traceback would end in a log that nobody reads."""

    @functools.wraps(callback)
    def told(self, *arguments):
        try:
            callback(self, *arguments)
        except HrlibError as error:
            self._say(str(error))

    return told


def close(*widgets: Widget) -> None:
    """Close widgets and all that are in them: children, layouts, styles. They vanish from the page, and their memory can be used again."""
    from ipywidgets import Widget

    todo, seen = list(widgets), set()
    while todo:
        widget = todo.pop()
        if id(widget) in seen:  # a figure cannot be hashed
            continue
        seen.add(id(widget))
        for value in widget.trait_values(sync=True).values():
            todo += [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, Widget)]
        widget.close()


def inside(holder: object) -> list[Widget]:
    """The widgets that are attributes of an object, also in its lists and dictionaries."""
    from ipywidgets import Widget

    found = []
    for value in vars(holder).values():
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
        found += [one for one in values if isinstance(one, Widget)]
    return found
