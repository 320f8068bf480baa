"""What a text finds among photos and a photo among texts, against plain sorting; right ones are told by more than colour."""

import dataclasses

import numpy as np
import pytest

import hrlib as hr
from hrlib.catalogue.captions import Captions
from hrlib.explore import crossmodal_gallery, to_png
from hrlib.explore.photo_sheet import jpeg
from hrlib.explore.theme import VERDICTS

MARKS = {f"<b>{mark}</b>": verdict for verdict, (_, _, mark) in VERDICTS.items()}


@pytest.fixture(scope="module")
def titled(shop):
    """Items 0 and 12 have the same title; item 1 has three texts."""
    texts = [[f"thing <{row}>"] for row in range(36)]
    texts[12], texts[1] = ["Thing  <0>"], ["one", "two", "three"]
    return dataclasses.replace(shop, items=shop.items.assign(title=texts), caption="title")


@pytest.fixture(scope="module")
def vectors(titled, spaces):
    captions, rng = Captions.of(titled), np.random.default_rng(2)
    texts = spaces["flat"][captions.owner] + 0.4 * rng.normal(size=(len(captions.owner), 8))
    texts[captions.owner == 12] = texts[captions.owner == 0]  # the same words, the same vector
    return spaces["flat"], (texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32)


def notes(figure):
    return [note.text for note in figure.layout.annotations]


def test_both_ways_against_plain_sorting(titled, vectors):
    images, texts = vectors
    captions, queries, k = Captions.of(titled), [1, 0, 30], 4
    figure = crossmodal_gallery(titled, images, texts, queries, k)
    assert len(figure.layout.images) == len(queries) * (k + 1)
    shown = [image.source for image in figure.layout.images]
    classes, written = titled.hierarchy.labels[:, 1], notes(figure)
    after = written.index("<b>its nearest texts</b>") + 1
    for row, query in enumerate(queries):
        asked = next(j for j in range(len(texts)) if captions.owner[j] == query)
        order = np.argsort(-(images.astype(float) @ texts[asked]), kind="stable")[:k]
        assert shown[row * (k + 1) : (row + 1) * (k + 1)] == [jpeg(titled.images[int(i)]) for i in (*order, query)]
        expected = [
            "same"
            if captions.titles[i] == captions.titles[query]
            else "near"
            if classes[i] == classes[query]
            else "other"
            for i in order
        ]
        frames = figure.layout.shapes[row * k : (row + 1) * k]
        assert [frame.line.dash for frame in frames] == [VERDICTS[verdict][1] for verdict in expected]
        part = written[after:]
        assert part[0] == captions.texts[query][0].replace("<", "&lt;").replace(">", "&gt;")
        assert [MARKS[text] for text in part[1 : 1 + k]] == expected
        # texts, each wording once
        wordings = list(dict.fromkeys(" ".join(text.casefold().split()) for text in captions.flat))
        first = [
            next(j for j, text in enumerate(captions.flat) if " ".join(text.casefold().split()) == word)
            for word in wordings
        ]
        best = [first[j] for j in np.argsort(-(texts[first].astype(float) @ images[query]), kind="stable")[:k]]
        assert part[2 + k : 1 + 3 * k : 2] == [captions.flat[j].replace("<", "&lt;").replace(">", "&gt;") for j in best]
        marks = [MARKS[text] for text in part[1 + k : 1 + 3 * k : 2]]
        for mark, j in zip(marks, best, strict=True):
            own = {" ".join(text.casefold().split()) for text in captions.texts[query]}
            right = " ".join(captions.flat[j].casefold().split()) in own
            assert (mark == "same") == right and (
                right or (mark == "near") == (classes[captions.owner[j]] == classes[query])
            )
        after += 1 + 3 * k
    assert len(written) == after
    assert "&lt;i&gt;" not in figure.layout.title.text and "its own title" in figure.layout.title.text
    assert to_png(figure, width=figure.layout.width)[:4] == b"\x89PNG"


def test_more_than_there_are_and_a_single_level(titled, vectors):
    flat = dataclasses.replace(titled, hierarchy=titled.hierarchy.select(["product"]))
    figure = crossmodal_gallery(flat, *vectors, [0], k=100)
    assert len(figure.layout.images) == 37 and figure.layout.height > 36 * 15


def test_a_long_text_is_cut_and_escaped(titled, vectors):
    items = titled.items.assign(title=[["<b>" * 100 + " word" * 60], *titled.items["title"][1:]])
    long = dataclasses.replace(titled, items=items)
    figure = crossmodal_gallery(long, *vectors, [0], k=2)
    assert all("<b><" not in text and len(text) < 40 * 4 for text in notes(figure))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"images": slice(1, None)},
            "35 images, 38 texts and captions with 38 texts of 36 items for a catalogue of 36",
        ),
        ({"texts": slice(1, None)}, "36 images, 37 texts"),
        ({"queries": []}, "no queries"),
        ({"queries": [36]}, "rows from 36 to 36: expected 0 to 35"),
        ({"captions": slice(1, None)}, "captions with 37 texts of 35 items"),
    ],
)
def test_bad_input_is_named(titled, vectors, change, says):
    images, texts = vectors
    captions = Captions.of(titled).subset(change["captions"]) if "captions" in change else None
    images, texts = images[change.get("images", slice(None))], texts[change.get("texts", slice(None))]
    with pytest.raises(hr.HrlibError, match=says):
        crossmodal_gallery(titled, images, texts, change.get("queries", [0]), captions=captions)


def test_a_catalogue_without_captions(shop, vectors):
    with pytest.raises(hr.HrlibError, match="has no caption column"):
        crossmodal_gallery(shop, *vectors, [0])
