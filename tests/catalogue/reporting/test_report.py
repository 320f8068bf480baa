"""The report of a catalogue: each finding where it applies and only there, in a notebook and in a terminal."""

import html.parser
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from hrlib.catalogue import Catalogue, Hierarchy, ImageStore
from hrlib.errors import HrlibError


def shop(count: int = 12, **columns) -> Catalogue:
    """Noise, which looks like no other noise: two photos a product, four a category, in good order."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, 16, 16, 3), np.uint8)
    rows = np.arange(count)
    items = pd.DataFrame(
        {"id": [f"item {row}" for row in rows], "product": rows // 2, "category": rows // 4, "colour": "red"}
    )
    items["text"] = [f"the text of {row}" for row in rows]
    items = items.assign(**columns)
    hierarchy = Hierarchy.from_frame(items, ["product", "category"], on_conflict="majority")
    return Catalogue("shop", items, ImageStore.from_array(pixels), hierarchy, ("colour",), "text")


def with_photos(catalogue: Catalogue, change) -> Catalogue:
    pixels = catalogue.images[:]
    change(pixels)
    return Catalogue(
        catalogue.name,
        catalogue.items,
        ImageStore.from_array(pixels),
        catalogue.hierarchy,
        catalogue.attributes,
        catalogue.caption,
    )


def test_nothing_is_found_in_a_shop_in_good_order():
    report = shop().report()
    assert not report.findings and report.distinct.tolist() == list(range(12))
    for text in (str(report), report._repr_html_()):
        assert "Nothing was found of what was looked for: broken photos, " in text and "shared texts" in text
    assert "category" in str(report) and repr(report) == str(report)


def test_broken_photos_are_told_without_the_folder_that_they_lie_in():
    skipped = pd.DataFrame(
        {
            "row": [3, 4, 5],
            "id": ["a", "b", "c"],
            "reason": ["/a b/c.jpg: cut off", "no file /x/y.jpg", "train/z.jpg: GIF"],
        }
    )
    whole = shop()
    catalogue = Catalogue("shop", whole.items, whole.images, whole.hierarchy, skipped=skipped)
    (found,) = catalogue.report().findings.values()
    assert found.said == "Left out: 3 rows, whose photo is missing or cannot be read."
    assert found.rows["reason"].tolist() == ["c.jpg: cut off", "no file y.jpg", "train/z.jpg: GIF"]
    assert skipped["reason"][0] == "/a b/c.jpg: cut off", "the catalogue's own table is as it was"


def test_photos_that_are_there_twice():
    def change(pixels):
        pixels[1] = pixels[0]  # of one product
        pixels[7] = pixels[2]  # of two
        pixels[10] = np.clip(pixels[4] * 0.9 + 4, 0, 255)

    report = with_photos(shop(), change).report()
    assert list(report.findings) == ["repeated photos", "similar photos"]
    same, near = report.findings.values()
    assert (
        same.rows[["row", "other"]].to_numpy().tolist() == [[1, 0], [7, 2]]
        and "2 photos of 12; 1 of two classes" in same.said
    )
    assert same.rows.loc[1, ["id", "path", "other id", "other path"]].tolist() == ["item 7", "1 > 3", "item 2", "0 > 1"]
    assert (
        near.rows[["row", "other"]].to_numpy().tolist() == [[4, 10]]
        and "2 photos of 12, in 1 pair; 1 of two classes" in near.said
    )
    assert report.distinct.tolist() == [0, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    assert "repeated photos" not in report.catalogue.subset(report.distinct).report().findings
    assert "similar photos" not in report.catalogue.report(alike=0.999999).findings


def test_the_advice_on_labels_is_there_only_where_they_differ():
    def change(pixels):
        pixels[1] = pixels[0]

    assert "label is wrong" not in with_photos(shop(), change).report().findings["repeated photos"].advice


def test_a_split_that_divides_pairs():
    def change(pixels):
        pixels[6], pixels[3] = pixels[0], np.clip(pixels[2] * 0.9 + 4, 0, 255)

    catalogue = with_photos(shop(split=["train"] * 6 + ["test"] * 6), change)
    found = catalogue.report().findings["divided photos"]
    assert found.rows[["id", "part", "other id", "other part"]].to_numpy().tolist() == [
        ["item 0", "train", "item 6", "test"]
    ]
    assert "1 pair (1 photo of train, 1 photo of test)" in found.said
    parts = {"a": catalogue.subset([0, 6, 2]), "b": catalogue.subset([3, 4])}  # the others are in no part
    assert catalogue.report(parts).findings["divided photos"].rows["id"].tolist() == ["item 2"]
    assert "divided photos" not in catalogue.report({"a": catalogue}).findings
    with pytest.raises(HrlibError, match="1 items are in two parts of the split, the first by id 'item 3'"):
        catalogue.report({"a": parts["b"], "b": catalogue.subset([3, 5])})
    with pytest.raises(HrlibError, match="no column 'fold'"):
        catalogue.report("fold")
    with pytest.raises(HrlibError, match="alike is 1.1: expected a cosine"):
        catalogue.report(alike=1.1)


def all_alike(count: int) -> Catalogue:
    whole = shop()
    return Catalogue(
        "same",
        whole.items[:count],
        ImageStore.from_array(np.repeat(whole.images[:1], count, axis=0)),
        whole.hierarchy.subset(slice(count)),
    )


@pytest.mark.parametrize("count", [1, 2, 9])
def test_one_photo_or_the_same_many_times(count):
    report = all_alike(count).report()
    assert len(report.distinct) == 1 and "similar photos" not in report.findings
    assert ("repeated photos" in report.findings) == (count > 1)
    assert report.sheet().layout.images and str(report) and report._repr_html_()


class Tags(html.parser.HTMLParser):
    """The tags of a page, and whether each that is opened is closed."""

    def __init__(self, page: str):
        super().__init__()
        self.seen, self.open = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


BAD = "<script>alert(1)</script>"


def test_texts_of_the_data_are_escaped():
    columns = {
        "id": [f"{BAD}{row}" for row in range(12)],
        "text": BAD,
        "product": [f"{BAD}{row // 3}" for row in range(11)] + [BAD],
    }
    catalogue = shop(**columns, category="<img src=x onerror=alert(1)>")
    catalogue = Catalogue(
        BAD,
        catalogue.items,
        ImageStore.from_array(catalogue.images[[0] * 12]),
        catalogue.hierarchy,
        ("colour",),
        "text",
    )
    catalogue.items["colour"] = None
    report = catalogue.report()
    page = Tags(report._repr_html_())
    assert not page.open and "table" in page.seen and not page.seen & {"script", "img"}
    drawn = str(report.pairs("repeated photos").to_plotly_json()) + str(report.sheet().to_plotly_json())
    assert "<script" not in drawn and "<img" not in drawn and "&lt;" in drawn


def test_pairs_are_drawn_only_where_some_were_found():
    def change(pixels):
        pixels[7] = pixels[2]

    report = with_photos(shop(), change).report()
    figure = report.pairs("repeated photos")
    texts = [note.text for note in figure.layout.annotations]
    assert len(figure.layout.images) == 2 and texts[0] == "1.00, two classes" and texts[1:] == ["3", "1"]
    with pytest.raises(HrlibError, match="no pairs of 'similar photos' were found"):
        report.pairs()
    with pytest.raises(HrlibError, match="no pairs of 'similar photos' were found"):
        shop().report().pairs()


def test_a_report_is_made_without_torch_or_figures():
    code = (
        "import sys; import numpy as np, pandas as pd; from hrlib.catalogue import *\n"
        "items = pd.DataFrame({'id': [0, 1], 'class': ['a', 'b']})\n"
        "images = ImageStore.from_array(np.zeros((2, 8, 8, 3), np.uint8))\n"
        "print(Catalogue('two', items, images, Hierarchy.from_frame(items, ['class'])).report())\n"
        "sys.exit('torch' in sys.modules or 'plotly' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
