"""The search demo's controls: ipywidgets with their labels, and how they stand around the photo. No behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
import pandas as pd

from hrlib.explore.controls import MOST_PHOTOS, MOST_VALUES, button, labelled
from hrlib.explore.photo_strip import PhotoStrip
from hrlib.explore.search_canvas import Canvas

BESIDE = "side by side"
HINT = "Upload a photo, or choose one of the catalogue. Then draw a box around what is meant, or scribble on it."
WORDS = "Or say in words what you look for, alone or with a photo."


class SearchControls:
    """All that stands around the photo. Every control has a label or a text, and is reached with the tab key.

    Args:
        names: of the models. k: how many results. metadata: of the items, for the filters. classes: that an added item may have.
        texts: whether words can be searched for; if not, what they are written into is not shown.
    """

    def __init__(self, names: list[str], k: int, metadata: pd.DataFrame, classes: list[str], texts: bool = False):
        self.texts, self.hint = texts, f"{HINT} {WORDS}" if texts else HINT
        self.text = labelled(widgets.Text, "in words", 220, placeholder="red running shoes", continuous_update=False)
        self.without = button("Without the photo", "ask with the words alone")
        spaces = [BESIDE, *names] if len(names) > 1 else names
        self.space = labelled(widgets.Dropdown, "model", 200, options=spaces)
        self.k = labelled(widgets.BoundedIntText, "results", 120, min=1, max=max(MOST_PHOTOS, k), value=k)
        self.rerank = widgets.Checkbox(description="re-rank by category", indent=False, layout={"width": "auto"})
        self.group = widgets.Checkbox(
            description="group near-duplicates", value=True, indent=False, layout={"width": "auto"}
        )
        self.filtering = _toggle("Filters", "show or hide the filters")
        self.unfilter = button("Clear filters", "let every item be found")
        self.filters = {name: control for name in metadata if (control := _filter(name, metadata[name])) is not None}
        self.strip, self.canvas = PhotoStrip(label="photos of the catalogue"), Canvas(status=self.hint)
        self.others = button("Other photos", "another sample of the catalogue")
        self.id = labelled(widgets.Text, "item by id", 240, continuous_update=False)
        tips = ["draw a box around what is meant", "scribble on the photo"]
        self.tool = widgets.ToggleButtons(
            options=[("Crop box", "crop"), ("Pen", "pen")], description="draw", tooltips=tips
        )
        self.tool.style.button_width, self.tool.style.description_width = "auto", "auto"
        self.tool.layout.width, self.tool.layout.display, self.tool.layout.flex_flow = "auto", "flex", "row nowrap"
        self.colour = labelled(widgets.ColorPicker, "colour", 150, value=self.canvas.colour)
        self.pen = labelled(widgets.IntSlider, "pen", 210, min=1, max=25, value=self.canvas.pen)
        self.undo = button("Undo", "take the last stroke away, or else the crop box")
        self.clear = button("Clear", "take all strokes and the crop box away")
        self.adding = _toggle("Add to the catalogue", "show or hide what is needed to add this photo")
        self.name = labelled(widgets.Text, "id", 240, placeholder="of the new item")
        self.category = labelled(widgets.Combobox, "class", 240, placeholder="type or choose", options=classes)
        self.add = button("Add this photo", "as it is seen, findable at once")
        self.added = labelled(widgets.Dropdown, "added", 200)
        self.remove = button("Remove", "take the added item away again")
        self.results = widgets.HBox(layout=_wrap("flex-start"))

    def arranged(self) -> widgets.Box:
        """The photo on the left, the results on the right; below each other where the page is narrow."""
        shown = widgets.Box([*self.filters.values(), self.unfilter], layout=_wrap("flex-end"))
        add = widgets.Box([self.name, self.category, self.add, self.added, self.remove], layout=_wrap())
        _shows(self.filtering, shown)
        _shows(self.adding, add)
        drawing = [self.tool, self.colour, self.pen, self.undo, self.clear]
        words = [widgets.Box([self.text, self.without], layout=_wrap())] if self.texts else []
        left = [
            *words,
            self.strip,
            widgets.Box([self.others, self.id], layout=_wrap()),
            self.canvas,
            widgets.Box(drawing, layout=_wrap()),
            widgets.Box([self.adding], layout=_wrap()),
            add,
        ]
        asking = [self.space, self.k, self.rerank, self.group, self.filtering]
        right = [widgets.Box(asking, layout=_wrap()), shown, self.results]
        sides = [
            widgets.VBox(left, layout=widgets.Layout(flex="0 1 380px", min_width="0", max_width="100%")),
            widgets.VBox(right, layout=widgets.Layout(flex="1 1 420px", min_width="0")),
        ]
        return widgets.Box(sides, layout=widgets.Layout(display="flex", flex_flow="row wrap", width="100%"))

    def where(self) -> dict[str, Any]:
        """What is chosen in the filters, as `Store` takes it; a range that is not narrowed is no filter."""
        chosen: dict[str, Any] = {}
        for name, control in self.filters.items():
            if isinstance(control, widgets.SelectMultiple):
                if control.value:
                    chosen[name] = list(control.value)
            elif control.value != (control.min, control.max):
                chosen[name] = tuple(control.value)
        return chosen


def _filter(name: str, values: pd.Series) -> widgets.Widget | None:
    """What a column is filtered with: a range of numbers, or values to choose from; None where there is no choice."""
    known = values.dropna()
    distinct = known.unique()
    if len(distinct) < 2:
        return None
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        low, high = known.min().item(), known.max().item()
        whole = pd.api.types.is_integer_dtype(values)
        step = {} if whole else {"step": (high - low) / 100}
        kind = widgets.IntRangeSlider if whole else widgets.FloatRangeSlider
        return labelled(kind, name, 300, min=low, max=high, value=(low, high), **step)
    if len(distinct) > MOST_VALUES:
        return None
    options = [(str(value), value) for value in sorted(distinct.tolist())]
    control = widgets.SelectMultiple(options=options, rows=5, description=name, layout={"width": "210px"})
    control.style.description_width = "initial"
    return control


def _toggle(text: str, tooltip: str) -> widgets.ToggleButton:
    return widgets.ToggleButton(description=text, tooltip=tooltip, layout=widgets.Layout(width="auto"))


def _shows(toggle: widgets.ToggleButton, box: widgets.Box) -> None:
    def follow(change: Mapping[str, bool]) -> None:
        box.layout.display = "flex" if change["new"] else "none"

    follow({"new": toggle.value})
    toggle.observe(follow, names="value")


def _wrap(align: str = "center") -> widgets.Layout:
    return widgets.Layout(display="flex", flex_flow="row wrap", align_items=align)
