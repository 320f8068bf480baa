import pytest

from hrlib import HrlibError
from hrlib.search.faiss_settings import IndexSettings


def test_auto_goes_by_size():
    kind = IndexSettings().kind
    assert [kind("auto", n) for n in (0, 19_999, 20_000, 1_999_999, 2_000_000)] == [
        "exact",
        "exact",
        "hnsw",
        "hnsw",
        "ivf",
    ]
    assert kind("ivf", 1) == "ivf"


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"probe": 3}, "'probe' is no setting of IndexSettings; did you mean 'probes'"),
        ({"m": "16"}, "m is '16'"),
        ({"m": 1}, "m is 1: expected an integer of 2"),
        ({"ef_search": 0}, "ef_search is 0"),
        ({"delta": -1}, "delta is -1"),
        ({"probes": 0}, "probes is 0"),
    ],
)
def test_bad_settings(settings, says):
    with pytest.raises(HrlibError, match=says):
        IndexSettings.of(settings)
