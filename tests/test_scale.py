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
    """Bytes to a hundredth, what libraries lay out themselves to a tenth; times are only of the same order."""
    found = pd.read_csv(ROOT / "benchmarks" / "results" / "scale.csv")
    ratio = found["measured"] / found["arithmetic"]
    exact = found["what"].isin(["proxies", "queues", "pixels", "embeddings"])
    assert (ratio[exact] - 1).abs().max() < 0.01
    assert (ratio[found["unit"].str.startswith("bytes")] - 1).abs().max() < 0.1
    assert ratio[found["unit"] == "seconds"].between(1 / 3, 3).all()
    assert (found.groupby("what").size() >= 3).all()
