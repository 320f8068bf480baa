import numpy as np
import pytest

import hrlib as hr
from hrlib.explore import contact_sheet, neighbour_gallery


def texts(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_contact_sheet(shop):
    sheet = contact_sheet(shop, level="category", per_class=5, classes=3)
    assert len(sheet.layout.images) == 15 and "3 of 4 classes" in sheet.layout.title.text
    assert all(image.source.startswith("data:image/jpeg;base64,") for image in sheet.layout.images)
    assert not any("<i>" in text for text in texts(sheet)) and any("&lt;i&gt;cat" in text for text in texts(sheet))


def test_a_class_with_fewer_photos_has_fewer(shop):
    assert len(contact_sheet(shop.subset([0, 1, 5]), level="category", per_class=5).layout.images) == 3


def test_gallery_marks_each_neighbour_by_colour_dash_and_sign(shop, spaces):
    gallery = neighbour_gallery(shop, spaces, [3, 7], k=4)
    frames = [shape for shape in gallery.layout.shapes if shape.type == "rect"]
    assert len(gallery.layout.images) == 2 + 2 * 2 * 4 and len(frames) == 16
    marks = [text for text in texts(gallery) if text in ("<b>✓</b>", "<b>≈</b>", "<b>✗</b>")]
    assert len(marks) == 16
    # brute force: the verdicts of the first query in the first space
    similarity = spaces["flat"] @ spaces["flat"][3]
    similarity[3] = -2
    labels = shop.hierarchy.labels
    for place, item in enumerate(np.argsort(-similarity, kind="stable")[:4]):
        expected = "solid" if labels[item, 0] == labels[3, 0] else "dash" if labels[item, 1] == labels[3, 1] else "dot"
        assert frames[place].line.dash == expected


def test_embeddings_of_another_length_are_refused(shop, spaces):
    with pytest.raises(hr.HrlibError, match="flat: 35.*catalogue of 36"):
        neighbour_gallery(shop, {"flat": spaces["flat"][1:]}, [0])
