"""Photos and their texts as HTML: nothing of the data becomes markup, and each card says what it shows."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from hrlib.explore import cards
from hrlib.explore.selection import Finder
from hrlib.explore.theme import VERDICTS
from tests.evaluation.made_up import random_units
from tests.explore.test_selection import NASTY, catalogue


@pytest.fixture(scope="module")
def finder():
    return Finder(catalogue(), {"a": random_units(40, 1)})


def elements(html):
    """The opening tags with their attributes; a tag that is not closed, or closed twice, fails."""

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            self.found.append((tag, dict(attributes)))
            if tag not in ("img", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    reader = Reader()
    reader.found, reader.open = [], []
    reader.feed(html)
    assert reader.open == []
    return reader.found


def pixels_of(image):
    data = base64.b64decode(image["src"].split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_a_photo_is_the_items_and_its_text_says_what_it_is(finder):
    ((tag, image),) = elements(cards.photo(finder, 2, width=60))
    assert tag == "img" and image["alt"] == image["title"] == f"{NASTY}, {finder.paths[2]}"
    assert "width:60px" in image["style"] and "aspect-ratio:6/8" in image["style"]
    shown = pixels_of(image)
    assert shown.shape == (8, 6, 3)
    assert np.corrcoef(shown.mean(2).ravel(), finder.catalogue.images[2].mean(2).ravel())[0, 1] > 0.5


@pytest.mark.parametrize("rows", [[2], [2, 3, 5], list(range(20))])
def test_a_gallery_names_all_and_escapes_all(finder, rows):
    selection = finder.select(rows, "a", 6)
    html = cards.gallery(finder, selection, NASTY, 1, how=NASTY)
    found = elements(html)
    assert not {"script"} & {tag for tag, _ in found} and "onerror" not in {name for _, own in found for name in own}
    figures = [own for tag, own in found if tag == "figure"]
    neighbours = selection[selection["role"] == "neighbour"]
    assert [int(own["data-row"]) for own in figures] == neighbours["row"].tolist()
    assert [own["data-verdict"] for own in figures] == finder.verdicts(rows, neighbours["row"], 1)
    for rank, distance, own in zip(neighbours["rank"], neighbours["distance"], figures, strict=True):
        colour, _, mark = VERDICTS[own["data-verdict"]]
        assert f"{rank}. at {distance:.3f}" in html and colour in html and mark in html
    photos = sum(tag == "img" for tag, _ in found)
    assert photos == len(neighbours) + min(len(rows), cards.SHOWN)
    if len(rows) > 1:
        assert f"<b>{len(rows)} chosen, by" in html
        counts = [int(n) for n in re.findall(r"Straße \d (\d+)", html.split("</div>")[0])]
        assert sum(counts) == len(rows)
    assert ("first 8 of 20" in html) == (len(rows) == 20)


def test_nothing_found_is_said(finder):
    selection = finder.select([0], "a", 3, {"product": "Product 0", "size": "none such"})
    assert "no other item matches the filter" in cards.gallery(finder, selection, "a", 1)


def test_beside_and_note(finder):
    empty = cards.beside(finder, None, "<i>point</i>")
    assert "&lt;i&gt;point" in empty and "<img" not in empty
    full = cards.beside(finder, 2, "<i>row 2</i>")
    assert "&lt;i&gt;row 2" in full and [tag for tag, _ in elements(full)].count("img") == 1
    heights = [re.search(r"min-height:(\d+)px", html)[1] for html in (empty, full)]
    assert heights == ["128", "128"], "the page keeps still"
    assert cards.note("<b>") == f'<div style="{cards.SMALL};max-width:550px">&lt;b&gt;</div>'
