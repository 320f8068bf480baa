"""Texts of items: what a cell may hold, titles that are shared, pairs that are mismatched on purpose."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.catalogue.captions import Captions, first_texts, texts_of


def catalogue(cells, caption="text"):
    count = len(cells)
    items = pd.DataFrame({"id": range(count), "class": ["c"] * count, "text": pd.Series(cells, dtype=object)})
    images = hr.ImageStore.from_array(np.zeros((count, 4, 4, 3), np.uint8))
    return hr.Catalogue("shop", items, images, hr.Hierarchy.from_frame(items, ["class"]), caption=caption)


def made(*cells):
    return Captions(tuple((cell,) if isinstance(cell, str) else cell for cell in cells), np.arange(len(cells)))


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        ("a text", ("a text",)),
        ("  a text\n", ("a text",)),
        (["a", " ", None, "b", float("nan")], ("a", "b")),
        (np.array(["a", "b"], dtype=object), ("a", "b")),
        (("a",), ("a",)),
        (501, ("501",)),
        *[(empty, ()) for empty in (None, float("nan"), pd.NA, pd.NaT, "", "  ", [], ["", None])],
    ],
)
def test_what_a_cell_may_hold(cell, texts):
    assert texts_of(cell) == texts
    assert first_texts([cell]) == [texts[0] if texts else None]


def test_one_or_several_texts_an_item():
    captions = Captions.of(catalogue(["one", ["two", "three"], ["four"]]))
    assert captions.texts == (("one",), ("two", "three"), ("four",)) and len(captions) == 3
    assert captions.flat == ("one", "two", "three", "four") and captions.owner.tolist() == [0, 1, 1, 2]
    assert captions.rows.tolist() == [0, 1, 2] and repr(captions) == "Captions(4 texts of 3 items; 3 titles)"
    part = captions.subset([2, 1])
    assert (
        part.texts == (("four",), ("two", "three"))
        and part.rows.tolist() == [2, 1]
        and part.owner.tolist() == [0, 1, 1]
    )


def test_items_without_a_text_are_named_or_skipped():
    shop = catalogue([None, "a", "  ", ["b"], []])
    with pytest.raises(
        hr.HrlibError, match=r"no text in 3 rows \(0, 2, 4\) of its caption column 'text'.*on_bad=\"skip\""
    ):
        Captions.of(shop)
    kept = Captions.of(shop, on_bad="skip")
    assert kept.rows.tolist() == [1, 3] and kept.texts == (("a",), ("b",))
    assert Captions.of(shop.subset(kept.rows)).texts == kept.texts
    with pytest.raises(hr.HrlibError, match=r"no text in 2 rows \(0, 1\)"):
        Captions.of(catalogue([None, ""]), on_bad="skip")
    with pytest.raises(hr.HrlibError, match="has no caption column"):
        Captions.of(catalogue(["a"], caption=None))
    with pytest.raises(hr.HrlibError, match="on_bad is 'drop'"):
        Captions.of(shop, on_bad="drop")


def test_titles_are_shared_by_the_same_set_of_texts():
    captions = made("Red shoe", "red  SHOE ", ("a", "b"), ("b", "A", "a"), ("a",), "red shoes")
    assert captions.titles.tolist() == [0, 0, 1, 1, 2, 3] and captions.titles.dtype == np.int64


def test_lists_survive_the_catalogue_s_own_steps(tmp_path):
    shop = catalogue([["a", "b"], "c", ["d"], ["e", "f"]])
    part, rest = shop.split_items((0.5, 0.5))
    assert sorted(Captions.of(part).flat + Captions.of(rest).flat) == list("abcdef")
    shop.items.assign(text=[list(texts_of(cell)) for cell in shop.items["text"]]).to_parquet(tmp_path / "items.parquet")
    again = shop.items.assign(text=pd.read_parquet(tmp_path / "items.parquet")["text"])
    assert Captions.of(catalogue(list(again["text"]))).texts == Captions.of(shop).texts
    assert repr(shop).startswith("Catalogue('shop'")


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.floats(0, 1), st.integers(0, 5))
def test_mismatched_items_have_another_s_texts_and_the_rest_their_own(titles, share, seed):
    captions = made(*(f"title {title}" for title in titles))
    count = round(share * len(titles))
    try:
        noisy, rows = captions.mismatched(share, seed)
    except hr.HrlibError as error:
        assert "have the same title" in str(error)
        chosen = np.random.default_rng(seed).permutation(len(titles))[:count]  # the same draw: it could not be done
        assert 2 * np.bincount(captions.titles[chosen]).max() > count
        return
    assume(count)
    assert len(rows) == count and (np.diff(rows) > 0).all()
    changed = [row for row in range(len(titles)) if noisy.texts[row] != captions.texts[row]]
    assert changed == rows.tolist()  # each of them, and no other
    assert sorted(noisy.flat) == sorted(captions.flat)  # exchanged: none is lost
    again, same = captions.mismatched(share, seed)
    assert again.texts == noisy.texts and same.tolist() == rows.tolist()


def test_several_texts_move_together_and_shares_are_nested():
    captions = made(*((f"a{n}", f"b{n}") for n in range(50)))
    few, many = (captions.mismatched(share, seed=3) for share in (0.2, 0.6))
    assert set(few[1]) < set(many[1]) and (len(few[1]), len(many[1])) == (10, 30)
    assert all(own[0][1:] == own[1][1:] for own in many[0].texts) and many[0].rows.tolist() == captions.rows.tolist()
    assert captions.mismatched(0)[1].tolist() == [] and captions.mismatched(0)[0].texts == captions.texts
    assert captions.mismatched(0.6, seed=4)[1].tolist() != many[1].tolist()


def test_what_cannot_be_mismatched_is_refused():
    with pytest.raises(hr.HrlibError, match="1 of the 1 items to be mismatched"):
        made("a").mismatched(1.0)
    with pytest.raises(hr.HrlibError, match="3 of the 4 items to be mismatched have the same title"):
        made("a", "a", "a", "b").mismatched(1.0)
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(hr.HrlibError, match="share is"):
            made("a", "b").mismatched(share)
