"""The geometry of a joint space against each formula written out, and on the CLIP features whose gap is known."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

import hrlib as hr
from hrlib.evaluation import geometry
from tests.evaluation.made_up import LargestTensor, dyadic, random_units, unit_rows


def pair(n=40, seed=0, dim=8, apart=0.5, noise=0.5):
    """Pairs with a common part, the second modality shifted."""
    rng = np.random.default_rng(seed)
    common, shift = rng.standard_normal((n, dim)), apart * rng.standard_normal(dim)
    return unit_rows(common), unit_rows(common + shift + noise * rng.standard_normal((n, dim)))


def by_loops(a, b, titles, labels):
    """The neighbour shares, one distance after the other."""
    own, like = [], {"a": [], "b": []}
    for name, x, y in (("a", a, b), ("b", b, a)):
        for i in range(len(x)):
            others = [j for j in range(len(x)) if titles[j] != titles[i]]
            mine = {j: float(x[i].astype(float) @ x[j]) for j in others}
            theirs = {j: float(x[i].astype(float) @ y[j]) for j in others}
            if not others:
                continue
            ahead = max(mine.values()) - max(theirs.values())
            own.append(0.5 if abs(ahead) < 1e-9 else float(ahead > 0))
            if any(labels[j] == labels[i] for j in others):
                first = [j for j in others if mine[j] > max(mine.values()) - 1e-9]
                like[name].append(np.mean([labels[j] == labels[i] for j in first]))
    return np.mean(own), np.mean(like["a"]), np.mean(like["b"])


@given(st.integers(2, 25), st.integers(0, 9), st.booleans())
def test_neighbours_are_those_of_loops(n, seed, ties):
    rng = np.random.default_rng(seed)
    a, b = (dyadic(n, seed), dyadic(n, seed + 1)) if ties else pair(n, seed)
    titles, labels = np.arange(n) % max(2, n // 2), rng.integers(0, 2, n)
    labels[:2] = 0
    found = geometry(a, b, labels=labels, titles=titles)
    if n < 4:
        return
    expected = by_loops(a, b, titles, labels)
    np.testing.assert_allclose(found[["same_modality", "neighbour_label_a", "neighbour_label_b"]], expected)


def test_neighbours_of_scikit_learn():
    a, b = pair(60)
    both, right = np.concatenate([a, b]), []
    nearest = NearestNeighbors(n_neighbors=4).fit(both).kneighbors(both)[1]
    for row, found in enumerate(nearest):
        first = next(other for other in found if other % 60 != row % 60)
        right.append((first < 60) == (row < 60))
    assert geometry(a, b)["same_modality"] == np.mean(right)


def test_gap_alignment_uniformity_and_codes_written_out():
    a, b = pair(30)
    codebook = random_units(5, 3, dim=8)
    found = geometry(a, b, codebook)
    assert found["gap"] == pytest.approx(np.sqrt(((a.mean(0) - b.mean(0)) ** 2).sum()), rel=1e-5)
    assert found["alignment"] == pytest.approx(
        np.mean([np.sum((x - y) ** 2) for x, y in zip(a, b, strict=True)]), rel=1e-5
    )
    for name, x in (("uniformity_a", a), ("uniformity_b", b)):
        spread = [np.exp(-2 * np.sum((x[i] - x[j]) ** 2)) for i in range(30) for j in range(i)]
        assert found[name] == pytest.approx(np.log(np.mean(spread)), rel=1e-4)
        assert found[name] == pytest.approx(
            float(torch.pdist(torch.from_numpy(x)).pow(2).mul(-2).exp().mean().log()), rel=1e-4
        )
    codes = [[int(np.argmax([code @ v for code in codebook])) for v in x] for x in (a, b)]
    assert found["code_agreement"] == np.mean([i == j for i, j in zip(*codes, strict=True)])
    chance = np.mean([i == j for i in codes[0] for j in codes[1]])
    assert found["code_agreement_chance"] == pytest.approx(chance)
    assert (found["codes_used_a"], found["codes_used_b"]) == (len(set(codes[0])), len(set(codes[1])))


def test_a_constant_offset_is_seen_where_balanced_codes_hide_it():
    """The trap: codes balanced within each modality agree across a constant gap; the raw nearest codes do not."""
    rng = np.random.default_rng(0)
    x = 0.3 * rng.standard_normal((400, 16))
    offset = np.zeros(16)
    offset[0] = 1
    a, b = unit_rows(x + offset), unit_rows(x - offset)
    codebook = unit_rows(np.concatenate([a[:8], b[8:16]]))
    found = geometry(a, b, codebook)
    assert found["gap"] > 1 and found["code_agreement"] < 0.05
    assert found["same_modality"] == found["probe"] == 1


def test_equal_modalities_are_mixed_and_the_probe_knows_nothing():
    a = random_units(200)
    found = geometry(a, a, codebook=random_units(4, 1))
    assert found["gap"] == found["alignment"] == 0
    assert found["same_modality"] == 0.5 and found["probe"] == 0.5 and found["code_agreement"] == 1


def test_two_draws_of_one_distribution_are_mixed():
    found = geometry(random_units(1500, 1, dim=8), random_units(1500, 2, dim=8))
    assert abs(found["same_modality"] - 0.5) < 0.04 and abs(found["probe"] - 0.5) < 0.06 and found["gap"] < 0.1


def test_the_pair_and_those_with_its_title_are_no_neighbours():
    # texts of the same title are the same vector: without titles each would be the other's nearest
    images, words = random_units(100), random_units(50, 1)
    titles = np.arange(100) % 50
    texts = words[titles]
    assert geometry(images, texts)["same_modality"] > geometry(images, texts, titles=titles)["same_modality"]
    close = unit_rows(images + 0.01 * random_units(100, 2))  # its own pair would always be the nearest
    assert abs(geometry(images, close)["same_modality"] - 0.5) < 0.1


def test_the_probe_is_a_held_out_one():
    """In more dimensions than vectors anything can be told apart in training: held out, random modalities cannot."""
    rng = np.random.default_rng(0)
    found = geometry(random_units(40, 1, dim=200), random_units(40, 2, dim=200), seed=1)
    assert 0.2 < found["probe"] < 0.8
    a, b = pair(300, apart=2.0)
    turned = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    assert geometry(a, b)["probe"] > 0.9 and geometry(unit_rows(a @ turned), unit_rows(b @ turned))["probe"] > 0.9
    assert geometry(a, b, seed=3)["probe"] == geometry(a, b, seed=3)["probe"]


@given(st.integers(0, 5))
def test_rotation_permutation_and_exchange(seed):
    a, b = pair(25, seed)
    rng = np.random.default_rng(seed)
    turned, rows = np.linalg.qr(rng.standard_normal((8, 8)))[0], rng.permutation(25)
    labels = rng.integers(0, 3, 25)
    before = geometry(a, b, labels=labels).drop("probe")
    after = geometry(unit_rows(a[rows] @ turned), unit_rows(b[rows] @ turned), labels=labels[rows]).drop("probe")
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-5)
    swapped = geometry(b, a, labels=labels)
    assert swapped["gap"] == pytest.approx(before["gap"]) and swapped["same_modality"] == before["same_modality"]
    assert swapped["uniformity_a"] == pytest.approx(before["uniformity_b"])
    assert swapped["neighbour_label_b"] == before["neighbour_label_a"]


def test_chunks_change_nothing(monkeypatch):
    a, b = pair(50)
    settings = {"codebook": random_units(7, 3, dim=8), "labels": np.arange(50) % 4}
    whole = geometry(a, b, **settings)
    monkeypatch.setattr(
        sys.modules["hrlib.evaluation.geometry"], "CELLS", 150
    )  # the function has the name of its module
    np.testing.assert_allclose(geometry(a, b, **settings), whole, rtol=1e-5)


def test_memory_is_that_of_a_chunk(monkeypatch):
    monkeypatch.setattr(sys.modules["hrlib.evaluation.geometry"], "CELLS", 20_000)
    a, b = pair(1000)
    with LargestTensor() as largest:
        geometry(a, b, codebook=random_units(200, 3, dim=8), labels=np.arange(1000) % 4)
    assert largest.elements <= 20_000


def test_one_pair_and_one_title_have_no_neighbours():
    a, b = pair(1)
    found = geometry(a, b, labels=[0])
    assert found[["same_modality", "probe", "uniformity_a", "neighbour_label_a"]].isna().all()
    assert found["gap"] == pytest.approx(np.linalg.norm(a - b)) and found["alignment"] == pytest.approx(
        found["gap"] ** 2
    )
    a, b = pair(6)
    assert geometry(a, b, titles=["same"] * 6)[["same_modality", "probe"]].isna().all()
    assert geometry(a, b, labels=range(6))["neighbour_label_a":].isna().all()


@pytest.mark.parametrize(
    ("a", "b", "settings", "says"),
    [
        (random_units(4), random_units(5), {}, r"a has shape \(4, 16\) and b \(5, 16\)"),
        (random_units(4), random_units(4, dim=8), {}, "expected the same, pair by pair"),
        (random_units(4) * 2, random_units(4), {}, "a: 4 of 4 rows are not of unit length"),
        (random_units(4), random_units(4), {"codebook": random_units(3, dim=8)}, "dimensions"),
        (random_units(4), random_units(4), {"codebook": 2 * random_units(3)}, "codebook: 3 of 3 rows are not of unit"),
        (random_units(4), random_units(4), {"labels": [1]}, r"labels of shape \(1,\)"),
        (random_units(4), random_units(4), {"titles": [1, 2, 3, None]}, "1 of them missing"),
    ],
)
def test_bad_input_is_named(a, b, settings, says):
    with pytest.raises(hr.HrlibError, match=says):
        geometry(a, b, **settings)


@pytest.mark.parametrize(
    ("name", "gap"), [("clip", 0.851), ("clip_random", None), ("convirt", None), ("videoclip", None)]
)
def test_the_modality_gap_of_published_features(name, gap, data_dir):
    a, b = np.load(data_dir / "modality_gap" / f"features_{name}.npy").astype(np.float32)
    found = geometry(unit_rows(a), unit_rows(b))
    if gap:
        assert found["gap"] == pytest.approx(gap, abs=5e-4)
    assert found["gap"] > 0.5 and found["same_modality"] > 0.99 and found["probe"] > 0.99  # a cone of its own for each
