"""Runs of notebooks one after another, and work repeated in one kernel: no process, no temporary file, no growth of memory."""

import json
import os
from pathlib import Path

import psutil
import pytest

from hrlib.notebooks import find
from tests.stress import small_notebooks
from tests.stress.faults import check_none_lives, use_temp

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
MB = 1 << 20
# what a session does again and again; the memory in use is measured after each round
ROUNDS = f"""
import sys; sys.path.insert(0, {str(small_notebooks.ROOT)!r})
import gc, pathlib
import psutil, torch
import hrlib as hr
from IPython.display import display
from hrlib.search import FaissStore, VisualSearch
from tests.tiny import tiny_shop
torch.set_num_threads(1)
def round(number):
    shop = tiny_shop()
    model = hr.models.image_encoder("small", dim=8)
    loss = hr.losses.HierarchicalProxyLoss(shop.hierarchy, 8)
    hr.fit(model, loss, shop, validation=shop, epochs=2, batch_size=48, out_dir=out_dir + "/run")
    embeddings = hr.embed(model, shop)
    hr.evaluate(embeddings, shop.hierarchy)
    store = FaissStore(8, "hnsw")
    store.upsert(shop.items["id"].tolist(), embeddings)
    VisualSearch(model, store, shop).search(shop.images[0], 3)
    maps = {{"small": hr.explore.project(embeddings, "pca")}}
    hr.explore.scatter(embeddings, shop, projection=maps["small"])
    explorer = hr.explore.Explorer(shop, {{"small": embeddings}}, maps, k=3, out_dir=out_dir)
    explorer.show()
    explorer.close()
memory = []
for number in range(60):
    round(number)
    gc.collect()
    memory.append(psutil.Process().memory_info().rss)
metrics = {{"after 20": memory[19], "after 60": memory[59]}}
"""


def runs(notebooks: list[str], out: str, temp: str, rounds: int, report: str) -> None:
    """Run the notebooks so often, in one process; its memory after each round, its open files and children at the end, to a file."""
    use_temp(temp)
    from hrlib.notebooks import run
    from hrlib.notebooks.report import write_report

    own, memory, errors = psutil.Process(), [], []
    for _ in range(rounds):
        outcomes = run(notebooks, {}, out)
        write_report(outcomes, Path(out))
        errors += [f"{outcome.name}: {outcome.error}" for outcome in outcomes if outcome.error]
        memory.append(own.memory_info().rss)
    facts = {"memory": memory, "errors": errors, "files": own.num_fds(), "threads": own.num_threads()}
    Path(report).write_text(json.dumps({**facts, "children": len(own.children(recursive=True))}))


def check(start, folder, notebooks, rounds):
    """What `runs` tells; that nothing is left is checked."""
    temp, cache = folder / "temp", Path(os.environ["HRLIB_CACHE"])
    process = start(
        runs, list(map(str, notebooks)), str(folder / "out"), str(temp), rounds, str(folder / "report.json")
    )
    process.join()
    assert process.exitcode == 0
    told = json.loads((folder / "report.json").read_text())
    assert not told["errors"], told["errors"][0]
    assert told["children"] == 0
    check_none_lives(temp)
    assert not [str(path) for path in temp.iterdir()], "temporary files are left"
    assert not [path.name for path in cache.rglob(".*")] and not [path for path in (folder / "out").rglob(".*.*")]
    return told


def test_one_run(start, fault, tmp_path):
    repeated = fault("run again and again", "a small notebook")
    notebook = small_notebooks.write(tmp_path / "notebooks", "one", "metrics = {'answer': 42}", small_notebooks.WRITE)
    with repeated.trial():
        check(start, tmp_path, [notebook], 1)
    repeated.end()


@pytest.mark.stress
def test_fifty_runs_of_the_small_notebooks(start, fault, tmp_path):
    """All of them, until 50 have been run: the runner has the memory that it had after the first round."""
    repeated, notebooks = fault("run again and again", "the notebooks of the small profile"), find((), NOTEBOOKS)
    rounds = -(-50 // len(notebooks))
    with repeated.trial():
        told = check(start, tmp_path, notebooks, rounds)
        print("memory of the runner, MB:", [round(value / MB) for value in told["memory"]])
        assert told["memory"][-1] - told["memory"][0] < 30 * MB
        repeated.also(rounds * len(notebooks) - 1)
    repeated.end()


@pytest.mark.stress
def test_a_runner_that_runs_a_tiny_notebook_fifty_times(start, fault, tmp_path):
    repeated = fault("run again and again", "a small notebook")
    notebook = small_notebooks.write(tmp_path / "notebooks", "one", "metrics = {'answer': 42}", small_notebooks.WRITE)
    with repeated.trial():
        told = check(start, tmp_path, [notebook], 50)
        print("memory of the runner, MB:", [round(value / MB, 1) for value in told["memory"]])
        assert told["memory"][49] - told["memory"][9] < 5 * MB
        repeated.also(49)
    repeated.end()


@pytest.mark.stress
def test_a_kernel_that_works_on_and_on(start, fault, tmp_path):
    """Sixty times a training, embeddings, an evaluation, a search, a map and an explorer that is closed."""
    repeated = fault("done again and again in one kernel", "fit, embed, search, project, explorer")
    notebook = small_notebooks.write(tmp_path / "notebooks", "one", ROUNDS, small_notebooks.WRITE)
    with repeated.trial():
        check(start, tmp_path, [notebook], 1)
        memory = json.loads((tmp_path / "out" / "one" / "metrics.json").read_text())
        print("memory of the kernel, MB:", {name: round(value / MB) for name, value in memory.items()})
        assert memory["after 60"] - memory["after 20"] < 20 * MB
        repeated.also(59)
    repeated.end()
