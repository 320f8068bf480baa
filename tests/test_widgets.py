import ipywidgets
from ipywidgets.widgets.widget import _instances

from hrlib.widgets import close, inside


class Holder:
    def __init__(self):
        self.button, self.text, self.number = ipywidgets.Button(), None, 7
        self.several = [ipywidgets.Text(), "no widget"]
        self.named = {"slider": ipywidgets.IntSlider(), "number": 3}


def test_what_is_in_a_widget_is_closed_with_it():
    before, holder = set(_instances), Holder()
    assert [type(one).__name__ for one in inside(holder)] == ["Button", "Text", "IntSlider"]
    alone = ipywidgets.Label("stays")
    box = ipywidgets.VBox([ipywidgets.HBox(inside(holder)), holder.button])
    kept = {alone.model_id, alone.layout.model_id, alone.style.model_id} | before
    close(box, box)
    assert set(_instances) == kept and holder.button.comm is None
    close(box)
    close(alone)
    assert set(_instances) == before
