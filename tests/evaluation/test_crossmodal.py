"""Retrieval between images and texts against loops written out, scikit-learn, and what must not change a rank."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score
from sklearn.neighbors import NearestNeighbors

import hrlib as hr
from hrlib.evaluation import crossmodal_per_query, evaluate_crossmodal, paired_bootstrap
from tests.evaluation.made_up import LargestTensor, dyadic, random_units, unit_rows


def by_loops(queries, gallery, asked, there):
    """1 + the negatives that are as similar as the best positive or more, one product after the other."""
    ranks = []
    for query, title in zip(queries.astype(np.float64), asked, strict=True):
        scores = [float(query @ item) for item in gallery.astype(np.float64)]
        right = [score for score, other in zip(scores, there, strict=True) if other == title]
        wrong = [score for score, other in zip(scores, there, strict=True) if other != title]
        ranks.append(1 + sum(score >= max(right) for score in wrong) if right else np.nan)
    return ranks


def several(n=12, seed=0, ties=True):
    """Images, one to four texts of each in random order, and titles of which some are shared."""
    rng = np.random.default_rng(seed)
    owner = rng.permutation(np.repeat(np.arange(n), rng.integers(1, 5, n)))
    draw = dyadic if ties else random_units
    return draw(n, seed), draw(len(owner), seed + 1), owner, rng.integers(0, n, n)


@given(st.integers(2, 30), st.integers(0, 9), st.booleans(), st.booleans(), st.sampled_from([None, 1, 7]))
def test_ranks_are_those_of_loops(n, seed, shared, ties, chunk):
    images, texts, owner, titles = several(n, seed, ties)
    table = crossmodal_per_query(images, texts, owner, titles=titles if shared else None, ks=(1, 2), chunk=chunk)
    titles = titles if shared else np.arange(n)
    np.testing.assert_array_equal(table.loc["text to image", "rank"], by_loops(texts, images, titles[owner], titles))
    np.testing.assert_array_equal(table.loc["image to text", "rank"], by_loops(images, texts, titles, titles[owner]))
    assert table.loc["text to image", "item"].tolist() == owner.tolist()
    assert table.loc["image to text", "item"].tolist() == list(range(n))
    for k in (1, 2):
        assert ((table["rank"] <= k) == table[f"recall@{k}"]).all()
    assert (table["mean_recall"] == (table["recall@1"] + table["recall@2"]) / 2).all()


def test_the_table_is_the_means_of_the_queries():
    images, texts, owner, titles = several()
    table = evaluate_crossmodal(images, texts, owner, titles=titles, ks=(1, 3))
    queries = crossmodal_per_query(images, texts, owner, titles=titles, ks=(1, 3))
    assert list(table.index) == ["text to image", "image to text", "mean"]
    assert list(table.columns) == ["recall@1", "recall@3", "mean_recall", "median_rank", "queries"]
    for direction in table.index[:2]:
        part = queries.loc[direction]
        assert table.loc[direction, "recall@3"] == np.mean(part["rank"] <= 3)
        assert table.loc[direction, "median_rank"] == np.median(part["rank"])
        assert table.loc[direction, "queries"] == len(part)
    assert table.loc["mean", "mean_recall"] == pytest.approx(table.iloc[:2, :2].to_numpy().mean())
    assert table.loc["mean", "queries"] == len(images) + len(texts)


def test_recall_is_scikit_learns():
    images, texts, owner, _ = several(20, ties=False)
    table = evaluate_crossmodal(images, texts, owner, ks=(1, 5))
    for k in (1, 5):
        found = NearestNeighbors(n_neighbors=k, metric="cosine").fit(texts).kneighbors(images, return_distance=False)
        hits = (owner[found] == np.arange(20)[:, None]).any(axis=1)
        assert table.loc["image to text", f"recall@{k}"] == pytest.approx(hits.mean())
        # a text has one image, as if images were classes
        right = top_k_accuracy_score(owner, texts @ images.T, k=k, labels=np.arange(20))
        assert table.loc["text to image", f"recall@{k}"] == pytest.approx(right)


def test_a_perfect_space_is_perfect_and_a_point_finds_nothing():
    images = random_units(15)
    owner = np.repeat(np.arange(15), 5)
    perfect = evaluate_crossmodal(images, images[owner], owner)
    assert (perfect[["recall@1", "recall@10", "mean_recall", "median_rank"]] == 1).all(axis=None)
    point = np.repeat(images[:1], 15, axis=0)
    nothing = evaluate_crossmodal(point, point[owner], owner)
    assert (nothing[["recall@1", "recall@10", "mean_recall"]] == 0).all(axis=None)
    assert nothing["median_rank"].tolist() == [15, 71, 43]


def test_duplicates_of_a_negative_and_the_positive_are_a_tie_wherever_they_stand():
    """Products of equal vectors can differ in the last bit with their place in the matrix; none of it may count for us."""
    rng = np.random.default_rng(0)
    base = unit_rows(rng.standard_normal((50, 300)))
    images = np.concatenate([base, base])  # item i and item 50 + i look the same
    table = evaluate_crossmodal(images, unit_rows(images + 0.01 * rng.standard_normal(images.shape)), ks=(1,))
    assert table.loc["text to image", "recall@1"] == 0 and table.loc["text to image", "median_rank"] == 2
    shared = evaluate_crossmodal(images, images, titles=np.tile(np.arange(50), 2), ks=(1,))
    assert (shared["recall@1"] == 1).all()


@given(st.integers(0, 5))
def test_permuted_items_and_rotated_spaces_have_the_same_ranks(seed):
    images, texts, owner, titles = several(15, seed, ties=False)
    before = crossmodal_per_query(images, texts, owner, titles=titles)
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.standard_normal((16, 16)))[0]
    rows, places = rng.permutation(15), rng.permutation(len(texts))
    after = crossmodal_per_query(
        unit_rows(images[rows] @ turned),
        unit_rows(texts[places] @ turned),
        np.argsort(rows)[owner[places]],
        titles=titles[rows],
    )
    np.testing.assert_array_equal(after.loc["image to text", "rank"], before.loc["image to text", "rank"][rows])
    np.testing.assert_array_equal(after.loc["text to image", "rank"], before.loc["text to image", "rank"][places])


@pytest.mark.parametrize(("top", "pairs"), [(1, 1024), (4, 3), (7, 1024), (1000, 1)])
def test_reranking_orders_the_first_anew_and_leaves_the_rest(top, pairs, monkeypatch):
    monkeypatch.setattr("hrlib.evaluation.crossmodal_ranks.PAIRS", pairs)
    images, texts, owner, titles = several(20, 3, ties=False)
    better = np.random.default_rng(1).standard_normal((len(images), len(texts)))
    called = []

    def rerank(image_rows, text_rows):
        assert text_rows.shape == (len(image_rows), text_rows.shape[1]) and text_rows.size <= max(pairs, top)
        called.append(text_rows.size)
        return torch.from_numpy(better[image_rows[:, None], text_rows])

    table = crossmodal_per_query(images, texts, owner, titles=titles, rerank=rerank, top=top)
    scores = images.astype(float) @ texts.T
    for direction, first, second, asked, there in (
        ("image to text", scores, better, titles, titles[owner]),
        ("text to image", scores.T, better.T, titles[owner], titles),
    ):
        for query, rank in enumerate(table.loc[direction, "rank"]):
            order = np.argsort(-first[query])
            head = order[:top][np.argsort(-second[query][order[:top]])]
            whole = there[np.concatenate([head, order[top:]])] == asked[query]
            assert rank == 1 + np.flatnonzero(whole)[0]
    assert sum(called) == len(images) * min(top, len(texts)) + len(texts) * min(top, len(images))


def test_a_reranker_that_ties_all_finds_nothing():
    images = random_units(10)
    table = evaluate_crossmodal(images, images, rerank=lambda i, t: np.zeros(t.shape), top=5, ks=(1, 4, 5))
    assert (table[["recall@1", "recall@4"]] == 0).all(axis=None) and (table["recall@5"] == 1).all()


def test_images_without_a_text_are_in_the_gallery_and_no_queries():
    images, texts = random_units(4), random_units(3, 1)
    table = evaluate_crossmodal(images, texts, [0, 0, 2], ks=(1,))
    assert table["queries"].tolist() == [3, 2, 5]
    queries = crossmodal_per_query(images, texts, [0, 0, 2], ks=(1,))
    assert queries.loc["image to text"].isna().all(axis=1).sum() == 0
    assert queries.loc["image to text", "rank"].isna().tolist() == [False, True, False, True]
    assert evaluate_crossmodal(images, texts, [0, 0, 2], titles=[5, 5, 6, 6], ks=(1,))["queries"].tolist() == [3, 4, 7]


def test_one_pair_and_a_gallery_shorter_than_k():
    one = random_units(1)
    with pytest.warns(UserWarning, match="recall@5 of a gallery of 1 items says nothing"):
        table = evaluate_crossmodal(one, one, ks=(1, 5))
    assert table["recall@1"].tolist() == [1, 1, 1] and table["recall@5"].isna().all()
    assert table["mean_recall"].tolist() == [1, 1, 1] and table["queries"].tolist() == [1, 1, 2]


def test_two_methods_are_compared_by_item():
    rng = np.random.default_rng(0)
    images, owner = random_units(60), np.repeat(np.arange(60), 2)
    texts = [unit_rows(images[owner] + noise * rng.standard_normal((120, 16))) for noise in (0.8, 0.3)]
    by_item = [
        crossmodal_per_query(images, said, owner).groupby(["direction", "item"]).mean().groupby("item").mean()
        for said in texts
    ]
    tables = [evaluate_crossmodal(images, said, owner) for said in texts]
    found = paired_bootstrap(*(table["mean_recall"] for table in by_item), n=500)
    assert found.low > 0 and found.units == 60
    assert found.mean == pytest.approx(tables[1].loc["mean", "mean_recall"] - tables[0].loc["mean", "mean_recall"])


def test_memory_is_that_of_a_chunk(monkeypatch):
    monkeypatch.setattr("hrlib.evaluation.crossmodal_ranks.CELLS", 20_000)
    images = random_units(1000)
    with LargestTensor() as largest:
        table = evaluate_crossmodal(images, images)
    assert largest.elements <= 20_000 and (table["recall@1"] == 1).all()


@pytest.mark.parametrize("kind", [torch.float16, torch.float64, torch.bfloat16])
def test_any_float_type(kind):
    images = torch.nn.functional.normalize(torch.from_numpy(random_units(8)), dim=1).to(kind)
    assert (evaluate_crossmodal(images, images, ks=(1,))["recall@1"] == 1).all()


def test_names_as_titles():
    images = random_units(3)
    table = evaluate_crossmodal(images, images[[1, 0, 2]], titles=pd.Series(["a", "a", "b"]), ks=(1,))
    assert (table["recall@1"] == 1).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"images": np.full((6, 4), np.nan, np.float32)}, "images: 6 of 6 rows hold NaN"),
        ({"texts": random_units(6, dim=8)}, "4 dimensions and the queries 8|8 dimensions and the queries 4"),
        ({"texts": random_units(5, dim=4)}, "6 images and 5 texts: expected as many, or owner"),
        ({"owner": [0, 1, 2]}, r"owner has shape \(3,\)"),
        ({"owner": [0, 1, 2, 3, 4, 6]}, "integers from 0 to 5"),
        ({"owner": [0, 1, 2, 3, 4, -1]}, "integers from 0 to 5"),
        ({"owner": np.zeros(6)}, "of float64"),
        ({"titles": [1, 2]}, r"titles of shape \(2,\)"),
        ({"titles": ["a", None, "b", "c", "d", "e"]}, "1 of them missing"),
        ({"ks": ()}, "ks: "),
        ({"ks": (0, 1)}, "ks: .0, 1., expected integers of 1 or more"),
        ({"top": 0}, "top is 0: expected an integer of 1 or more"),
        ({"chunk": 0}, "chunk is 0"),
        ({"rerank": lambda i, t: np.zeros(len(i))}, r"rerank gave scores of shape \(\d+,\)"),
        ({"rerank": lambda i, t: np.full(t.shape, np.nan)}, "6 of them not finite|36 of them not finite"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"images": random_units(6, dim=4), "texts": random_units(6, 1, dim=4)} | change
    with pytest.raises(hr.HrlibError, match=says):
        evaluate_crossmodal(given.pop("images"), given.pop("texts"), given.pop("owner", None), **given)
