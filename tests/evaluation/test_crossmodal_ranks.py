"""Ranks in another modality's gallery, by loops: ties, titles, and the first ones ranked anew."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.evaluation import crossmodal_ranks as module
from hrlib.evaluation.crossmodal_ranks import codes_of, image_pairs, ranks_of, text_pairs
from tests.evaluation.made_up import dyadic, random_units


def ranks(queries, gallery, asked, there, **settings):
    settings = {"top": 5, "chunk": None, "rerank": None} | settings
    x, y = torch.from_numpy(queries), torch.from_numpy(gallery)
    return ranks_of(x, y, np.asarray(asked), np.asarray(there), **settings)


def by_loops(scores, asked, there):
    found = []
    for own, title in zip(scores, asked, strict=True):
        right = [score for score, other in zip(own, there, strict=True) if other == title]
        wrong = [score for score, other in zip(own, there, strict=True) if other != title]
        found.append(1 + sum(score >= max(right) for score in wrong) if right else np.nan)
    return found


@given(st.integers(0, 100), st.integers(1, 9), st.integers(1, 12), st.none() | st.integers(1, 4))
def test_against_loops_with_ties(seed, n, m, chunk):
    rng = np.random.default_rng(seed)
    queries, gallery, asked, there = (
        dyadic(n, seed),
        dyadic(m, seed + 1),
        rng.integers(4, size=n),
        rng.integers(4, size=m),
    )
    expected = by_loops(queries @ gallery.T, asked, there)
    np.testing.assert_array_equal(ranks(queries, gallery, asked, there, chunk=chunk), expected)


@given(st.integers(0, 100), st.integers(1, 12))
def test_the_first_are_ranked_anew_by_the_scores(seed, top):
    rng = np.random.default_rng(seed)
    queries, gallery, asked, there = (
        random_units(6, seed),
        random_units(9, seed + 1),
        rng.integers(3, size=6),
        np.arange(9) % 3,
    )
    given = rng.permuted(np.tile(np.arange(9.0), (6, 1)), axis=1)
    calls = []

    def rerank(rows, chosen):
        calls.append(chosen.shape)
        return given[rows[:, None], chosen]

    scores = (queries @ gallery.T).astype(float)
    for row in range(6):  # those that are ranked anew stand before all others
        first = np.argsort(-scores[row])[:top]
        scores[row, first] = 100 + given[row, first]
    found = ranks(queries, gallery, asked, there, rerank=rerank, top=top)
    np.testing.assert_array_equal(found, by_loops(scores, asked, there))
    assert calls == [(6, min(top, 9))]


@pytest.mark.parametrize("pairs", [1, 3, 1000])
def test_images_and_texts_are_asked_for_in_their_places_and_few_at_a_time(pairs, monkeypatch):
    monkeypatch.setattr(module, "PAIRS", pairs)
    sizes = []

    def rerank(images, texts):
        sizes.append(texts.size)
        return torch.from_numpy(1000.0 * images[:, None] + texts)

    rows, chosen = np.array([4, 5, 6, 7]), np.arange(12).reshape(4, 3) + 20
    np.testing.assert_array_equal(image_pairs(rerank)(rows, chosen), 1000.0 * rows[:, None] + chosen)
    np.testing.assert_array_equal(text_pairs(rerank)(rows, chosen), 1000.0 * chosen + rows[:, None])
    assert max(sizes) <= max(pairs, 3)


@pytest.mark.parametrize("scores", [np.zeros((2, 2)), np.full((2, 3), np.nan), np.zeros(6)])
def test_scores_of_another_shape_or_not_finite_are_refused(scores):
    with pytest.raises(HrlibError, match=r"rerank gave scores of shape .*expected a finite score for each text row"):
        image_pairs(lambda images, texts: scores)(np.arange(2), np.zeros((2, 3), int))


@pytest.mark.parametrize("chunk", [0, -1, 2.0, True])
def test_what_is_no_chunk_is_refused(chunk):
    with pytest.raises(HrlibError, match="chunk is .*expected an integer of 1 or more, or None"):
        ranks(dyadic(2), dyadic(2), [0, 1], [0, 1], chunk=chunk)


def test_titles_become_codes():
    assert codes_of(None, 3).tolist() == [0, 1, 2]
    for titles in (["b", "a", "b"], np.array([7, 3, 7]), pd.Series(["x", "", "x"], index=[9, 9, 9])):
        assert codes_of(titles, 3).tolist() == [0, 1, 0]
    for bad in (["a", None, "b"], ["a"], [["a"], ["b"], ["c"]], "abc"):
        with pytest.raises(HrlibError, match="titles of shape .*expected one for each of 3 items"):
            codes_of(bad, 3)
