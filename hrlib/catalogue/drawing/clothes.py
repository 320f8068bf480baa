"""Apparel, footwear and bags: a function a category, which draws a product with the pen; `u` gives the product's cut."""

from __future__ import annotations

from hrlib.catalogue.drawing.pen import Number, Pen


def _top(pen: Pen, u: Number, sleeve: float, width: float, hem: float) -> None:
    """A body with two sleeves of the given length (0 none, 1 to the hip), mirrored about the middle."""
    shoulder, flare = u(0.19, 0.23), u(-0.02, 0.03)
    thick = u(0.1, 0.14)
    for side in (-1, 1):
        x = 0.5 + side * shoulder
        reach = 0.06 + 0.2 * min(sleeve, 0.6) + 0.04 * sleeve
        end = (x + side * reach, 0.26 + 0.5 * sleeve + 0.06)
        inside = (end[0] - side * thick, end[1] + 0.03)
        pen.polygon([(x, 0.18), end, inside, (0.5 + side * (shoulder - 0.03), 0.38)])
        if sleeve > 0.6:
            pen.line([end, inside], 0.035, "dark")
    body = [(0.5 - shoulder, 0.18), (0.42, 0.15), (0.58, 0.15), (0.5 + shoulder, 0.18)]
    pen.polygon([*body, (0.5 + width + flare, hem), (0.5 - width - flare, hem)])


def t_shirt(pen: Pen, u: Number) -> None:
    _top(pen, u, sleeve=u(0.05, 0.3), width=u(0.17, 0.21), hem=u(0.74, 0.84))
    if u(0, 1) < 0.4:
        pen.polygon([(0.43, 0.145), (0.57, 0.145), (0.5, u(0.22, 0.3))], "dark")
    else:
        pen.ellipse(0.5, 0.15, 0.075, u(0.035, 0.06), "dark")


def hoodie(pen: Pen, u: Number) -> None:
    pen.ellipse(0.5, 0.15, u(0.12, 0.15), u(0.1, 0.13), "dark")
    _top(pen, u, sleeve=u(0.85, 1.0), width=u(0.19, 0.23), hem=u(0.74, 0.82))
    pen.ellipse(0.5, 0.16, 0.075, 0.07, "black")
    pocket = u(0.58, 0.64)
    pen.polygon([(0.41, pocket), (0.59, pocket), (0.65, pocket + 0.11), (0.35, pocket + 0.11)], "dark")
    for x in (0.47, 0.53):
        pen.line([(x, 0.23), (x, u(0.32, 0.4))], 0.014, "white")


def dress(pen: Pen, u: Number) -> None:
    waist, flare, hem = u(0.09, 0.12), u(0.2, 0.34), u(0.82, 0.96)
    sleeve = u(0, 1)
    for side in (-1, 1):
        pen.line([(0.5 + side * 0.1, 0.08), (0.5 + side * 0.09, 0.2)], 0.03 if sleeve < 0.5 else 0.08)
    pen.polygon(
        [
            (0.37, 0.16),
            (0.5, 0.21),
            (0.63, 0.16),
            (0.5 + waist, 0.44),
            (0.5 + flare, hem),
            (0.5 - flare, hem),
            (0.5 - waist, 0.44),
        ]
    )
    pen.line([(0.5 - waist, 0.44), (0.5 + waist, 0.44)], u(0.02, 0.05), "second")


def trousers(pen: Pen, u: Number) -> None:
    hip, leg, hem = u(0.15, 0.19), u(0.07, 0.13), u(0.88, 0.96)
    spread = u(0.04, 0.1)
    for side in (-1, 1):
        foot = 0.5 + side * (spread + leg / 2 + 0.02)
        pen.polygon(
            [
                (0.5 + side * hip, 0.1),
                (0.5, 0.1),
                (0.5, 0.34),
                (foot - side * leg / 2, hem),
                (foot + side * leg / 2, hem),
            ]
        )
    pen.box(0.5 - hip, 0.06, 0.5 + hip, 0.12, "dark")
    pen.line([(0.5, 0.12), (0.5, 0.34)], 0.012, "dark")
    for side in (-1, 1):
        pen.line([(0.5 + side * hip * 0.9, 0.22), (0.5 + side * hip * 0.5, 0.13)], 0.014, "dark")


def skirt(pen: Pen, u: Number) -> None:
    waist, flare, hem = u(0.13, 0.17), u(0.24, 0.38), u(0.62, 0.86)
    pen.polygon([(0.5 - waist, 0.2), (0.5 + waist, 0.2), (0.5 + flare, hem), (0.5 - flare, hem)])
    folds = int(u(2, 6))
    for fold in range(1, folds):
        share = fold / folds - 0.5
        pen.line([(0.5 + 2 * share * waist, 0.26), (0.5 + 2 * share * flare, hem)], 0.012, "dark")
    pen.box(0.5 - waist, 0.16, 0.5 + waist, 0.22, "second")


def jacket(pen: Pen, u: Number) -> None:
    _top(pen, u, sleeve=u(0.85, 1.0), width=u(0.2, 0.24), hem=u(0.7, 0.9))
    collar = u(0.34, 0.5)
    pen.polygon([(0.44, 0.14), (0.56, 0.14), (0.5, collar)], "white")
    for side in (-1, 1):
        pen.polygon([(0.5 + side * 0.06, 0.13), (0.5 + side * 0.14, 0.24), (0.5, collar + 0.02)], "dark")
    pen.line([(0.5, collar), (0.5, 0.7)], 0.014, "black")
    for number in range(int(u(2, 5))):
        pen.ellipse(0.535, collar + 0.06 + 0.075 * number, 0.014, 0.014, "metal")


def sneaker(pen: Pen, u: Number) -> None:
    ankle, toe = u(0.36, 0.46), u(0.5, 0.56)
    pen.polygon(
        [
            (0.1, 0.66),
            (0.11, ankle),
            (0.2, ankle + 0.05),
            (0.34, ankle),
            (0.56, toe),
            (0.8, 0.57),
            (0.92, 0.64),
            (0.93, 0.7),
            (0.1, 0.7),
        ]
    )
    pen.box(0.08, 0.68, 0.95, u(0.74, 0.79), "white", round=0.03)
    for number in range(4):
        x = 0.38 + 0.06 * number
        pen.line([(x, ankle + 0.07 + 0.03 * number), (x + 0.07, ankle + 0.03 + 0.03 * number)], 0.02, "white")
    pen.polygon([(0.3, 0.68), (0.44, 0.55), (0.52, 0.57), (0.4, 0.68)], "second")


def boot(pen: Pen, u: Number) -> None:
    top, shaft = u(0.08, 0.3), u(0.24, 0.3)
    pen.polygon(
        [(0.2, top), (0.2 + shaft, top), (0.22 + shaft, 0.58), (0.78, 0.66), (0.86, 0.76), (0.86, 0.8), (0.2, 0.8)]
    )
    heel = u(0.03, 0.1)
    pen.box(0.19, 0.8, 0.88, 0.84, "black")
    pen.box(0.19, 0.82, 0.36, 0.84 + heel, "black")
    pen.box(0.19, top, 0.21 + shaft, top + u(0.04, 0.08), "second")
    if u(0, 1) < 0.5:
        for number in range(4):
            pen.line([(0.24 + shaft / 2, 0.42 + 0.06 * number), (0.22 + shaft, 0.4 + 0.06 * number)], 0.018, "white")


def sandal(pen: Pen, u: Number) -> None:
    sole = u(0.72, 0.76)
    pen.polygon(
        [(0.08, sole - u(0.0, 0.06)), (0.5, sole), (0.93, sole), (0.93, sole + 0.06), (0.08, sole + 0.07)], "wood"
    )
    straps = int(u(2, 4))
    for number in range(straps):
        x = 0.56 + 0.13 * number
        pen.arc(x, sole, 0.11, u(0.14, 0.2), 180, 360, 0.055)
    pen.arc(0.24, sole - 0.02, 0.13, u(0.2, 0.28), 180, 360, 0.05)
    pen.line([(0.36, sole - 0.08), (0.5, sole - 0.1)], 0.04)


def heel(pen: Pen, u: Number) -> None:
    rise = u(0.28, 0.42)
    back = 0.76 - rise
    pen.polygon(
        [
            (0.12, back),
            (0.2, back - 0.08),
            (0.3, back + 0.06),
            (0.56, 0.6),
            (0.72, 0.6),
            (0.93, 0.72),
            (0.93, 0.77),
            (0.66, 0.77),
            (0.34, back + 0.2),
            (0.14, back + 0.14),
        ]
    )
    width = u(0.02, 0.06)
    pen.polygon([(0.13, back + 0.1), (0.24, back + 0.15), (0.17 + width / 2, 0.78), (0.17 - width / 2, 0.78)], "second")
    pen.ellipse(0.45, 0.56, 0.12, 0.035, "black")
    if u(0, 1) < 0.4:
        pen.arc(0.3, back - 0.04, 0.13, 0.08, 180, 360, 0.025)


def backpack(pen: Pen, u: Number) -> None:
    wide, top = u(0.2, 0.27), u(0.18, 0.26)
    pen.arc(0.5, top, 0.09, 0.09, 180, 360, 0.035, "dark")
    for side in (-1, 1):
        pen.arc(
            0.5 + side * (wide - 0.01), 0.52, 0.07, 0.24, 90 if side < 0 else -90, 270 if side < 0 else 90, 0.04, "dark"
        )
    pen.box(0.5 - wide, top, 0.5 + wide, 0.88, round=u(0.06, 0.14))
    pocket = u(0.52, 0.6)
    pen.box(0.5 - wide * 0.75, pocket, 0.5 + wide * 0.75, 0.84, "second", round=0.05)
    pen.line([(0.5 - wide * 0.85, pocket - 0.12), (0.5 + wide * 0.85, pocket - 0.12)], 0.02, "dark")


def tote(pen: Pen, u: Number) -> None:
    wide, top, base = u(0.22, 0.32), u(0.4, 0.48), u(0.18, 0.26)
    for side in (-0.02, 0.02):
        pen.arc(0.5 + side, top, u(0.11, 0.16), top - u(0.1, 0.2), 180, 360, 0.03, "dark")
    pen.polygon([(0.5 - wide, top), (0.5 + wide, top), (0.5 + base, 0.9), (0.5 - base, 0.9)])
    if u(0, 1) < 0.5:
        pen.polygon(
            [(0.5 - wide, top), (0.5 + wide, top), (0.5 + wide * 0.97, top + 0.07), (0.5 - wide * 0.97, top + 0.07)],
            "second",
        )


def clutch(pen: Pen, u: Number) -> None:
    wide, high = u(0.34, 0.42), u(0.14, 0.2)
    pen.box(0.5 - wide, 0.55 - high, 0.5 + wide, 0.55 + high, round=0.04)
    flap = u(0.0, 0.1)
    pen.polygon(
        [
            (0.5 - wide, 0.55 - high),
            (0.5 + wide, 0.55 - high),
            (0.5 + wide * 0.9, 0.52),
            (0.5, 0.56 + flap),
            (0.5 - wide * 0.9, 0.52),
        ],
        "dark",
    )
    pen.ellipse(0.5, 0.54 + flap, 0.035, 0.035, "metal")
    if u(0, 1) < 0.4:
        pen.arc(0.5 + wide, 0.56, 0.06, 0.16, -80, 100, 0.025, "second")


def suitcase(pen: Pen, u: Number) -> None:
    wide, top = u(0.22, 0.3), u(0.26, 0.36)
    for x in (0.43, 0.57):
        pen.line([(x, 0.08), (x, top)], 0.02, "metal")
    pen.line([(0.42, 0.08), (0.58, 0.08)], 0.035, "black")
    pen.box(0.5 - wide, top, 0.5 + wide, 0.88, round=0.05)
    for number in range(1, int(u(3, 6))):
        x = 0.5 - wide + 2 * wide * number / 5
        pen.line([(x, top + 0.04), (x, 0.84)], 0.016, "dark")
    for x in (0.5 - wide * 0.75, 0.5 + wide * 0.75):
        pen.ellipse(x, 0.91, 0.035, 0.035, "black")
