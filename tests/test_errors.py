from hrlib import BadImage, HierarchyConflict, HrlibError


def test_our_errors_are_value_errors():
    assert issubclass(HrlibError, ValueError)
    assert issubclass(BadImage, HrlibError) and issubclass(HierarchyConflict, HrlibError)
