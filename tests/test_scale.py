"""docs/scale.md shows what the formulas of benchmarks/scale.py say today, and those agreed with what was measured."""

from pathlib import Path

import pandas as pd
import scale

ROOT = Path(__file__).parents[1]


def test_the_table_of_the_docs_is_what_the_formulas_say():
    assert scale.table() in (ROOT / "docs" / "scale.md").read_text()


def test_memory_as_measured_now():
    assert scale.measured_proxies(50, 8) == scale.proxy_bytes(50, 8)
    assert scale.measured_queue(20, 6) == scale.queue_bytes(20, 6)


def test_what_was_measured_is_near_the_arithmetic():
    """Bytes as docs/scale.md says; times are only of the same order."""
    found = pd.read_csv(ROOT / "benchmarks" / "results" / "scale.csv")
    apart = (found["measured"] / found["arithmetic"] - 1).abs().groupby(found["what"].str.extract(r"(\w+)")[0]).max()
    exact = ["proxies", "queues", "pixels", "embeddings"]
    assert (apart[exact] < 0.001).all() and apart["index"] < 0.01 and apart["messages"] < 0.02
    peaks = found[found["what"] == "loss at its peak"]
    assert (peaks["measured"] / peaks["arithmetic"] - 1).abs().max() < 0.07
    seconds = found[found["unit"] == "seconds"]
    assert (seconds["measured"] / seconds["arithmetic"]).between(1 / 3, 3).all() and (found["load"] >= 0).all()
    assert (found.groupby("what").size() >= 3).all()
