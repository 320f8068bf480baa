"""Watches and jewellery, furniture and kitchenware: a function a category, as in `clothes`."""

from __future__ import annotations

from hrlib.catalogue.drawing.pen import Number, Pen


def _dial(pen: Pen, u: Number, x: float, y: float, radius: float) -> None:
    """Marks and two hands; the hands show the product's time, not the photo's."""
    for mark in range(4):
        dx, dy = [(0, -1), (1, 0), (0, 1), (-1, 0)][mark]
        pen.line(
            [(x + dx * radius * 0.7, y + dy * radius * 0.7), (x + dx * radius * 0.88, y + dy * radius * 0.88)],
            0.018,
            "black",
        )
    pen.line([(x, y), (x + u(-0.5, 0.5) * radius, y - u(0.3, 0.5) * radius)], 0.022, "black")
    pen.line([(x, y), (x + u(0.4, 0.7) * radius, y + u(-0.3, 0.3) * radius)], 0.016, "black")


def round_watch(pen: Pen, u: Number) -> None:
    strap, radius = u(0.08, 0.12), u(0.2, 0.26)
    pen.polygon([(0.5 - strap, 0.5), (0.5 - strap * 0.75, 0.04), (0.5 + strap * 0.75, 0.04), (0.5 + strap, 0.5)])
    pen.polygon([(0.5 - strap, 0.5), (0.5 - strap * 0.75, 0.96), (0.5 + strap * 0.75, 0.96), (0.5 + strap, 0.5)])
    pen.box(0.5 + radius - 0.02, 0.48, 0.5 + radius + 0.05, 0.53, "metal")
    pen.ellipse(0.5, 0.5, radius, radius, "metal")
    pen.ellipse(0.5, 0.5, radius * u(0.78, 0.88), radius * 0.83, "white" if u(0, 1) < 0.5 else "second")
    _dial(pen, u, 0.5, 0.5, radius * 0.8)


def square_watch(pen: Pen, u: Number) -> None:
    strap, wide, high = u(0.1, 0.15), u(0.17, 0.23), u(0.2, 0.26)
    pen.polygon([(0.5 - strap, 0.5), (0.5 - strap * 0.8, 0.04), (0.5 + strap * 0.8, 0.04), (0.5 + strap, 0.5)])
    pen.polygon([(0.5 - strap, 0.5), (0.5 - strap * 0.8, 0.96), (0.5 + strap * 0.8, 0.96), (0.5 + strap, 0.5)])
    pen.box(0.5 - wide, 0.5 - high, 0.5 + wide, 0.5 + high, "metal", round=0.05)
    pen.box(0.54 - wide, 0.54 - high, 0.46 + wide, 0.46 + high, "black" if u(0, 1) < 0.6 else "white", round=0.03)
    if u(0, 1) < 0.6:
        for number in range(3):
            pen.line([(0.44, 0.42 + 0.08 * number), (0.44 + u(0.06, 0.13), 0.42 + 0.08 * number)], 0.03, "light")
    else:
        _dial(pen, u, 0.5, 0.5, wide * 0.8)


def ring(pen: Pen, u: Number) -> None:
    radius, band = u(0.23, 0.3), u(0.035, 0.08)
    pen.arc(0.5, 0.6, radius, radius, 0, 360, band, "metal")
    stone, top = u(0.07, 0.13), 0.6 - radius
    pen.polygon(
        [
            (0.5 - stone, top - 0.05),
            (0.5 - stone * 0.5, top - 0.05 - stone),
            (0.5 + stone * 0.5, top - 0.05 - stone),
            (0.5 + stone, top - 0.05),
            (0.5, top + 0.04),
        ]
    )
    pen.polygon([(0.5 - stone * 0.4, top - 0.05), (0.5 + stone * 0.4, top - 0.05), (0.5, top + 0.04)], "light")


def necklace(pen: Pen, u: Number) -> None:
    wide, drop = u(0.24, 0.34), u(0.5, 0.66)
    pen.arc(0.5, 0.1, wide, drop - 0.02, 8, 172, u(0.018, 0.035), "metal")
    beads = int(u(0, 4))
    for number in range(-beads, beads + 1):
        pen.ellipse(0.5 + 0.075 * number, 0.1 + drop - 0.012 * number * number, 0.034, 0.034)
    pen.ellipse(0.5, 0.13 + drop, u(0.06, 0.1), u(0.07, 0.12))
    pen.ellipse(0.48, 0.11 + drop, 0.025, 0.025, "light")


def chair(pen: Pen, u: Number) -> None:
    seat, wide, back = u(0.52, 0.6), u(0.2, 0.26), u(0.08, 0.2)
    for x in (0.52 - wide, 0.44 + wide, 0.6 - wide, 0.36 + wide):
        pen.line([(x, seat), (x + (x - 0.5) * u(0.0, 0.2), 0.94)], u(0.025, 0.04), "wood")
    slats = int(u(0, 4))
    if slats < 2:
        pen.box(0.5 - wide, back, 0.5 + wide, seat - 0.06, round=0.06)
    else:
        for x in (0.5 - wide + 0.02, 0.5 + wide - 0.02):
            pen.line([(x, back), (x, seat)], 0.04)
        for number in range(slats):
            pen.line([(0.5 - wide, back + 0.04 + number * 0.11), (0.5 + wide, back + 0.04 + number * 0.11)], 0.05)
    pen.polygon(
        [
            (0.5 - wide, seat - 0.04),
            (0.5 + wide, seat - 0.04),
            (0.5 + wide + 0.05, seat + 0.05),
            (0.45 - wide, seat + 0.05),
        ]
    )


def table(pen: Pen, u: Number) -> None:
    top, wide = u(0.36, 0.46), u(0.36, 0.44)
    if u(0, 1) < 0.6:
        for x in (0.54 - wide, 0.46 + wide, 0.62 - wide, 0.38 + wide):
            pen.line([(x, top), (x, 0.88 if abs(x - 0.5) > wide - 0.06 else 0.78)], u(0.03, 0.05), "wood")
    else:
        pen.line([(0.5, top), (0.5, 0.84)], u(0.05, 0.08), "wood")
        pen.box(0.34, 0.84, 0.66, 0.88, "wood", round=0.02)
    if u(0, 1) < 0.5:
        pen.ellipse(0.5, top, wide, u(0.07, 0.1))
    else:
        pen.polygon(
            [(0.58 - wide, top - 0.08), (0.42 + wide, top - 0.08), (0.5 + wide, top + 0.05), (0.5 - wide, top + 0.05)]
        )
    pen.box(0.5 - wide, top + 0.04, 0.5 + wide, top + 0.07, "dark")


def sofa(pen: Pen, u: Number) -> None:
    back, arm = u(0.28, 0.36), u(0.46, 0.52)
    for x in (0.14, 0.86):
        pen.line([(x, 0.76), (x, 0.84)], 0.035, "wood")
    pen.box(0.1, back, 0.9, 0.7, round=0.06)
    seats = int(u(2, 4))
    for number in range(seats):
        left = 0.16 + 0.68 * number / seats
        pen.box(left + 0.01, 0.54, left + 0.68 / seats - 0.01, 0.7, "light", round=0.03)
    for x in (0.04, 0.84):
        pen.box(x, arm, x + 0.12, 0.78, "dark", round=0.05)
    pen.box(0.1, 0.7, 0.9, 0.78, "dark")


def bookcase(pen: Pen, u: Number) -> None:
    wide, shelves = u(0.2, 0.32), int(u(3, 6))
    pen.box(0.5 - wide, 0.06, 0.5 + wide, 0.94)
    for shelf in range(shelves):
        top = 0.1 + 0.82 * shelf / shelves
        bottom = 0.1 + 0.82 * (shelf + 1) / shelves - 0.03
        pen.box(0.54 - wide, top, 0.46 + wide, bottom, "black")
        x = 0.55 - wide
        while x < 0.4 + wide and u(0, 1) < 0.85:
            book = u(0.03, 0.055)
            pen.box(x, top + u(0.01, 0.05), x + book, bottom, ("second", "light", "white", "wood")[int(u(0, 4))])
            x += book + 0.008


def lamp(pen: Pen, u: Number) -> None:
    shade, top, low = u(0.16, 0.26), u(0.08, 0.14), u(0.36, 0.44)
    pen.line([(0.5, low), (0.5, 0.88)], u(0.025, 0.05), "metal")
    pen.ellipse(0.5, 0.89, u(0.12, 0.18), 0.04, "metal")
    upper = shade * u(0.4, 0.95)
    pen.polygon([(0.5 - upper, top), (0.5 + upper, top), (0.5 + shade, low), (0.5 - shade, low)])
    pen.line([(0.5 - shade, low), (0.5 + shade, low)], 0.02, "second")


def mug(pen: Pen, u: Number) -> None:
    wide, top, base = u(0.2, 0.26), u(0.26, 0.36), u(0.9, 1.0)
    pen.arc(0.46 + wide, 0.56, 0.13, u(0.12, 0.17), -80, 80, u(0.04, 0.06), "dark")
    pen.polygon([(0.46 - wide, top), (0.46 + wide, top), (0.46 + wide * base, 0.82), (0.46 - wide * base, 0.82)])
    pen.ellipse(0.46, 0.82, wide * base, 0.045)
    pen.ellipse(0.46, top, wide, 0.055, "light")
    pen.ellipse(0.46, top + 0.008, wide * 0.86, 0.038, "black")


def pan(pen: Pen, u: Number) -> None:
    radius = u(0.24, 0.29)
    pen.line([(0.36 + radius, 0.56), (0.96, u(0.42, 0.56))], u(0.05, 0.07), "black")
    pen.ellipse(0.38, 0.58, radius + 0.035, radius * 0.75 + 0.035, "main")
    pen.ellipse(0.38, 0.57, radius, radius * 0.72, "dark")
    pen.ellipse(0.38, 0.59, radius * 0.8, radius * 0.55, "black")
    pen.arc(0.38, 0.58, radius * 0.6, radius * 0.4, 190, 260, 0.018, "metal")


def bottle(pen: Pen, u: Number) -> None:
    wide, shoulder, neck = u(0.1, 0.16), u(0.34, 0.46), u(0.035, 0.055)
    pen.polygon(
        [
            (0.5 - neck, 0.12),
            (0.5 + neck, 0.12),
            (0.5 + neck, shoulder - 0.12),
            (0.5 + wide, shoulder),
            (0.5 + wide, 0.92),
            (0.5 - wide, 0.92),
            (0.5 - wide, shoulder),
            (0.5 - neck, shoulder - 0.12),
        ]
    )
    pen.box(0.49 - neck, 0.06, 0.51 + neck, 0.13, "second")
    label = u(0.54, 0.6)
    pen.box(0.5 - wide, label, 0.5 + wide, label + u(0.14, 0.24), "white")
    pen.line([(0.5 - wide * 0.6, label + 0.06), (0.5 + wide * 0.6, label + 0.06)], 0.025, "second")
    pen.line([(0.5 - wide * 0.65, shoulder + 0.02), (0.5 - wide * 0.65, label - 0.02)], 0.02, "light")


def teapot(pen: Pen, u: Number) -> None:
    wide, high = u(0.22, 0.27), u(0.18, 0.24)
    pen.polygon(
        [(0.5 + wide * 0.7, 0.64), (0.5 + wide, 0.5), (0.9, u(0.3, 0.38)), (0.95, 0.36), (0.56 + wide, 0.66)], "dark"
    )
    pen.arc(0.5 - wide + 0.02, 0.55, 0.13, u(0.12, 0.17), 90, 270, 0.045, "dark")
    pen.ellipse(0.5, 0.58, wide, high)
    pen.box(0.5 - wide * 0.5, 0.56 + high, 0.5 + wide * 0.5, 0.6 + high, "dark")
    pen.ellipse(0.5, 0.6 - high, wide * 0.5, 0.05, "second")
    pen.ellipse(0.5, 0.54 - high, 0.035, 0.035, "second")


def knife(pen: Pen, u: Number) -> None:
    deep, grip = u(0.07, 0.13), u(0.3, 0.38)
    pen.polygon(
        [
            (grip, 0.5 - deep / 2),
            (0.8, 0.5 - deep / 2),
            (0.96, 0.5 + u(-0.02, 0.03)),
            (0.84, 0.5 + deep * 0.6),
            (grip, 0.5 + deep * 0.7),
        ],
        "metal",
    )
    pen.line([(grip + 0.03, 0.5 + deep * 0.5), (0.84, 0.5 + deep * 0.45)], 0.014, "white")
    pen.box(0.04, 0.5 - deep / 2, grip + 0.02, 0.5 + deep * 0.45, round=0.03)
    for number in range(3):
        pen.ellipse(0.1 + 0.08 * number, 0.5, 0.014, 0.014, "metal")
