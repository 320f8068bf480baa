"""A pen that collects polygons in the unit square; roles say which of a product's colours each gets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Point = tuple[float, float]
Polygon = tuple[list[Point], str]
Number = Callable[
    [float, float], float
]  # Number(low, high): the next of a product's own numbers, the same in each photo


class Pen:
    """Shapes in drawing order, x to the right and y down, both 0..1.

    Roles: "main" (the product's colour and pattern), "second", "dark" and "light" (of the main colour), "metal", "glass", "black", "white", "wood".
    """

    def __init__(self) -> None:
        self.polygons: list[Polygon] = []

    def polygon(self, points: Sequence[Point], role: str = "main") -> None:
        self.polygons.append((list(points), role))

    def box(self, left: float, top: float, right: float, bottom: float, role: str = "main", round: float = 0.0) -> None:
        """A rectangle, its corners rounded by `round`."""
        if not round:
            return self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], role)
        corners = [
            (right - round, top + round, -90),
            (right - round, bottom - round, 0),
            (left + round, bottom - round, 90),
            (left + round, top + round, 180),
        ]
        points = [_on_circle(x, y, round, round, start + 15 * step) for x, y, start in corners for step in range(7)]
        return self.polygon(points, role)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, role: str = "main", start: float = 0, end: float = 360
    ) -> None:
        """An ellipse, or the part of it between two angles in degrees (0 to the right, 90 down)."""
        steps = max(8, int((end - start) / 9))
        self.polygon(
            [_on_circle(x, y, rx, ry, start + (end - start) * step / steps) for step in range(steps + 1)], role
        )

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: float, end: float, width: float, role: str = "main"
    ) -> None:
        """A bow of the given width: a handle, a strap, a rim."""
        steps = max(8, int((end - start) / 9))
        angles = [start + (end - start) * step / steps for step in range(steps + 1)]
        outer = [_on_circle(x, y, rx + width / 2, ry + width / 2, angle) for angle in angles]
        inner = [_on_circle(x, y, rx - width / 2, ry - width / 2, angle) for angle in reversed(angles)]
        self.polygon(outer + inner, role)

    def line(self, points: Sequence[Point], width: float, role: str = "main") -> None:
        """A line of the given width through the points, with round joints."""
        for (x0, y0), (x1, y1) in zip(points[:-1], points[1:], strict=True):
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            dx, dy = -(y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2
            self.polygon([(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)], role)
        for x, y in points[1:-1]:
            self.ellipse(x, y, width / 2, width / 2, role)


def _on_circle(x: float, y: float, rx: float, ry: float, degrees: float) -> Point:
    return x + rx * math.cos(math.radians(degrees)), y + ry * math.sin(math.radians(degrees))
