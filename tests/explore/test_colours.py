"""Colours: seen on white and on dark, apart also for the colour-blind, the same for the same tree."""

import colorsys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hrlib as hr
from hrlib.explore.colours import (
    DARKEST,
    LIGHTEST,
    colours,
    from_lch,
    hue_level,
    hues,
    ramp,
    shades,
    superclasses,
    to_lch,
)
from hrlib.explore.theme import template

# linear sRGB as it is seen with no green, no red or no blue cones: Machado, Oliveira and Fernandes 2009, severity 1.0
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
TRITANOPIA = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
EYES = {"all": np.eye(3), "deuteranopia": DEUTERANOPIA, "protanopia": PROTANOPIA, "tritanopia": TRITANOPIA}


def linear(colour):
    return np.array([c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)])


def rgb(colour):
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def contrast(a, b):
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(light):
    """CIELAB (D65), another space than the one that the colours are chosen in."""
    x = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(light, 0, 1)
    f = np.cbrt(x / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def shop(*sizes):
    """A superclass a number, with that many classes."""
    rows = [(f"class {s}.{c}", f"super {s}") for s, size in enumerate(sizes) for c in range(size)]
    return hr.Hierarchy.from_frame(pd.DataFrame(rows, columns=["class", "super"]))


def test_lch_against_the_article_and_back():
    # the article's worked values: white, and the primaries of sRGB as CSS Color 4 gives them
    assert to_lch("#FFFFFF")[:2] == pytest.approx((1, 0), abs=1e-4)
    assert to_lch("#FF0000") == pytest.approx((0.62796, 0.25768, 29.234), abs=2e-3)
    assert to_lch("#0000FF") == pytest.approx((0.45201, 0.31321, 264.052), abs=2e-3)
    for colour in ("#0072B2", "#D55E00", "#123456"):
        assert from_lch(*to_lch(colour)) == colour
    assert (
        from_lch(0.7, 0.4, 150) == from_lch(0.7, 0.4, 150) != from_lch(0.7, 0.05, 150)
    )  # beyond the screen: less chroma


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
def test_first_hues_are_apart_in_every_eye(eyes):
    seen = [lab(np.array(eyes) @ linear(colour)) for colour in hues(7)]
    apart = [np.linalg.norm(a - b) for at, a in enumerate(seen) for b in seen[:at]]
    assert min(apart) > 9  # CIE76: 2.3 is just noticeable side by side


@pytest.mark.parametrize("count", [1, 6, 7, 24, 60])
def test_hues_are_different_and_seen_on_both_pages(count):
    assert len(set(hues(count))) == count and hues(count) == hues(60)[:count]
    for colour in hues(count):
        assert contrast(colour, "#FFFFFF") > 2 and contrast(colour, template(True).layout.paper_bgcolor) > 2


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9))
@settings(max_examples=15, deadline=None)
def test_classes_are_shades_of_their_superclass(sizes):
    tree = shop(*sizes)
    found = colours(tree, "class")
    assert found == colours(tree, 0) and len(set(found)) == len(found)
    for colour, family in zip(found, superclasses(tree, 0), strict=True):
        base, shade = (
            to_lch(c) for c in ((hues(len(sizes)) if len(sizes) > 1 else hues(tree.n_classes[0]))[family], colour)
        )
        turn = abs(base[2] - shade[2])
        assert min(turn, 360 - turn) < 4  # eight bits a channel
        assert contrast(colour, "#FFFFFF") > 1.9 and contrast(colour, template(True).layout.paper_bgcolor) > 1.9
    if len(sizes) > 1:
        assert colours(tree, "super") == list(hues(len(sizes)))


def test_order_of_shades_follows_the_levels_between():
    rows = [(f"p{n}", f"c{n % 3}", "one" if n % 3 < 2 else "two") for n in range(12)]
    tree = hr.Hierarchy.from_frame(pd.DataFrame(rows, columns=["product", "category", "department"]))
    light = np.array([to_lch(colour)[0] for colour in colours(tree, "product")])
    first, second = (light[tree.ancestors[:, 1] == category] for category in (0, 1))
    assert first.max() < second.min()
    assert hue_level(tree) == 2


def test_the_root_has_no_hue_of_its_own():
    frame = pd.DataFrame({"class": ["a", "b"], "all": ["root", "root"]})
    tree = hr.Hierarchy.from_frame(frame)
    assert hue_level(tree) == 0 and colours(tree, 0) == list(hues(2)) and colours(tree, 1) == list(hues(1))
    alone = hr.Hierarchy.from_frame(frame[:1])
    assert colours(alone, 0) == colours(alone, 1) == list(hues(1))


def test_rows_do_not_change_the_colours():
    tree = shop(3, 2)
    assert colours(tree.subset([4, 4, 0, 1, 2, 3]), 0) == colours(tree, 0)


def test_shades_and_ramp_grow_lighter():
    for made in (shades("#0072B2", 5), ramp(6)):
        steps = np.diff([to_lch(colour)[0] for colour in made])
        assert (steps > 0.02).all()
    assert shades("#0072B2", 1) == ["#0072B2"]
    assert DARKEST < to_lch("#0072B2")[0] < LIGHTEST
    assert colorsys.rgb_to_hsv(*rgb(ramp(5)[0]))[0] > 0.5 > colorsys.rgb_to_hsv(*rgb(ramp(5)[-1]))[0]  # blue to yellow


def test_no_such_level():
    with pytest.raises(hr.HrlibError, match="no level 'colour'"):
        colours(shop(2), "colour")
