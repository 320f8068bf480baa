"""Neighbours against brute force and scikit-learn; filters, texts and summaries against plain Python."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

import hrlib as hr
from hrlib.explore.selection import COLUMNS, MISSING, Finder
from tests.evaluation.made_up import dyadic, random_units

NASTY = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'


def catalogue(n=40, captions=True):
    rows = np.arange(n)
    items = pd.DataFrame(
        {
            "id": [f"id-{row:02d}" for row in rows],
            "product": [f"Product {row % 10}" for row in rows],
            "category": [f"Straße {row % 10 // 5}" for row in rows],
            "colour": [None if row % 7 == 0 else ["red", "blue"][row % 2] for row in rows],
            "size": [float("nan") if row == 3 else row % 3 for row in rows],
            "caption": [None if row == 1 else f"a [thing] number {row}." for row in rows],
        }
    )
    items.loc[items.index == 2, "caption"] = NASTY
    pixels = np.random.default_rng(0).integers(0, 255, (n, 8, 6, 3), dtype=np.uint8)
    hierarchy = hr.Hierarchy.from_frame(items, ["product", "category"])
    caption = "caption" if captions else None
    return hr.Catalogue("made up", items, hr.ImageStore.from_array(pixels), hierarchy, ("colour", "size"), caption)


@pytest.fixture(scope="module")
def finder():
    return Finder(catalogue(), {"a": random_units(40, 1), "b": random_units(40, 2, dim=8)})


@given(
    st.sets(st.integers(0, 39), min_size=1, max_size=12),
    st.integers(1, 60),
    st.sampled_from(["a", "b"]),
    st.sampled_from([{}, {"colour": "red"}, {"category": "Straße 1", "size": [0, 2]}]),
)
def test_neighbours_against_scikit_learn(finder, rows, k, space, filters):
    rows = sorted(rows)
    mean = finder.vectors[space][rows].mean(axis=0)
    others = [row for row in np.flatnonzero(finder.matching(filters)) if row not in rows]
    selection = finder.select(rows, space, k, filters)
    assert list(selection.columns) == COLUMNS
    chosen, found = (selection[selection["role"] == role] for role in ("chosen", "neighbour"))
    assert list(chosen["row"]) == rows and not chosen["rank"].any()
    assert len(found) == min(k, len(others)) and list(found["rank"]) == list(range(1, len(found) + 1))
    if others:
        oracle = NearestNeighbors(n_neighbors=len(found), metric="cosine", algorithm="brute").fit(
            finder.vectors[space][others]
        )
        distances, places = oracle.kneighbors(mean[None])
        np.testing.assert_allclose(found["distance"], distances[0], atol=1e-5)
        assert set(found["row"]) == {others[place] for place in places[0]}
    np.testing.assert_allclose(
        chosen["distance"], [1 - finder.vectors[space][row] @ mean / np.linalg.norm(mean) for row in rows], atol=1e-5
    )


def test_equal_distances_come_in_row_order():
    vectors = dyadic(40, dim=6)
    finder = Finder(catalogue(), {"a": vectors})
    for query in range(10):
        scores = vectors @ vectors[query]
        expected = sorted((row for row in range(40) if row != query), key=lambda row: (-scores[row], row))
        for k in (1, 3, 10, 38, 39, 100):
            assert list(finder.nearest([query], "a", k)[0]) == expected[:k]


def test_one_item_is_chosen_with_its_texts(finder):
    selection = finder.select([2], "a", 3)
    first = selection.iloc[0]
    assert (first["role"], first["row"], first["id"], first["title"]) == ("chosen", 2, "id-02", NASTY)
    assert first["path"] == "Straße 0 › Product 2" and first["distance"] == pytest.approx(0, abs=1e-6)
    assert 2 not in selection["row"][1:].tolist() and selection["distance"][1:].is_monotonic_increasing
    paths = [" › ".join(finder.hierarchy.path(row)) for row in range(40)]
    assert list(finder.paths) == paths


def test_of_several_captions_the_first_is_shown_and_all_are_found():
    one = catalogue(4)
    cells = pd.Series([["Red shoe", "A <b>scarlet</b> one"], ["b"], [], "plain"])
    several = Finder(dataclasses.replace(one, items=one.items.assign(caption=cells)), {"a": random_units(4)})
    assert list(several.titles) == ["Red shoe", "b", "Product 2", "plain"]
    assert several.find("SCARLET").tolist() == [0] and several.find("plain").tolist() == [3]
    assert not len(several.find("none"))
    assert several.select([0], "a", 2)["title"][0] == "Red shoe"


def test_titles_are_captions_or_class_names(finder):
    assert finder.titles[1] == "Product 1" and finder.titles[0] == "a [thing] number 0."
    assert list(Finder(catalogue(captions=False), {"a": random_units(40)}).titles[:2]) == ["Product 0", "Product 1"]


@pytest.mark.parametrize(
    "text", ["number 1", "NUMBER 1", " id-0", "[thing]", ".", "*", "strasse 1", "<SCRIPT>", "(", "\\"]
)
def test_text_is_found_literally_in_any_case(finder, text):
    items = finder.catalogue.items
    wanted = text.strip().casefold()
    expected = []
    for row in range(40):
        texts = [items["id"][row], items["caption"].fillna("")[row], items["product"][row], items["category"][row]]
        if any(wanted in own.casefold() for own in texts):
            expected.append(row)
    assert list(finder.find(text)) == expected
    assert expected or text in ("*", "(", "\\") or pytest.fail("this text was to be found")


def test_blank_texts_find_nothing(finder):
    assert len(finder.find("")) == len(finder.find(" \t")) == 0


def test_a_text_does_not_reach_from_the_id_into_the_caption(finder):
    assert len(finder.find("id-00a")) == 0


def test_filters(finder):
    items = finder.catalogue.items
    assert finder.columns == ("category", "product", "colour", "size")
    np.testing.assert_array_equal(finder.matching({"colour": "red"}), items["colour"] == "red")
    for missing in (None, float("nan"), MISSING):
        np.testing.assert_array_equal(finder.matching({"colour": missing}), items["colour"].isna())
    both = finder.matching({"colour": ["red", None], "product": "Product 4"})
    np.testing.assert_array_equal(
        both, (items["colour"].isna() | (items["colour"] == "red")) & (items["product"] == "Product 4")
    )
    np.testing.assert_array_equal(finder.matching({"size": 1.0}), items["size"] == 1)
    assert finder.matching().all() and not finder.matching({"colour": "green"}).any()
    assert len(finder.select([0], "a", 5, {"colour": "green"})) == 1  # the item itself, and no neighbour
    with pytest.raises(hr.HrlibError, match="no level or attribute 'color'.*did you mean 'colour'"):
        finder.matching({"color": "red"})


def test_summary_and_verdicts(finder):
    assert finder.summary([0, 10, 1, 7], "product") == {"Product 0": 2, "Product 1": 1, "Product 7": 1}
    assert finder.summary([0, 10, 1, 7], 1) == {"Straße 0": 3, "Straße 1": 1}
    assert finder.verdicts([0], [10, 1, 5], "category") == ["same", "near", "other"]
    assert finder.verdicts([0, 7], [17, 5, 1], 1) == ["same", "near", "near"]


def test_one_level_has_no_near():
    shop = catalogue()
    flat = hr.Catalogue("flat", shop.items, shop.images, shop.hierarchy.select(["product"]))
    finder = Finder(flat, {"a": random_units(40)})
    assert set(finder.verdicts([0], range(40), 0)) == {"same", "other"} and finder.paths[3] == "Product 3"


def test_one_item_in_all():
    finder = Finder(catalogue(1), {"a": random_units(1)})
    assert list(finder.select([0], "a", 5)["role"]) == ["chosen"]


def test_what_cannot_be_asked_is_refused(finder):
    for k in (0, -1, 2.5, True, "3"):
        with pytest.raises(hr.HrlibError, match="expected an integer of 1 or more"):
            finder.nearest([0], "a", k)
    with pytest.raises(hr.HrlibError, match="nothing is chosen"):
        finder.select([], "a", 3)
    with pytest.raises(hr.HrlibError, match="expected 0 to 39"):
        finder.select([40], "a", 3)
    with pytest.raises(hr.HrlibError, match="no space 'c'"):
        finder.select([0], "c", 3)
    opposite = random_units(40)
    opposite[1] = -opposite[0]
    with pytest.raises(hr.HrlibError, match="the vectors of the 2 chosen items cancel out"):
        Finder(catalogue(), {"a": opposite}).select([0, 1], "a", 3)


def test_embeddings_that_do_not_fit_are_refused():
    with pytest.raises(hr.HrlibError, match="b: 39 embeddings for a catalogue of 40"):
        Finder(catalogue(), {"a": random_units(40), "b": random_units(39)})
    with pytest.raises(hr.HrlibError, match="no embeddings"):
        Finder(catalogue(), {})
    broken = random_units(40)
    broken[3] = np.nan
    with pytest.raises(hr.HrlibError, match=r"a: 1 of 40 rows hold NaN or infinity \(row 3"):
        Finder(catalogue(), {"a": broken})
