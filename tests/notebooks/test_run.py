"""Running notebooks for real: small ones that the test writes."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
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
    # where it is swept if the kernel is killed
    address = 'from ipykernel.connect import get_connection_file\nassert ".hrlib-kernel-" in get_connection_file()'
    good = write(folder, "01_good", threads, address, METRICS)
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


def test_find_prefers_the_name_itself_and_finds_each_once(tmp_path, write):
    for name in ("index", "index_2", "1.5_half"):
        write(tmp_path, name)
    assert [path.stem for path in find(["index"], tmp_path)] == ["index"]
    assert [path.stem for path in find(["index_", "index_2", "1.5"], tmp_path)] == ["index_2", "1.5_half"]


def test_notebooks_of_one_name_are_refused(tmp_path, write):
    paths = [write(tmp_path / folder, "same") for folder in ("a", "b")]
    with pytest.raises(HrlibError, match="same is there twice"):
        run(paths, out=tmp_path / "out")


def test_odd_notebooks_do_not_stop_the_others(tmp_path, write):
    cell = nbformat.v4.new_code_cell("print('no parameters here')")
    notebooks = {"bare": nbformat.v4.new_notebook(cells=[cell]), "empty": nbformat.v4.new_notebook()}
    for name, notebook in notebooks.items():
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    language = {"kernelspec": {"name": "julia-9", "display_name": "Julia", "language": "julia"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=language), tmp_path / "julia.ipynb")
    good = write(tmp_path, "good", METRICS)
    with pytest.raises(
        HrlibError, match="bare takes no parameters, but 'epochs' is given: it has no cell with the tag `parameters`"
    ):
        run([tmp_path / "bare.ipynb"], {"epochs": 1}, tmp_path / "out")
    found = run([*(tmp_path / f"{name}.ipynb" for name in notebooks), good], out=tmp_path / "out", jobs=2)
    assert [outcome.error for outcome in found] == [None] * 3
    assert [outcome.metrics for outcome in found] == [{}, {}, {"score": 0.5}]


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b"[]", b"\xff\xfe"], ids=ascii)
def test_files_that_are_no_notebooks_are_named(tmp_path, content):
    (tmp_path / "odd.ipynb").write_bytes(content)
    with pytest.raises(HrlibError, match=r"odd\.ipynb cannot be read as a notebook .*: mend or remove it"):
        run([tmp_path / "odd.ipynb"], out=tmp_path / "out")
    with pytest.raises(HrlibError, match=r"nowhere\.ipynb cannot be read as a notebook"):
        run([tmp_path / "nowhere.ipynb"], out=tmp_path / "out")


def test_folders_are_relative_to_where_the_user_stands(tmp_path, write_notebook, monkeypatch):
    parameters = 'out_dir: str = "out"  # results\ndata_dir: str = ""  # photos\nname: str = ""  # any'
    source = (
        "import json, os, pathlib\n"
        "facts = dict(data_dir=data_dir, name=name, **{key: os.environ[key] for key in ('HRLIB_DATA', 'HRLIB_CACHE')})\n"
        "(pathlib.Path(out_dir) / 'metrics.json').write_text(json.dumps(facts))"
    )
    path = write_notebook(tmp_path / "notebooks", "where", parameters, source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HRLIB_DATA", "real data")
    monkeypatch.setenv("HRLIB_CACHE", "a cache")
    (outcome,) = run([path.relative_to(tmp_path)], {"data_dir": "my data", "name": "my data"}, "out")
    expected = {"data_dir": "my data", "HRLIB_DATA": "real data", "HRLIB_CACHE": "a cache"}
    assert outcome.metrics == {key: str(tmp_path / value) for key, value in expected.items()} | {"name": "my data"}
    (outcome,) = run([path], {}, "out")
    assert outcome.metrics["data_dir"] == "", "an empty folder means none"


def test_run_json_says_how_it_was_made(tmp_path, write):
    run([write(tmp_path, "good", METRICS)], {"epochs": 4}, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "good" / "run.json").read_text())
    assert record["parameters"] == {"epochs": 4, "out_dir": str(tmp_path / "out" / "good")}
    assert record["error"] is None and record["seconds"] > 0 and record["versions"]["torch"]


def test_a_killed_process_is_an_outcome(tmp_path, write):
    path = write(
        tmp_path, "killed", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time; time.sleep(60)"
    )
    (outcome,) = run([path], out=tmp_path / "out")
    assert outcome.error == "its process was killed (exit code -9): was there memory enough?" and outcome.metrics == {}


def test_a_script_needs_no_main_guard(tmp_path, write):
    path = write(tmp_path / "notebooks", "01_one", METRICS)
    script = tmp_path / "a script.py"
    script.write_text(
        f"from hrlib.notebooks import run\nprint('once')\n(outcome,) = run([{str(path)!r}], {{}}, {str(tmp_path / 'out')!r})\n"
        "print(outcome.error, outcome.metrics)"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["once", "None {'score': 0.5}"], done.stderr


@pytest.mark.parametrize("how", ["terminal", "this process alone", "kill -9"])
def test_ctrl_c_and_kill_leave_no_process(tmp_path, write, how):
    began = f"open({str(tmp_path)!r} + '/began ' + out_dir[-1], 'w').close()\nimport time; time.sleep(120)"
    for name in ("1", "2"):
        write(tmp_path / "notebooks", name, began)
    options = ["--notebooks", str(tmp_path / "notebooks"), "--out", str(tmp_path / "out"), "--jobs", "2"]
    command = [sys.executable, "-m", "hrlib.notebooks", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.time() + 90
    while len(list(tmp_path.glob("began *"))) < 2 and time.time() < deadline:
        time.sleep(0.2)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 4, "two processes and two kernels"
    if how == "terminal":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGKILL if how == "kill -9" else signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    if how != "kill -9":
        assert process.returncode == 130 and "interrupted: the kernels are stopped" in said and "Traceback" not in said
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


@pytest.mark.parametrize("call", [["-m", "hrlib.notebooks", "--help"], ["-c", "import hrlib.notebooks"]])
def test_without_the_libraries_of_notebooks_it_says_what_to_install(tmp_path, call):
    """As after `pip install hrlib`: nbformat is not there."""
    (tmp_path / "nbformat.py").write_text("raise ModuleNotFoundError(\"No module named 'nbformat'\", name='nbformat')")
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, *call], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    said = 'hrlib.notebooks needs nbformat, which is not installed: pip install "hrlib[notebooks]"'
    assert done.returncode == 1 and done.stderr.splitlines()[-1].endswith(said) and done.stdout == ""
    assert ("Traceback" in done.stderr) == (call[0] == "-c")
