"""The few best through bf16: nothing is lost, the bound on its error holds, and what cannot be listed is ranked whole."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib.evaluation import neighbours, ranking, shortlist
from hrlib.evaluation.keys import gallery_rows, similarities
from hrlib.evaluation.shortlist import Shortlist


def units(n, dim=32, seed=0, offset=0.0):
    """Random unit vectors; with an offset they share a direction and lie close together."""
    x = np.random.default_rng(seed).standard_normal((n, dim))
    x[:, 0] += offset
    return torch.from_numpy((x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32))


def exact_best(queries, gallery, top, own=None):
    scores = queries.double() @ gallery.double().T
    if own is not None:
        scores[torch.arange(len(own)), own] = -torch.inf
    return scores.sort(dim=1, descending=True, stable=True)


@given(st.integers(0, 10_000), st.sampled_from([3, 32, 200]), st.sampled_from([0.0, 2.0, 20.0]))
def test_products_are_within_their_bound(seed, dim, offset):
    queries, gallery = units(20, dim, seed, offset), units(300, dim, seed + 1, offset)
    scores, bound = Shortlist(gallery, 5).rough_scores(queries)
    centred = queries.double() @ (gallery.double() - gallery.double().mean(dim=0)).T
    error = (scores.double() - centred).abs()
    assert (error <= bound[:, None] + scores.double().abs() * shortlist.ROUNDING).all()


@given(st.integers(0, 10_000), st.sampled_from([1, 5, 20]), st.sampled_from([0.0, 2.0, 6.0]))
def test_nothing_of_the_best_is_lost(seed, top, offset):
    x = units(600, seed=seed, offset=offset)
    own = torch.arange(600)
    keys, missed = Shortlist(x, top).ranked_keys(x, own)
    best = exact_best(x, x, top, own)
    found = np.delete(np.arange(600), missed.numpy())
    if keys is None:  # most queries have too many to list
        assert len(missed) > 300
        return
    assert keys.shape == (600, top)
    expected = best.values[:, :top].gather(1, torch.zeros(600, top, dtype=torch.int64) + torch.arange(top))
    np.testing.assert_allclose(similarities(keys)[found], expected[found], atol=1e-6)
    listed = (x.double() @ x.double().T).gather(1, gallery_rows(keys))[found]
    np.testing.assert_allclose(listed, expected[found], atol=1e-6)  # the rows that are named have these similarities
    assert not (gallery_rows(keys) == own[:, None])[found].any()


def test_duplicates_are_ties_in_row_order():
    base = units(500)
    gallery = torch.cat([base, base, base])
    keys, missed = Shortlist(gallery, 6).ranked_keys(units(40, seed=1), None)
    assert not len(missed)
    triples = gallery_rows(keys).view(40, 2, 3)
    assert torch.equal(triples, triples[:, :, :1] + torch.tensor([0, 500, 1000]))
    assert (similarities(keys).view(40, 2, 3).diff(dim=2) == 0).all()


def test_queries_with_too_many_to_list_are_named():
    crowd = units(2000, offset=500.0)  # all nearly the same
    spread = torch.nn.functional.normalize(units(2000) - units(2000)[:, :1] * torch.eye(32)[0], dim=1)
    rough = Shortlist(torch.cat([crowd, spread]), 5)
    keys, missed = rough.ranked_keys(torch.cat([spread[:30], crowd[:10]]), None)
    assert missed.tolist() == list(range(30, 40)) and len(keys) == 40
    keys, missed = rough.ranked_keys(torch.cat([spread[:10], crowd[:30]]), None)
    assert keys is None and missed.tolist() == list(range(10, 40))


@pytest.mark.parametrize("chunk", [1, 7, None])
@pytest.mark.parametrize("offset", [0.0, 500.0])
def test_neighbours_are_the_same_with_and_without_it(monkeypatch, chunk, offset):
    x = torch.cat([units(700), units(500, seed=1, offset=offset)])
    used = []
    monkeypatch.setattr(ranking.shortlist, "pays", lambda gallery, top: used.append(top) or True)
    rows, scores = neighbours(x, 5, rows=np.arange(0, 1200, 7), chunk=chunk)
    assert used == [5]
    monkeypatch.setattr(ranking.shortlist, "pays", lambda gallery, top: False)
    expected_rows, expected = neighbours(x, 5, rows=np.arange(0, 1200, 7), chunk=chunk)
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    gaps = np.diff(expected, axis=1, prepend=2, append=-1)
    sure = (gaps[:, :-1] < -1e-6) & (gaps[:, 1:] < -1e-6)  # not those whose order float32 leaves open
    np.testing.assert_array_equal(rows[sure], expected_rows[sure])
    assert sure.mean() > (0.9 if not offset else 0.3)


def test_it_is_used_for_the_few_best_of_a_long_gallery(monkeypatch):
    monkeypatch.setattr(shortlist, "bf16_pays", lambda device: True)
    assert shortlist.pays(torch.zeros(5000, 64), 10)
    assert not shortlist.pays(torch.zeros(5000, 64), 500)  # too many
    assert not shortlist.pays(torch.zeros(500, 64), 1)  # too short
    assert not shortlist.pays(torch.zeros(5000, 64, device="meta"), 10)
    monkeypatch.setattr(shortlist, "bf16_pays", lambda device: False)
    assert not shortlist.pays(torch.zeros(5000, 64), 10)
