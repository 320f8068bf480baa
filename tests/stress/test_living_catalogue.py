"""Searches beside updates: no wrong id, nothing deleted, nothing half changed; recall and memory hold while the catalogue lives."""

import threading
import time

import numpy as np
import psutil
import pytest

from hrlib.search import FaissStore

DIM, K, READERS = 32, 10, 4
CENTRES = np.random.default_rng(99).standard_normal((50, DIM))


def vectors_of(ids, versions):
    """The unit vectors of items in versions of them, (N, DIM) float32, around 50 centres."""
    rngs = [np.random.default_rng([one, version]) for one, version in zip(ids, versions, strict=True)]
    x = np.array([CENTRES[rng.integers(50)] + 0.6 * rng.standard_normal(DIM) for rng in rngs]).reshape(-1, DIM)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


class Shop:
    """A store and what it should hold. One thread writes; readers check what they find against what they know for sure."""

    def __init__(self, kind, searches):
        self.store = FaissStore(DIM, kind, m=16, ef_construction=40, ef_search=64, lists=64, probes=16, delta=500)
        self.versions: dict[int, int] = {}  # of what is there; a version is known before it is put in
        self.gone: list[int] = []  # in the order in which their deletion returned; an id never comes back
        self.next, self.rng = 0, np.random.default_rng(0)
        self.searches, self.errors = searches, []

    def write(self, upserts, deletes):
        """Some more traffic: new items, changed ones and deletions, one to fifty at a time."""
        while upserts > 0 or deletes > 0:
            size, living = int(self.rng.choice([1, 1, 5, 50])), list(self.versions)
            if deletes > 0 and len(living) > 100 and self.rng.random() < deletes / (upserts + deletes):
                ids = self.rng.choice(living, min(size, deletes), replace=False).tolist()
                assert self.store.delete(ids) == len(ids)
                self.gone += ids
                for one in ids:
                    del self.versions[one]
                deletes -= len(ids)
            else:
                size = min(size, upserts)
                changed = self.rng.choice(living, min(len(living), size // 5), replace=False).tolist() if living else []
                ids = changed + list(range(self.next, self.next + size - len(changed)))
                self.next += size - len(changed)
                versions = [self.versions.get(one, -1) + 1 for one in ids]
                self.versions.update(zip(ids, versions, strict=True))
                self.store.upsert(ids, vectors_of(ids, versions), {"number": ids, "version": versions})
                upserts -= size

    def read(self, seed):
        try:
            rng = np.random.default_rng(seed)
            for number in range(self.searches // READERS):
                self.check_search(vectors_of([10**6 + seed], [number]), rng)
                if number % 10 == 0:
                    self.check_get(rng)
        except BaseException as error:
            self.errors.append(error)
            raise

    def check_search(self, query, rng):
        gone = len(self.gone)
        where = [None, None, {"number": (0, self.next * 0.3)}, {"version": 1}][rng.integers(4)]
        (ids,), (scores,) = (hits := self.store.search(query, K, where)).ids, hits.scores
        assert len(set(ids)) == len(ids) == len(scores) and (np.diff(scores) <= 0).all()
        assert not set(ids) & set(self.gone[:gone]), "deleted before the search began"
        if where and "number" in where:
            assert all(one <= where["number"][1] for one in ids)
        for one, score in zip(ids, scores, strict=True):
            # the writer may have gone on since: a score must be that of a version, and of version 1 where that was asked for
            versions = [1] if where == {"version": 1} else range(self.versions.get(one, 20) + 1)
            own = vectors_of([one] * len(versions), versions) @ query[0]
            assert abs(own - score).min() < 1e-5, "a score that is of no vector of this id"

    def check_get(self, rng):
        if self.versions:
            one = int(rng.integers(self.next))
            try:
                vector, table = self.store.get([one])
            except ValueError as error:
                assert str(one) in str(error)  # it is deleted, or not yet there
                return
            assert table["number"].item() == one
            np.testing.assert_array_equal(vector, vectors_of([one], [table["version"].item()]))

    def check_recall(self):
        """Against a search of what should be there, while nobody writes."""
        ids = np.array(list(self.versions))
        assert sorted(self.store.ids()) == sorted(ids.tolist())
        x = vectors_of(ids.tolist(), [self.versions[one] for one in ids.tolist()])
        queries = vectors_of([10**7] * 100, range(100))
        nearest = ids[np.argsort(-(queries @ x.T), axis=1)[:, :K]]
        found = self.store.search(queries, K).ids
        assert all(len(one) == K for one in found)
        return np.mean([len(set(a) & set(b)) / K for a, b in zip(nearest.tolist(), found, strict=True)])


@pytest.mark.parametrize(
    "kind, part",
    [
        pytest.param("hnsw", 10, id="hnsw, a tenth"),
        pytest.param("hnsw", 1, id="hnsw", marks=pytest.mark.stress),
        pytest.param("ivf", 1, id="ivf", marks=pytest.mark.stress),
        pytest.param("exact", 1, id="exact", marks=pytest.mark.stress),
    ],
)
def test_searches_beside_updates(kind, part):
    upserts, deletes, searches, checks = 50_000 // part, 20_000 // part, 20_000 // part, 10 if part == 1 else 4
    shop = Shop(kind, searches)
    shop.write(200, 0)  # so that there is something to find
    readers = [threading.Thread(target=shop.read, args=(seed,)) for seed in range(READERS)]
    for reader in readers:
        reader.start()
    memory, recalls, start = [], [], time.monotonic()
    for number in range(checks):
        if number == checks - 1:
            busy = sum(reader.is_alive() for reader in readers)
        shop.write(upserts // checks, deletes // checks)
        recalls.append(shop.check_recall())
        stats = shop.store.stats()
        memory.append((psutil.Process().memory_info().rss, stats["bytes"] / stats["count"]))
    for reader in readers:
        reader.join()
    assert not shop.errors
    print(
        f"{kind}: {time.monotonic() - start:.0f} s, {busy} readers to the end, recall {np.round(recalls, 3).tolist()}, {memory}"
    )
    assert min(recalls) >= 0.95
    shop.store.wait()
    assert shop.check_recall() >= 0.95
    stats = shop.store.stats()
    assert stats["gone"] <= max(500, (stats["indexed"] + stats["new"]) // 4) and stats["built"] == kind
    # a vector has 128 bytes, with HNSW's links or IVF's copy 270; a quarter gone and room to grow at most double that
    assert stats["bytes"] <= 2 * 270 * stats["count"]
    assert memory[-1][0] - memory[0][0] < 200 * 2**20
