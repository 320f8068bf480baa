"""How long the explorer takes on the kernel's side to answer a lasso, beside scikit-learn's exact search in the same run.

    python benchmarks/explorer.py --out FOLDER

50,000 random points in 128 dimensions, a lasso around 5,000 of them, k = 12. "lasso" is all that the kernel does from the browser's message
to the new gallery and marks: the table of what is chosen, the neighbours, twelve photos encoded; "filtered" is the same with a filter set,
"select" the table alone. The peer is scikit-learn's NearestNeighbors (brute force, cosine), already fitted, asked with the same mean
vector: the neighbours alone. The floor is one product of the mean with all vectors and the k largest of it. "every pair" asks it with each
of the 5,000 and takes the nearest of all: the naive way.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import torch
from report import line, report, rounds
from sklearn.neighbors import NearestNeighbors

import hrlib as hr
from hrlib.explore import Explorer, Projection

LIMIT = 0.2  # seconds, of issue 4


def made_up(n: int, dim: int, seed: int = 0) -> tuple[hr.Catalogue, np.ndarray]:
    """A catalogue of n items with photos of 64 x 64, in classes of five, and unit vectors of them."""
    rng = np.random.default_rng(seed)
    product = np.arange(n) // 5
    items = pd.DataFrame(
        {
            "id": np.arange(n).astype(str),
            "product": [f"product {number}" for number in product],
            "category": [f"category {number % 20}" for number in product],
            "colour": rng.choice(["red", "green", "blue"], n),
            "caption": [f"the title of item {row}" for row in range(n)],
        }
    )
    photos = hr.ImageStore(rng.integers(0, 255, (100, 64, 64, 3), dtype=np.uint8), np.arange(n) % 100)
    hierarchy = hr.Hierarchy.from_frame(items, ["product", "category"])
    x = (
        rng.standard_normal((n, dim), dtype=np.float32)
        + 2 * rng.standard_normal((20, dim), dtype=np.float32)[product % 20]
    )
    vectors = x / np.linalg.norm(x, axis=1, keepdims=True)
    return hr.Catalogue("made up", items, photos, hierarchy, ("colour",), "caption"), vectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--chosen", type=int, default=5_000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--k", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--naive", action="store_true", help="every pair as well: seconds a round")
    parser.add_argument("--quick", action="store_true", help="2,000 points, 2 rounds: does it run at all")
    parser.add_argument("--out", help="folder for explorer.json")
    options = parser.parse_args()
    if options.quick:
        options.items, options.chosen, options.rounds = 2_000, 200, 2
    torch.set_num_threads(1)
    catalogue, vectors = made_up(options.items, options.dim)
    coordinates = np.ascontiguousarray(vectors[:, :2])  # any places will do: nothing is drawn
    where = Projection(coordinates, "pca", {}, {}, vectors)
    explorer = Explorer(catalogue, {"made up": vectors}, {"made up": where}, k=options.k)
    lasso = np.argsort(((coordinates - coordinates[0]) ** 2).sum(axis=1))[: options.chosen]
    message = {
        "event_type": "plotly_selected",
        "points": {
            "trace_indexes": [1] * len(lasso),
            "point_indexes": lasso.tolist(),
            "xs": coordinates[lasso, 0].tolist(),
            "ys": coordinates[lasso, 1].tolist(),
        },
        "selector": {"type": "lasso", "selector_state": {"xs": [0.0, 1.0, 1.0], "ys": [0.0, 0.0, 1.0]}},
        "device_state": None,
    }
    fitted = NearestNeighbors(n_neighbors=options.k, metric="cosine", algorithm="brute", n_jobs=1)
    fitted.fit(np.delete(vectors, lasso, axis=0))

    def send(filters: dict) -> None:
        explorer.filters = filters
        explorer.history.choices.clear()
        explorer.figure._js2py_pointsCallback = message

    contenders = {
        "scikit-learn": lambda: fitted.kneighbors(explorer.finder.centre(lasso, "made up")[None]),
        "lasso": lambda: send({}),
        "filtered": lambda: send({"colour": "red"}),
        "select": lambda: explorer.finder.select(lasso, "made up", options.k),
        "floor": lambda: np.argpartition(vectors @ -vectors[lasso].mean(axis=0), options.k),
    }
    if options.naive:
        contenders["every pair"] = lambda: [fitted.kneighbors(part) for part in np.array_split(vectors[lasso], 50)]
    times = rounds(contenders, options.rounds)
    found = explorer.finder.select(lasso, "made up", options.k).query("role == 'neighbour'")
    distances, _ = contenders["scikit-learn"]()
    np.testing.assert_allclose(found["distance"], distances[0], atol=1e-5)  # both sides found as near ones
    settings = {"items": options.items, "chosen": options.chosen, "dim": options.dim, "k": options.k}

    def lines(median: dict[str, float]) -> list[dict]:
        what = f"a lasso around {options.chosen:,} of {options.items:,} points"
        peer, floor = ("scikit-learn, the neighbours alone", median["scikit-learn"]), median["floor"]
        ours = {name: median[name] for name in ("lasso", "filtered")}
        return [line(f"{what}, {name}", s, peer, floor, f"under {LIMIT} s", s < LIMIT) for name, s in ours.items()]

    result = report("explorer", times, "scikit-learn", settings, options.out, lines, limit_seconds=LIMIT)
    slowest = max(result["median"][name] for name in ("lasso", "filtered"))
    print(
        f"a lasso is answered within {LIMIT * 1e3:.0f} ms: {'yes' if slowest <= LIMIT else 'NO'} ({slowest * 1e3:.0f} ms)"
    )


if __name__ == "__main__":
    main()
