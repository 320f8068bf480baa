"""The folder of a run. That a resumed run ends with the same weights is tested in test_loop.py."""

import json
import platform
import subprocess
import sys

import pytest
import torch
from torch import nn

import hrlib as hr
from hrlib.training.checkpoint import read_facts
from hrlib.training.folder import RunFolder, states

FACTS = {
    "settings": {"seed": 1},
    "precision": "32-true",
    "items": 4,
    "classes": [2],
    "step": 3,
    "epoch": {"loss": 0.5},
    "history": [],
}


def parts():
    modules = {"model": nn.Linear(2, 2), "loss": nn.Linear(2, 1)}
    optimizer = torch.optim.AdamW([p for module in modules.values() for p in module.parameters()])
    return modules, optimizer


def test_last_and_best_come_back(tmp_path):
    modules, optimizer = parts()
    folder = RunFolder(tmp_path)
    facts = {**FACTS, "history": [{"epoch": 0, "map@r": 0.5}]}
    folder.save("best", modules, optimizer, facts)
    best = states(modules)
    with torch.no_grad():
        modules["model"].weight.add_(1)
    folder.save("last", modules, optimizer, facts)
    others, theirs = parts()
    saved, found = folder.restore(others, theirs, FACTS)
    assert saved["history"] == facts["history"]
    assert torch.equal(others["model"].weight, modules["model"].weight)
    assert torch.equal(found["model"]["weight"], best["model"]["weight"])
    assert "resume=True goes on" in str(folder)


def test_states_are_copies():
    modules, _ = parts()
    before = states(modules)
    with torch.no_grad():
        modules["model"].weight.add_(1)
    assert not torch.equal(before["model"]["weight"], modules["model"].weight)


def test_nothing_saved_nothing_restored(tmp_path):
    modules, optimizer = parts()
    assert RunFolder(tmp_path).restore(modules, optimizer, FACTS) is None
    nowhere = RunFolder(None)
    nowhere.save("last", modules, optimizer, FACTS)
    nowhere.clear()
    assert nowhere.restore(modules, optimizer, FACTS) is None and "nothing is saved" in str(nowhere)


@pytest.mark.parametrize("part", ["settings", "precision", "items", "classes"])
def test_another_run_s_folder_is_refused(tmp_path, part):
    modules, optimizer = parts()
    RunFolder(tmp_path).save("last", modules, optimizer, FACTS)
    with pytest.raises(hr.HrlibError, match=f"holds another run, its {part}: .*, here: other"):
        RunFolder(tmp_path).restore(modules, optimizer, {**FACTS, part: "other"})


def test_clear_takes_only_its_own(tmp_path):
    modules, optimizer = parts()
    folder = RunFolder(tmp_path)
    for name in ("last", "best"):
        folder.save(name, modules, optimizer, FACTS)
    (tmp_path / "notes.txt").touch()
    folder.clear()
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_what_a_kill_left_is_swept_and_the_json_says_what_the_checkpoint_does(tmp_path):
    modules, optimizer = parts()
    RunFolder(tmp_path).save("last", modules, optimizer, FACTS)
    (tmp_path / "last.json").write_text("of the epoch before")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".best.safetensors.{platform.node()}.{dead.pid}").write_bytes(b"half")
    RunFolder(tmp_path).restore(modules, optimizer, FACTS)
    assert json.loads((tmp_path / "last.json").read_text()) == read_facts(tmp_path / "last")
    assert {path.name for path in tmp_path.iterdir()} == {"last.safetensors", "last.json"}
