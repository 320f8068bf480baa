"""The arithmetic: bytes against what faiss writes, growth against formulas written out, machines by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from hrlib.errors import HrlibError
from hrlib.search.choosing.candidates import Candidate, build, candidates
from hrlib.search.choosing.measure import one_core, size_in_bytes
from hrlib.search.choosing.scale import Machine, at_scale, build_times, bytes_per_vector, grown, growth, slopes
from tests.search.conftest import unit

WIDE = unit(np.random.default_rng(0).standard_normal((2500, 256)))
KINDS = {each.name: each for each in candidates(2500, 256)}


@pytest.mark.parametrize("name", KINDS)
def test_bytes_are_those_that_faiss_writes(name):
    candidate = KINDS[name]
    with one_core():
        written = size_in_bytes(build(Candidate(candidate.kind, candidate.factory, {}), WIDE)) / 2500
    said = bytes_per_vector(candidate.factory, 256, 2500)
    # of product codes each list fills up its last block
    padding = 32 * 64 * 128 / 2 / 2500 if "PQ" in name else 0
    assert 0.99 * said <= written <= 1.01 * said + padding


def test_lists_grow_with_the_root():
    assert grown("IVF64,PQ8x4fsr,RFlat", 4) == "IVF128,PQ8x4fsr,RFlat"
    assert grown("IVF64,Flat", 1 / 4) == "IVF32,Flat" and grown("IVF64,Flat", 1e-9) == "IVF1,Flat"
    assert grown("IVF64,Flat", 1 / 4, 25) == "IVF25,Flat" and grown("IVF64,Flat", 4, 200) == "IVF128,Flat"
    assert grown("PCA64,HNSW32,RFlat", 1e6) == "PCA64,HNSW32,RFlat" and grown("PCA8,IVF3,Flat", 1) == "PCA8,IVF3,Flat"


def test_growth_by_the_laws():
    assert growth(None, 100, 1000) == (10, 10)
    assert growth("nprobe", 100, 400) == (2, 8)
    assert growth("efSearch", 100, 10_000) == pytest.approx((2, 200))
    for effort in (None, "nprobe", "efSearch"):
        assert growth(effort, 5000, 5000) == pytest.approx((1, 1))


def points(**changes) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "family": ["flat", "hnsw", "ivf-flat"],
            "index": ["Flat", "HNSW32,Flat efConstruction=100", "IVF100,Flat"],
            "vectors": 10_000,
            "qps": [1000.0, 10_000, 5000],
            "build_seconds": [0.1, 2.0, 1.0],
        }
    ).assign(**changes)


def test_one_machine_by_hand():
    table = at_scale(points(), 128, [10**6], machine=Machine(gigabytes=64, share=0.5, cores=10), queries_per_second=100)
    assert list(table["index"]) == ["Flat", "HNSW32,Flat efConstruction=100", "IVF1000,Flat"]
    np.testing.assert_allclose(table["bytes_per_vector"], [512, 512 + 12 + 256 + 128 / 31, 512 + 8 + 520 / 1000])
    np.testing.assert_allclose(table["gigabytes"], table["bytes_per_vector"] / 1000)
    # a scan of 1 ms for a hundredth of the vectors; a graph of .1 ms, log 10^6 / log 10^4 longer; lists of .2 ms, ten times longer
    np.testing.assert_allclose(table["core_ms"], [100, 0.15, 2])
    assert (table["shards"] == 1).all()
    assert list(table["machines"]) == [1, 1, 1]  # 100 queries of .1 s are 10 cores
    np.testing.assert_allclose(table["build_core_hours"] * 3600, [10, 2 * 150, 1000])
    assert table["build_core_hours_slope"].isna().all()
    busy = at_scale(points(), 128, [10**6], machine=Machine(64, 0.5, 10), queries_per_second=1000)
    assert list(busy["machines"]) == [10, 1, 1]


def test_a_billion_is_divided():
    table = at_scale(points(), 128, [10**9], machine=Machine(64, 0.75, 16), queries_per_second=10).set_index("family")
    flat, graph = table.loc["flat"], table.loc["hnsw"]
    assert flat["gigabytes"] == 512 and flat["shards"] == math.ceil(512 / 48) == 11
    assert flat["core_ms"] == pytest.approx(1e5), "divided or not, all is scanned"
    assert flat["machines"] == math.ceil(10 * 100 / 16)
    shards = math.ceil((512 + 12 + 256 + 128 / 31) / 48)
    assert graph["shards"] == graph["machines"] == shards
    assert graph["core_ms"] == pytest.approx(shards * 0.1 * math.log(1e9 / shards) / math.log(1e4))


def test_slopes_are_the_powers_that_times_grow_with():
    times = pd.DataFrame(
        {
            "index": ["a"] * 3 + ["b"] * 3,
            "vectors": [10, 100, 1000] * 2,
            "seconds": [1e-3 * n**1.5 for n in (10, 100, 1000)] + [7.0, 70, 700],
        }
    )
    np.testing.assert_allclose(slopes(times), [1.5, 1])
    slope = pd.Series({"Flat": 1.0, "IVF100,Flat": 1.2})
    table = at_scale(points(), 8, [10**6], slope=slope)
    np.testing.assert_allclose(table["build_core_hours_slope"] * 3600, [10, np.nan, 100**1.2])


def test_building_is_timed_at_each_size(clustered):
    tried = [Candidate("hnsw", "HNSW16,Flat", {"efConstruction": 40}), Candidate("ivf-flat", "IVF40,Flat")]
    times = build_times(tried, clustered[0], [250, 1000, 2000])
    assert list(times["index"].unique()) == [each.name for each in tried]
    assert list(times["vectors"]) == [250, 1000, 2000] * 2 and (times["seconds"] > 0).all()
    assert list(slopes(times).index) == [each.name for each in tried]
    assert slopes(times).iloc[0] > 0.5, "a graph of eight times the vectors takes longer, on any machine"


@pytest.mark.parametrize("bad", [{"gigabytes": 0}, {"share": 0}, {"share": 1.5}, {"cores": 0}])
def test_a_machine_that_cannot_be(bad):
    with pytest.raises(HrlibError, match=next(iter(bad))):
        Machine(**bad)
