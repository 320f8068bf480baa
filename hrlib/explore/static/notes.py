"""What lies on the sheet besides the data: photos, shapes, annotations and the title."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
from PIL import Image

from hrlib.errors import HrlibError
from hrlib.explore.static.colours import rgba
from hrlib.explore.static.spec import get, merged
from hrlib.explore.static.text import LINE, Text


def images(scene, layer: str) -> None:
    for spec in scene.layout["images"]:
        if get(spec, "layer", "above") != layer or not str(get(spec, "source", "")).startswith("data:image/"):
            continue  # what lies elsewhere is not fetched
        clip = scene.clip_of(get(spec, "xref", "paper"), get(spec, "yref", "paper"))
        picture = Image.open(io.BytesIO(base64.b64decode(spec["source"].split(",", 1)[1]))).convert("RGBA")
        scene.canvas.image(picture, _image_box(scene, spec, picture.size), float(get(spec, "opacity", 1)), clip)


def _image_box(scene, spec: dict, size: tuple[int, int]) -> tuple[float, float, float, float]:
    sides = []
    for letter in "xy":
        ref, place, wide = get(spec, f"{letter}ref", "paper"), spec.get(letter, 0), spec.get(f"size{letter}", 0)
        first = scene.at(letter, ref, place)
        sides.append((first, abs(scene.at(letter, ref, scene.moved(ref, place, wide)) - first)))
    (x, wide), (y, high) = sides
    shares = {"left": 0, "top": 0, "center": 0.5, "middle": 0.5, "right": 1, "bottom": 1}
    across, down = shares[get(spec, "xanchor", "left")], shares[get(spec, "yanchor", "top")]
    if get(spec, "sizing", "contain") != "stretch":
        fit = (min if get(spec, "sizing", "contain") == "contain" else max)(wide / size[0], high / size[1])
        wide, high = size[0] * fit, size[1] * fit
    return x - across * wide, y - down * high, x + (1 - across) * wide, y + (1 - down) * high


def shapes(scene, layer: str) -> None:
    for spec in scene.layout["shapes"]:
        if get(spec, "layer", "above") != layer:
            continue
        kind, refs = get(spec, "type", "rect"), tuple(scene.ref_of(spec, letter) for letter in "xy")
        if kind not in ("rect", "line", "circle"):
            raise HrlibError(
                f"a shape of type {kind!r}: a PNG has rect, line and circle; show this figure in a browser"
            )
        x = [scene.at("x", refs[0], spec[end]) for end in ("x0", "x1")]
        y = [scene.at("y", refs[1], spec[end]) for end in ("y0", "y1")]
        opacity, clip = float(get(spec, "opacity", 1)), scene.clip_of(*refs)
        line = rgba(get(spec, "line.color", "#444444"), opacity)
        stroke = {"width": float(get(spec, "line.width", 2)), "dash": get(spec, "line.dash", "solid"), "clip": clip}
        fill = rgba(get(spec, "fillcolor", "transparent"), opacity)
        if kind == "line":
            scene.canvas.line(x, y, line, **stroke)
        elif kind == "rect":
            scene.canvas.box((min(x), min(y), max(x), max(y)), fill, line, **stroke)
        else:
            turn = np.linspace(0, 2 * math.pi, 97)[:-1]
            wide, high = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
            scene.canvas.polygon(
                x[0] + wide * (1 + np.cos(turn)), y[0] + high * (1 + np.sin(turn)), fill, line, **stroke
            )


def annotations(scene) -> None:
    for spec in scene.layout["annotations"]:
        refs = {letter: scene.ref_of(spec, letter) for letter in "xy"}
        tip = [scene.at(letter, ref, spec.get(letter, 0), exponents=True) for letter, ref in refs.items()]
        if not all(map(math.isfinite, tip)) or not _seen(scene, refs, tip):
            continue  # plotly, too, hides what is said of a place beyond the axis
        arrow = get(spec, "showarrow", True)
        font = {**scene.layout["font"], **get(spec, "font", {})}
        text = Text(scene.canvas, get(spec, "text", ""), font)
        edge = float(get(spec, "borderwidth", 1)) if get(spec, "bordercolor") else 0.0
        angle, pad = float(get(spec, "textangle", 0)), float(get(spec, "borderpad", 1)) + edge
        size = [extent + 2 * pad for extent in text.extent(angle)]
        x = tip[0] + float(get(spec, "xshift", 0)) + (float(get(spec, "ax", -10)) if arrow else 0)
        y = tip[1] - float(get(spec, "yshift", 0)) + (float(get(spec, "ay", -30)) if arrow else 0)
        x += (0.5 - _share(spec, "x", refs["x"], arrow)) * size[0]
        y += (0.5 - _share(spec, "y", refs["y"], arrow)) * size[1]
        box = (x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2)
        if arrow:
            _arrow(
                scene,
                spec,
                (x, y),
                box,
                (tip[0] + float(get(spec, "xshift", 0)), tip[1] - float(get(spec, "yshift", 0))),
            )
        if get(spec, "bgcolor") or edge:
            scene.canvas.box(
                box, rgba(get(spec, "bgcolor", "transparent")), rgba(get(spec, "bordercolor", "transparent")), edge
            )
        text.draw(x, y, "center", "middle", angle, get(spec, "align", "center"), opacity=float(get(spec, "opacity", 1)))


def _seen(scene, refs: dict, tip: list[float]) -> bool:
    return all(scene.axes[ref].holds(place) for ref, place in zip(refs.values(), tip, strict=True) if ref in scene.axes)


def _share(spec: dict, letter: str, ref: str, arrow: bool) -> float:
    """How much of the text lies before its place: 0 left or top, 1 right or bottom."""
    anchor = get(spec, f"{letter}anchor", "auto")
    if anchor != "auto":
        return {"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}.get(anchor, 0.5)
    if arrow or not ref.endswith(("paper", "domain", "container")):
        return 0.5
    place = float(spec.get(letter, 0)) if letter == "x" else 1 - float(spec.get(letter, 0))
    return 0.0 if place <= 1 / 3 else 1.0 if place >= 2 / 3 else 0.5


def _arrow(scene, spec: dict, start, box, tip) -> None:
    width, colour = float(get(spec, "arrowwidth", 1)), rgba(get(spec, "arrowcolor", get(spec, "font.color", "#444444")))
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    length = math.hypot(dx, dy)
    if length < 1:
        return
    # from where the line leaves the text's box
    out = min((abs(h / d) for h, d in (((box[2] - box[0]) / 2, dx), ((box[3] - box[1]) / 2, dy)) if d), default=0)
    begin = (start[0] + dx * min(out, 1), start[1] + dy * min(out, 1))
    scene.canvas.line([begin[0], tip[0]], [begin[1], tip[1]], colour, width)
    if get(spec, "arrowhead", 1):
        ux, uy, size = dx / length, dy / length, 4 + 2 * width
        x = [tip[0], tip[0] - size * ux + size / 2 * uy, tip[0] - size * ux - size / 2 * uy]
        y = [tip[1], tip[1] - size * uy - size / 2 * ux, tip[1] - size * uy + size / 2 * ux]
        scene.canvas.polygon(x, y, colour)


def title(scene) -> None:
    """The title and, below it, the subtitle; in the middle of the upper margin unless the layout says where."""
    spec = scene.layout.get("title") or {}
    spec = {"text": spec} if isinstance(spec, str) else spec
    if not get(spec, "text"):
        return
    base = scene.layout["font"]
    font = merged({**base, "size": 1.4 * base["size"]}, get(spec, "font", {}))
    text, below = Text(scene.canvas, spec["text"], font), None
    if get(spec, "subtitle.text"):
        small = merged({**base, "size": 0.7 * font["size"]}, get(spec, "subtitle.font", {}))
        below = Text(scene.canvas, spec["subtitle"]["text"], small)
    x, xref, yref = float(get(spec, "x", 0.05)), get(spec, "xref", "container"), get(spec, "yref", "container")
    anchor = get(spec, "xanchor", "auto")
    anchor = ("left" if x < 1 / 3 else "right" if x > 2 / 3 else "center") if anchor == "auto" else anchor
    across = scene.at("x", xref, x) + float(get(spec, "pad.l", 0)) - float(get(spec, "pad.r", 0))
    y = get(spec, "y", "auto")
    if y == "auto":
        # plotly puts the baseline of the first line into the middle of the margin; more lines go down from there
        top = scene.box[1] / 2 - (LINE / 2 + 0.36) * float(font["size"])
        top = min(top, scene.box[1] - text.height - (below.height if below else 0) - 2)
    else:
        share = {"top": 0.0, "middle": 0.5, "bottom": 1.0}.get(
            get(spec, "yanchor", "auto"), 0.0 if float(y) > 2 / 3 else 1.0 if float(y) < 1 / 3 else 0.5
        )
        top = (
            scene.at("y", yref, float(y))
            - share * text.height
            + float(get(spec, "pad.t", 0))
            - float(get(spec, "pad.b", 0))
        )
    top = max(top, 2)
    text.draw(across, top, anchor, "top")
    if below:
        below.draw(across, top + text.height, anchor, "top")
