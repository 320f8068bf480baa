"""What every store must do. A store's own test file makes a class of `Conformance` with a fixture `make`, and calls `check_any_order`."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from hrlib import HrlibError
from hrlib.search import Hits, Store

DIM = 8
SEASONS = ["Summer", "Fall", "Winter", None]


def unit(n: int, seed: int = 0, dim: int = DIM) -> np.ndarray:
    """(n, dim) random unit vectors."""
    x = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


class Model:
    """The oracle: a dict, searched by loops."""

    def __init__(self):
        self.items: dict = {}

    def upsert(self, ids, vectors, metadata=None):
        for row, one in enumerate(ids):
            given = {name: values[row] for name, values in (metadata or {}).items()}
            self.items[one] = vectors[row], {name: value for name, value in given.items() if value is not None}

    def delete(self, ids):
        return sum(self.items.pop(one, None) is not None for one in ids)

    def matching(self, where):
        return {
            one
            for one, (_, values) in self.items.items()
            if all(_meets(values, *rule) for rule in (where or {}).items())
        }

    def similar(self, query, where=None):
        return {one: float(np.dot(self.items[one][0].astype(np.float64), query)) for one in self.matching(where)}


def _meets(values, name, wanted):
    if name not in values:
        return False
    if isinstance(wanted, tuple):
        low, high = wanted
        return (low is None or values[name] >= low) and (high is None or values[name] <= high)
    return values[name] in (wanted if isinstance(wanted, list) else [wanted])


def check_hits(hits: Hits, model: Model, queries: np.ndarray, k: int | None = None, where=None, similarity=-math.inf):
    """The hits are the best k, with their own scores, best first; of equal ones any may come."""
    assert len(hits.ids) == len(hits.scores) == len(queries)
    for ids, scores, query in zip(hits.ids, hits.scores, queries, strict=True):
        expected = model.similar(query, where)
        best = sorted((score for score in expected.values() if score >= similarity), reverse=True)[:k]
        assert len(set(map(_typed, ids))) == len(ids) == len(best)
        assert scores.dtype == np.float32 and scores.shape == (len(best),)
        np.testing.assert_allclose(scores, best, atol=1e-5)
        np.testing.assert_allclose(scores, [expected[one] for one in ids], atol=1e-5)
        assert all(type(one) in (str, int) for one in ids)


def _typed(one):
    return type(one), one


def check_same(store: Store, model: Model):
    """The store holds what the model holds."""
    assert sorted(map(_typed, store.ids()), key=repr) == sorted(map(_typed, model.items), key=repr)
    assert store.count() == len(store) == len(model.items)
    ids = list(model.items)
    vectors, table = store.get(ids)
    np.testing.assert_array_equal(vectors, np.array([model.items[one][0] for one in ids]).reshape(-1, vectors.shape[1]))
    assert list(table.index) == ids
    for one, row in zip(ids, table.to_dict("records"), strict=True):
        assert {name: value for name, value in row.items() if not pd.isna(value)} == model.items[one][1]


class Conformance:
    """Every test gets `make`, a function of a dimension that gives an empty store."""

    @pytest.fixture
    def make(self, tmp_path) -> Callable[[int], Store]:
        raise NotImplementedError

    @pytest.fixture
    def filled(self, make):
        """A store and its model: 40 items, half of the ids text."""
        store, model = make(DIM), Model()
        ids = [f"item {number}" if number % 2 else number for number in range(40)]
        metadata = {
            "season": [SEASONS[number % 4] for number in range(40)],
            "price": [None if number % 5 == 0 else number / 2 for number in range(40)],
            "stock": [None if number % 7 == 0 else number for number in range(40)],
            "new": [[True, False, None][number % 3] for number in range(40)],
        }
        for target in (store, model):
            target.upsert(ids, unit(40), metadata)
        return store, model

    def test_an_empty_store(self, make, tmp_path):
        store = make(DIM)
        for hits in (store.search(unit(2)), store.range_search(unit(2), 0.5)):
            assert hits.ids == [[], []] and [len(scores) for scores in hits.scores] == [0, 0]
        assert (store.ids(), store.count(), len(store), store.delete(["a"])) == ([], 0, 0, 0)
        vectors, table = store.get([])
        assert vectors.shape == (0, DIM) and len(table) == 0
        store.upsert([], np.empty((0, DIM)))
        assert store.count() == 0
        assert type(store).open(store.save(tmp_path / "saved")).count() == 0

    @pytest.mark.parametrize("k", [1, 3, 39, 40, 41, 1000])
    def test_search_finds_the_best(self, filled, k):
        store, model = filled
        check_hits(store.search(unit(5, 1), k), model, unit(5, 1), k)

    def test_one_query_none_and_k_of_none(self, filled):
        store, model = filled
        check_hits(store.search(unit(1, 1)[0]), model, unit(1, 1), 10)
        assert store.search(unit(2), 0).ids == [[], []]
        assert store.search(np.empty((0, DIM), np.float32)).ids == []
        check_hits(store.search(torch.from_numpy(unit(2, 1)).double(), 3), model, unit(2, 1), 3)

    @pytest.mark.parametrize(
        "where",
        [
            {},
            {"season": "Summer"},
            {"season": ["Summer", "Winter"]},
            {"season": ["Summer", "Nowhere"]},
            {"season": "Nowhere"},
            {"season": []},
            {"season": ("Fall", "Summer")},
            {"price": (0, 5)},
            {"price": (2.5, None)},
            {"price": (None, 2.5)},
            {"price": (None, None)},
            {"price": (9, 3)},
            {"price": 1.5},
            {"stock": 3},
            {"stock": (2.5, 6.5)},
            {"stock": 2.5},
            {"stock": [1, 2, 3.0]},
            {"stock": (float("-inf"), 4)},
            {"new": True},
            {"new": [False]},
            {"season": "Fall", "price": (0, 12), "new": [True, False]},
            {"stock": 8},
        ],
        ids=repr,
    )
    def test_filters_are_exact(self, filled, where):
        store, model = filled
        assert store.count(where) == len(model.matching(where))
        check_hits(store.search(unit(3, 1), 4, where), model, unit(3, 1), 4, where)
        check_hits(store.range_search(unit(3, 1), 0.1, where), model, unit(3, 1), None, where, 0.1)

    @pytest.mark.parametrize(
        "where, says",
        [
            ({"saeson": "Summer"}, "'saeson' is no column.*did you mean 'season'"),
            ({"season": 3}, "'season' holds text values; got 3"),
            ({"price": "3"}, "'price' holds float values; got '3'"),
            ({"stock": True}, "'stock' holds integer values; got True"),
            ({"new": 1}, "'new' holds boolean values; got 1"),
            ({"season": None}, "missing values never do"),
            ({"season": ["Fall", None]}, "missing values never do"),
            ({"price": float("nan")}, "missing values never do"),
            ({"price": (1, 2, 3)}, "a tuple is a range"),
            ({"price": ("a", 3)}, "'price' holds float values; got 'a'"),
            ({"price": [[1]]}, "'price' holds float values; got \\[1\\]"),
            ("season", "expected a mapping"),
            ("", "expected a mapping"),
            ([], "expected a mapping"),
        ],
        ids=repr,
    )
    def test_filters_that_make_no_sense_are_refused(self, filled, where, says):
        store, _ = filled
        for use in (
            store.count,
            lambda where: store.search(unit(1), 3, where),
            lambda w: store.range_search(unit(1), 0, w),
        ):
            with pytest.raises(HrlibError, match=says):
                use(where)

    def test_range_search(self, filled):
        store, model = filled
        for similarity in (-1.1, -0.2, 0, 0.35, 0.7, 1.1):
            found = store.range_search(unit(4, 2), similarity)
            check_hits(found, model, unit(4, 2), None, None, similarity)

    def test_ids_of_two_types_are_not_mixed_up(self, make):
        store, x = make(DIM), unit(3)
        store.upsert([1, "1", "01"], x)
        assert [store.search(one, 1).ids[0][0] for one in x] == [1, "1", "01"]
        assert store.delete([1]) == 1
        assert sorted(store.ids()) == ["01", "1"]
        np.testing.assert_array_equal(store.get(["1"])[0], x[1:2])

    def test_ids_of_odd_characters_and_sizes(self, make, tmp_path):
        ids = [
            "",
            " ",
            "ä/ö\\ü",
            "a'b\"c",
            "' or 1 == 1",
            "a\nb\tc",
            "名前",
            "🙂",
            "%s {x}",
            -1,
            0,
            2**63 - 1,
            -(2**63),
        ]
        store, x = make(DIM), unit(13)
        store.upsert(ids, x)
        for other in (type(store).open(store.save(tmp_path / "a folder")), store):
            assert [other.search(one, 1).ids[0][0] for one in x] == ids
            np.testing.assert_array_equal(other.get(ids)[0], x)
        assert store.delete(ids) == 13 and store.count() == 0

    def test_ids_of_numpy_and_pandas_come_back_as_pythons(self, make):
        store = make(DIM)
        store.upsert(np.array([5, 6]), unit(2))
        store.upsert(pd.Series(["a", "b"]), unit(2, 1))
        store.upsert([np.int32(7), np.str_("c")], unit(2, 2))
        assert {_typed(one) for one in store.ids()} == {
            (int, 5),
            (int, 6),
            (int, 7),
            (str, "a"),
            (str, "b"),
            (str, "c"),
        }

    @pytest.mark.parametrize(
        "ids, says",
        [
            ([True, "a"], "id True .bool.: expected strings or integers"),
            ([b"a", "b"], "bytes"),
            ([1.0, 2.0], "float"),
            ([None, "a"], "NoneType"),
            ([("a",), "b"], "tuple"),
            ([2**63, 1], "more than 64 bits"),
            (["\ud800", "a"], "no valid text"),
            ("ab", "put a single one into a list"),
            (7, "put a single one into a list"),
            (np.array([True, False]), "bool"),
        ],
        ids=repr,
    )
    def test_bad_ids_are_refused(self, filled, ids, says):
        store, model = filled
        for use in (lambda: store.upsert(ids, unit(2)), lambda: store.delete(ids), lambda: store.get(ids)):
            with pytest.raises(HrlibError, match=says):
                use()
        check_same(store, model)

    def test_bad_vectors_are_refused_and_nothing_is_changed(self, filled):
        store, model = filled
        nan, long = unit(2), unit(2) * 1.01
        nan[1, 3] = np.nan
        bad = [
            (unit(2, dim=DIM + 1), "9 dimensions and the store has 8"),
            (nan, "NaN or infinity"),
            (long, "not of unit length"),
            (np.zeros((2, DIM), np.float32), "not of unit length"),
            (np.eye(DIM, dtype=int)[:2], "expected .N, D. floats"),
            (unit(2)[None], "expected .N, D. floats"),
        ]
        for vectors, says in bad:
            for use in (lambda v: store.upsert([0, "x"], v), store.search, lambda v: store.range_search(v, 0.5)):
                with pytest.raises(HrlibError, match=says):
                    use(vectors)
        with pytest.raises(HrlibError, match="2 ids and 3 vectors"):
            store.upsert([0, "x"], unit(3))
        with pytest.raises(HrlibError, match="1 ids are there more than once: 'x'"):
            store.upsert(["x", 0, "x"], unit(3))
        check_same(store, model)

    @pytest.mark.parametrize("k", [-1, 1.0, True, None, "3"])
    def test_bad_k(self, filled, k):
        with pytest.raises(HrlibError, match="k is .*expected an integer of 0 or more"):
            filled[0].search(unit(1), k)

    @pytest.mark.parametrize("similarity", [None, "a", True, float("nan")])
    def test_bad_similarity(self, filled, similarity):
        with pytest.raises(HrlibError, match="similarity is .*expected a number"):
            filled[0].range_search(unit(1), similarity)

    @pytest.mark.parametrize(
        "metadata, says",
        [
            ({"season": ["a"]}, "'season' has 1 values for 2 items"),
            ({"season": "ab"}, "expected a list of 2 values"),
            ({"season": [1, 2]}, "'season' holds text values and integer ones were given"),
            ({"stock": [1.5, 2]}, "'stock' holds integer values and float ones"),
            ({"stock": [1e30, 2.0]}, "'stock' holds integer values and float ones"),
            ({"other": [1, "a"]}, "'other' holds mixed-integer values"),
            ({"other": [b"a", b"b"]}, "'other' holds bytes values"),
            ({"other": [[1], [2]]}, "'other' holds mixed values"),
            ({"other": [2**63, 1]}, "no integer of 64 bits"),
            ({"other": ["\udc00", "a"]}, "no valid text"),
            ({"": [1, 2]}, "expected a name"),
            ({3: [1, 2]}, "expected a name"),
            (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), "two columns are called 'a'"),
            ([1, 2], "expected a DataFrame, or a mapping"),
        ],
        ids=repr,
    )
    def test_bad_metadata_are_refused_and_nothing_is_changed(self, filled, metadata, says):
        store, model = filled
        with pytest.raises(HrlibError, match=says):
            store.upsert([0, "x"], unit(2), metadata)
        check_same(store, model)

    def test_upsert_replaces_an_item_as_a_whole(self, filled):
        store, model = filled
        for target in (store, model):
            target.upsert([2, "item 3", "more"], unit(3, 5), {"season": ["Fall", None, "Fall"]})
            target.upsert([4], unit(1, 6))
        check_same(store, model)
        check_hits(store.search(unit(3, 5), 50), model, unit(3, 5), 50)
        for where in ({"season": "Fall"}, {"price": (0, 5)}):
            check_hits(store.search(unit(3, 5), 50, where), model, unit(3, 5), 50, where)

    def test_delete(self, filled):
        store, model = filled
        assert store.delete([0, 2, 2, "nobody", 1, "0"]) == model.delete([0, 2]) == 2
        assert store.delete([0]) == 0
        check_same(store, model)
        check_hits(store.search(unit(40), 3), model, unit(40), 3)
        for target in (store, model):
            target.upsert([0], unit(1, 9))
        check_same(store, model)
        store.delete(store.ids())
        assert store.search(unit(1)).ids == [[]] and store.count() == 0

    def test_get(self, filled):
        store, model = filled
        vectors, table = store.get(["item 7", 0, "item 7"])
        np.testing.assert_array_equal(vectors, [model.items[one][0] for one in ("item 7", 0, "item 7")])
        assert vectors.dtype == np.float32
        assert list(table.index) == ["item 7", 0, "item 7"] and list(table.columns) == [
            "season",
            "price",
            "stock",
            "new",
        ]
        assert [str(dtype) for dtype in table.dtypes] == ["object", "float64", "Int64", "boolean"]
        assert table["season"].tolist() == [None, "Summer", None] and table["stock"].isna().all()
        vectors[:] = 0  # a copy: the store does not change
        check_same(store, model)
        with pytest.raises(HrlibError, match="2 ids are not in the store: '0', 99"):
            store.get([0, "0", 99])

    def test_columns_may_come_later_and_their_types_stay(self, make, tmp_path):
        store, model = make(DIM), Model()
        for target in (store, model):
            target.upsert(["a", "b"], unit(2))
            target.upsert(["c"], unit(1, 2), {"size": [None]})
            target.upsert(["d", "e"], unit(2, 3), {"size": [4, None], "weight": [1.5, None]})
            target.upsert(["f"], unit(1, 4), {"weight": [2]})
        store.upsert(
            ["g"], unit(1, 5), pd.DataFrame({"size": [5.0]}, index=["any"])
        )  # as pandas has integers beside NaN
        model.upsert(["g"], unit(1, 5), {"size": [5]})
        for other in (store, type(store).open(store.save(tmp_path / "saved"))):
            check_same(other, model)
            assert other.stats()["columns"] == {"size": "integer", "weight": "float"}
            check_hits(other.search(unit(1), 9, {"size": (4, 5)}), model, unit(1), 9, {"size": (4, 5)})

    def test_save_and_open(self, filled, tmp_path):
        store, model = filled
        for target in (store, model):
            target.delete([0, "item 1"])
        folder = tmp_path / "a path with spaces" / "key=value"
        assert Path(store.save(str(folder))) == folder
        opened = type(store).open(folder)
        check_same(opened, model)
        for where in (None, {"season": "Fall"}, {"price": (1, 9)}):
            check_hits(opened.search(unit(3, 1), 7, where), model, unit(3, 1), 7, where)
        opened.upsert(["after"], unit(1, 8), {"season": ["Spring"]})
        assert store.count() == len(model.items), "the saved store and the opened one are two"
        model.upsert(["after"], unit(1, 8), {"season": ["Spring"]})
        check_same(type(store).open(opened.save(folder)), model)

    def test_opening_what_is_no_store(self, make, tmp_path):
        for folder in (tmp_path / "nowhere", tmp_path):
            with pytest.raises(HrlibError, match="no store"):
                type(make(DIM)).open(folder)

    def test_stats_are_facts_for_people(self, filled):
        stats = filled[0].stats()
        assert json.loads(json.dumps(stats)) == stats
        assert (stats["count"], stats["dim"]) == (40, DIM) and "index" in stats
        assert stats["columns"] == {"season": "text", "price": "float", "stock": "integer", "new": "boolean"}


IDS = st.one_of(st.integers(0, 12), st.integers(0, 12).map(str))
WHERE = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.one_of(st.sampled_from("rgb"), st.lists(st.sampled_from("rgb"), max_size=2)),
        "price": st.tuples(st.none() | st.integers(-3, 3), st.none() | st.integers(-3, 3)),
    },
)


def check_any_order(make: Callable[[], Store], folder: Path, examples: int, steps: int = 25) -> None:
    """Any upserts, deletes, searches, saves and openings, up to `steps` of them: the store and a dict agree.

    Args:
        make: gives an empty store of 3 dimensions. folder: where it is saved to. examples: how many orders are tried.
    """
    numbers = itertools.count()

    class Machine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.store, self.model = make(), Model()
            start = {"colour": ["r"], "price": [0]}  # both columns are there
            for target in (self.store, self.model):
                target.upsert(["start"], unit(1, dim=3), start)

        @rule(ids=st.lists(IDS, max_size=8, unique_by=_typed), seed=st.integers(0, 999), draw=st.data())
        def upsert(self, ids, seed, draw):
            values = {"colour": st.sampled_from([*"rgb", None]), "price": st.none() | st.integers(-3, 3)}
            names = draw.draw(st.sets(st.sampled_from(sorted(values))))
            metadata = {name: [draw.draw(values[name]) for _ in ids] for name in sorted(names)}
            for target in (self.store, self.model):
                target.upsert(ids, unit(len(ids), seed, 3), metadata)

        @rule(ids=st.lists(IDS, max_size=8, unique_by=_typed))
        def delete(self, ids):
            assert self.store.delete(ids) == self.model.delete(ids)

        @rule(seed=st.integers(0, 999), k=st.integers(0, 30), where=WHERE)
        def search(self, seed, k, where):
            check_hits(self.store.search(unit(2, seed, 3), k, where), self.model, unit(2, seed, 3), k, where)

        @rule(seed=st.integers(0, 999), similarity=st.floats(-1, 1), where=WHERE)
        def range_search(self, seed, similarity, where):
            query = unit(1, seed, 3)
            # one within rounding of the limit may be in or out
            if all(abs(score - similarity) > 1e-5 for score in self.model.similar(query[0], where).values()):
                found = self.store.range_search(query, similarity, where)
                check_hits(found, self.model, query, None, where, similarity)

        @rule()
        def save_and_open(self):
            self.store = type(self.store).open(self.store.save(folder / f"store {next(numbers)}"))

        @invariant()
        def same(self):
            check_same(self.store, self.model)

    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=steps))
