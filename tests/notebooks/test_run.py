"""Running notebooks for real: small ones that the test writes."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from hrlib import HrlibError
from hrlib.notebooks import find, run
from hrlib.notebooks.run import table

PARAMETERS = 'out_dir: str = "out"  # results\nepochs: int = 1  # passes'
METRICS = 'import json, pathlib\n(pathlib.Path(out_dir) / "metrics.json").write_text(json.dumps({"score": epochs / 2}))'


@pytest.fixture
def write(write_notebook):
    return lambda folder, name, *sources: write_notebook(folder, name, PARAMETERS, *sources)


def test_runs_in_parallel_gathers_metrics_and_shows_the_failing_cell(tmp_path, write):
    folder = tmp_path / "my notebooks"
    threads = 'import os\nassert os.environ["OMP_NUM_THREADS"] == "1" and os.environ["HRLIB_PROGRESS"] == "0"'
    good = write(folder, "01_good", threads, METRICS)
    bad = write(folder, "02_bad", "before = 1", "divided = before / 0", METRICS)
    lines = []
    outcomes = run([good, bad], {"epochs": "3"}, tmp_path / "out dir", jobs=2, tell=lines.append)
    assert [outcome.name for outcome in outcomes] == ["01_good", "02_bad"]
    assert outcomes[0].error is None and outcomes[0].metrics == {"score": 1.5}
    assert "divided = before / 0" in outcomes[1].error and "ZeroDivisionError" in outcomes[1].error
    assert "\x1b" not in outcomes[1].error and outcomes[1].metrics == {}
    assert table(outcomes).to_dict("records") == [{"notebook": "01_good", "metric": "score", "value": 1.5}]
    assert outcomes[0].path.is_file() and outcomes[1].path.is_file()
    assert sum("started" in line for line in lines) == 2 and any("02_bad: FAILED" in line for line in lines)


def test_a_cell_has_a_time_limit(tmp_path, write):
    slow = write(tmp_path, "slow", "import time; time.sleep(60)")
    start = time.perf_counter()
    (outcome,) = run([slow], out=tmp_path / "out", cell_timeout=2)
    assert "longer than 2 s" in outcome.error and time.perf_counter() - start < 40


def test_a_dead_kernel_is_an_outcome_and_old_metrics_are_not_taken(tmp_path, write):
    path = write(tmp_path, "killed", METRICS, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    (tmp_path / "out" / "killed").mkdir(parents=True)
    (tmp_path / "out" / "killed" / "metrics.json").write_text(json.dumps({"old": 1}))
    (outcome,) = run([path], out=tmp_path / "out")
    assert "kernel died" in outcome.error and outcome.metrics == {}


def test_parameters_are_checked_before_anything_starts(tmp_path, write):
    good = write(tmp_path, "good", METRICS)
    with pytest.raises(HrlibError, match="no parameter 'epoch'"):
        run([good], {"epoch": 1}, tmp_path / "out")
    with pytest.raises(HrlibError, match="jobs is 0"):
        run([good], {}, tmp_path / "out", jobs=0)
    with pytest.raises(HrlibError, match="out_dir is set for each notebook"):
        run([good], {"out_dir": "x"}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_metrics_that_are_no_json_fail_that_notebook_only(tmp_path, write):
    bad = write(tmp_path, "bad", METRICS.replace("json.dumps({", "'{' + str({"))
    (outcome,) = run([bad], out=tmp_path / "out")
    assert "metrics.json is no JSON" in outcome.error and outcome.metrics == {}


def test_find(tmp_path, write):
    for name in ("01_one", "02_two", "index"):
        write(tmp_path, name)
    assert [path.stem for path in find((), tmp_path)] == ["01_one", "02_two", "index"]
    assert [path.stem for path in find(["02", "index.ipynb"], tmp_path)] == ["02_two", "index"]
    with pytest.raises(HrlibError, match="2 notebooks begin with '0'"):
        find(["0"], tmp_path)
    with pytest.raises(HrlibError, match="0 notebooks begin with '03'; Known: 01_one, 02_two, index"):
        find(["03"], tmp_path)
    with pytest.raises(HrlibError, match="no notebooks in .*--notebooks"):
        find((), tmp_path / "nowhere")


def test_shell_ctrl_c_leaves_no_kernel(tmp_path, write):
    write(
        tmp_path / "notebooks", "slow", f'open({str(tmp_path / "began")!r}, "w").close()\nimport time; time.sleep(120)'
    )
    command = [
        sys.executable,
        "-m",
        "hrlib.notebooks",
        "--notebooks",
        str(tmp_path / "notebooks"),
        "--out",
        str(tmp_path / "out"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.time() + 60
    while not (tmp_path / "began").exists() and time.time() < deadline:
        time.sleep(0.2)
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=40) == 130 and "interrupted" in process.stderr.read()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive
