import math

from hrlib.catalogue.drawing.pen import Pen


def area(points):
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True))) / 2


def test_areas():
    pen = Pen()
    pen.box(0.1, 0.2, 0.5, 0.4)
    pen.box(0.1, 0.2, 0.5, 0.4, round=0.05)
    pen.ellipse(0.5, 0.5, 0.2, 0.1)
    pen.arc(0.5, 0.5, 0.2, 0.2, 0, 180, 0.1)
    pen.line([(0, 0), (0.6, 0.8)], 0.1)
    box, rounded, ellipse, arc, line = [area(points) for points, _ in pen.polygons]
    assert math.isclose(box, 0.08) and math.isclose(line, 0.1)
    assert math.isclose(rounded, 0.08 - (4 - math.pi) * 0.05**2, rel_tol=0.01)
    assert math.isclose(ellipse, math.pi * 0.02, rel_tol=0.02)
    assert math.isclose(arc, math.pi / 2 * (0.25**2 - 0.15**2), rel_tol=0.03)


def test_joints_and_roles():
    pen = Pen()
    pen.line([(0, 0), (1, 0), (1, 1)], 0.1, "metal")
    assert len(pen.polygons) == 3 and {role for _, role in pen.polygons} == {"metal"}
