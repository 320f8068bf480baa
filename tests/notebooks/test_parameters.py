import pytest

from hrlib import HrlibError
from hrlib.notebooks import checked, declared


@pytest.fixture
def notebook(tmp_path, write_notebook):
    source = 'epochs: int = 3  # passes\nrate: float = 0.1\nname: str = "a"\nfast: bool = False\nfree = None'
    return write_notebook(tmp_path, "a notebook", source)


def test_declared(notebook):
    found = declared(notebook)
    assert list(found) == ["epochs", "rate", "name", "fast", "free"]
    assert (found["epochs"].type, found["epochs"].default, found["epochs"].help) == ("int", "3", "passes")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"epochs": "5"}, 5),
        ({"epochs": 5}, 5),
        ({"rate": "1"}, 1.0),
        ({"rate": "1e-3"}, 1e-3),
        ({"rate": 2}, 2.0),
        ({"name": "7"}, "7"),
        ({"fast": "true"}, True),
        ({"fast": "False"}, False),
    ],
)
def test_values_become_what_the_notebook_declares(notebook, given, expected):
    (value,) = checked([notebook], given)[notebook].values()
    assert value == expected and type(value) is type(expected)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"epoch": 5}, "a notebook has no parameter 'epoch'; did you mean 'epochs'"),
        ({"epochs": "5.5"}, "epochs is '5.5': expected int, such as the default 3 .passes."),
        ({"epochs": "__import__('os')"}, "expected int"),
        ({"epochs": True}, "epochs is True: expected int"),
        ({"fast": "1"}, "fast is '1': expected bool"),
        ({"rate": "quick"}, "expected float"),
    ],
)
def test_what_does_not_fit_is_refused(notebook, given, says):
    with pytest.raises(HrlibError, match=says):
        checked([notebook], given)
