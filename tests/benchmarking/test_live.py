"""What people see while it runs."""

import pytest

from hrlib.benchmarking import plan
from hrlib.benchmarking.live import Live


@pytest.fixture
def specs(shop, budget):
    return plan(["proxy-anchor", "hpl-proxy-anchor"], {"tiny": shop}, 2, **budget).specs


def test_the_table_has_the_means_of_what_is_done(done, specs, tmp_path):
    folder, results = done
    table = Live(specs, folder).table()
    for loss, row in results.leaderboard("tiny").iterrows():
        assert table.loc[loss, "tiny"] == f"{row['mean']:.4f} (2)"
    assert Live(specs, tmp_path).table().empty


def test_a_line_a_run(done, specs, capsys, monkeypatch):
    live = Live(specs, done[0])
    monkeypatch.setenv("HRLIB_PROGRESS", "0")
    live.tell(specs[0], None, 1, 4, 60.0)
    assert not capsys.readouterr().out
    monkeypatch.setenv("HRLIB_PROGRESS", "1")
    live.tell(specs[0], None, 1, 4, 60.0)
    live.tell(specs[1], "ValueError: no", 2, 4, 60.0)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("1/4 tiny, proxy-anchor, seed 0: map@r 0.") and first.endswith("3 min left")
    assert second == "2/4 tiny, hpl-proxy-anchor, seed 0: FAILED: ValueError: no; 1 min left"
