"""A store that is traded in until its process is killed, and how to tell whether what it left is whole."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tests.stress.trainee import kill_at

ITEMS, DIM = 60, 8


def vector_of(item: int, generation: int) -> np.ndarray:
    """The unit vector of an item in a generation, (DIM,) float32."""
    x = np.random.default_rng([item, generation]).standard_normal(DIM).astype(np.float32)
    return x / np.linalg.norm(x)


def trade(folder: str, log: str, kind: str, deadly: tuple[str, int] | None = None) -> None:
    """Save one generation of the items after the other, each in the log once it is saved; goes on from what is there.

    A generation takes several updates, between which the items are of two generations: only whole ones are saved.
    """
    from hrlib.search import FaissStore

    if Path(folder).exists():
        store = FaissStore.open(folder)
        generation = generation_of(store)
    else:
        store, generation = FaissStore(DIM, kind, m=4, ef_construction=16, delta=10), -1
    if deadly:
        kill_at(*deadly)
    with open(log, "a") as file:
        while True:
            generation += 1
            store.delete([f"{generation - 1} was here"])
            for start in range(0, ITEMS, 20):
                items = list(range(start, start + 20))
                vectors = np.array([vector_of(item, generation) for item in items])
                store.upsert(
                    items, vectors, {"generation": [generation] * 20, "item": [f"number {item}" for item in items]}
                )
            store.upsert([f"{generation} was here"], vector_of(-1 % 1000, generation)[None])
            store.save(folder)
            file.write(f"{generation}\n")
            file.flush()
            os.fsync(file.fileno())


def generation_of(store) -> int:
    """The generation that a store holds, checked to be whole: the ids, vectors and metadata of one, found by a search."""
    (generation,) = {int(one.split()[0]) for one in store.ids() if isinstance(one, str)}
    items = list(range(ITEMS))
    assert sorted(one for one in store.ids() if isinstance(one, int)) == items and len(store) == ITEMS + 1
    vectors, table = store.get(items)
    expected = np.array([vector_of(item, generation) for item in items])
    np.testing.assert_array_equal(vectors, expected)
    assert set(table["generation"]) == {generation}
    assert table["item"].tolist() == [f"number {item}" for item in items]
    hits = store.search(expected, 1, {"generation": generation})
    assert hits.ids == [[item] for item in items]
    assert min(map(min, hits.scores)) > 1 - 1e-5
    return generation
