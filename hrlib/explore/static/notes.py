"""What lies on the sheet besides the data: the title, texts, shapes and photos."""

from __future__ import annotations

import base64
import io

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory
from PIL import Image

from hrlib.errors import HrlibError
from hrlib.explore.static.spec import get, plain
from hrlib.explore.static.style import line_style, rgba, text_style


def title(sheet) -> None:
    """In the upper margin, from the left side of the plot unless the layout says how far along the sheet."""
    spec = sheet.layout.get("title") or {}
    spec = {"text": spec} if isinstance(spec, str) else spec
    if text := get(spec, "text"):
        across = sheet.paper.transAxes if get(spec, "xref") == "paper" else sheet.figure.transFigure
        x = get(spec, "x", 0.05)
        style = text_style(text, {"size": 1.3 * sheet.layout["font"]["size"]} | get(spec, "font", {}))
        style |= {"ha": "left" if x < 0.3 else "center", "va": "top", "zorder": 9}
        places = blended_transform_factory(across, sheet.figure.transFigure)
        written = sheet.paper.annotate(plain(text), (x, 1), (0, -12), places, "offset points", **style)
        sheet.texts.append(written)


def draw_annotations(sheet) -> None:
    """Texts where they belong, without arrows."""
    for spec in sheet.layout.get("annotations", []):
        place, axes = _place(sheet, spec, "")
        text, shift = get(spec, "text", ""), (get(spec, "xshift", 0), get(spec, "yshift", 0))
        down = {"top": "top", "bottom": "bottom"}.get(get(spec, "yanchor", ""), "center")
        across = {"left": "left", "right": "right"}.get(get(spec, "xanchor", ""), "center")
        style = {"ha": across, "va": down, "ma": get(spec, "align", "center"), "zorder": 9}
        style |= text_style(text, get(spec, "font"))
        written = sheet.paper.annotate(plain(text), place, shift, axes, "offset points", **style)
        sheet.texts.append(written)


def shapes(sheet) -> None:
    for spec in sheet.layout["shapes"]:
        if (kind := get(spec, "type", "rect")) not in ("rect", "line"):
            raise HrlibError(f"a shape of type {kind!r}: a PNG has rect and line; show this figure in a browser")
        (x0, y0), axes = _place(sheet, spec, "0")
        (x1, y1), _ = _place(sheet, spec, "1")
        style = line_style(get(spec, "line", {}), "#444444") | {"transform": axes, "zorder": 8}
        if kind == "line":
            sheet.paper.plot([x0, x1], [y0, y1], **style, scalex=False, scaley=False)
        else:
            style |= {"edgecolor": style.pop("color"), "fc": rgba(get(spec, "fillcolor", "transparent"))}
            sheet.paper.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, **style))


def _place(sheet, spec: dict, end: str):
    """x and y of a note (`end` "" or of a shape "0", "1"), and the transform from there to the sheet."""
    numbers, axes = [], []
    for letter in "xy":
        value = spec.get(f"{letter}{end}", 0)
        ref = get(spec, f"{letter}ref", letter if "" in sheet.panels else "paper")
        if panel := sheet.panels.get(ref.removesuffix(" domain")[1:]):
            within = ref.endswith(" domain")
            numbers.append(value if within else panel.numbers(letter, [value])[0])
            axes.append(panel.axes.transAxes if within else panel.axes.transData)
        else:
            numbers.append(value)
            axes.append(sheet.figure.transFigure if ref == "container" else sheet.paper.transAxes)
    return numbers, blended_transform_factory(*axes)


def images(sheet) -> None:
    """Photos below the data, as large as their box in the data's units lets them be without stretching; x, y is the upper left corner, or the middle."""
    for spec in sheet.layout.get("images", []):
        panel = sheet.panels.get(get(spec, "xref", "paper")[1:])
        if panel is None or not str(get(spec, "source", "")).startswith("data:image/"):
            continue  # what lies elsewhere is not fetched
        photo = np.asarray(Image.open(io.BytesIO(base64.b64decode(spec["source"].split(",", 1)[1]))).convert("RGB"))
        corner = panel.axes.transData.transform((spec["x"], spec["y"]))
        far = panel.axes.transData.transform((spec["x"] + spec["sizex"], spec["y"] + spec["sizey"]))
        size = np.array(photo.shape[1::-1])
        wide, high = size * np.min(np.abs(far - corner) / size)
        if get(spec, "xanchor", "left") == "center":
            corner = corner - (wide / 2, 0)
        if get(spec, "yanchor", "top") == "middle":
            corner = corner + (0, high / 2)
        ends = panel.axes.transData.inverted().transform([corner, corner + (wide, -high)])
        extent = (ends[0, 0], ends[1, 0], ends[1, 1], ends[0, 1])
        panel.axes.imshow(photo, extent=extent, aspect="auto", interpolation="lanczos", zorder=0.5)
