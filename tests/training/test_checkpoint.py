import json

import pytest
import torch
from torch import nn

from hrlib import HrlibError
from hrlib.training.checkpoint import load_checkpoint, read_facts, save_checkpoint


def parts(seed=0, width=4):
    torch.manual_seed(seed)
    model, loss = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width)), nn.Linear(width, 1)
    optimizer = torch.optim.AdamW([{"params": model.parameters()}, {"params": loss.parameters()}])
    loss(model(torch.randn(5, 3))).sum().backward()
    optimizer.step()
    return {"model": model, "loss": loss}, optimizer


def state(modules, optimizer):
    moments = [
        value
        for group in optimizer.param_groups
        for parameter in group["params"]
        for _, value in sorted(optimizer.state[parameter].items())
    ]
    return [*modules["model"].state_dict().values(), *modules["loss"].state_dict().values(), *moments]


def test_round_trip_is_exact(tmp_path):
    modules, optimizer = parts(0)
    path = save_checkpoint(tmp_path / "a b" / "last", modules, optimizer, {"step": 7, "history": [{"loss": 0.1}]})
    others, other_optimizer = parts(1)
    facts = load_checkpoint(path, others, other_optimizer)
    assert facts["step"] == 7 and facts["history"] == [{"loss": 0.1}]
    assert all(
        torch.equal(a, b) for a, b in zip(state(modules, optimizer), state(others, other_optimizer), strict=True)
    )
    assert json.loads(path.with_suffix(".json").read_text())["step"] == 7
    assert read_facts(path)["step"] == 7
    assert {file.name for file in path.parent.iterdir()} == {"last.safetensors", "last.json"}


def test_a_model_of_another_shape_is_refused_and_left_alone(tmp_path):
    path = save_checkpoint(tmp_path / "last", *parts(0), {})
    others, _ = parts(1, width=5)
    before = [value.clone() for value in others["model"].state_dict().values()]
    with pytest.raises(HrlibError, match=r"does not fit the given model: model\.0\.bias: here \(5,\), saved \(4,\)"):
        load_checkpoint(path, others)
    assert all(torch.equal(a, b) for a, b in zip(before, others["model"].state_dict().values(), strict=True))


def test_missing_and_damaged_files_are_named(tmp_path):
    modules, optimizer = parts()
    with pytest.raises(HrlibError, match="no checkpoint at .*last.safetensors"):
        load_checkpoint(tmp_path / "last", modules)
    path = save_checkpoint(tmp_path / "last", modules, optimizer, {})
    whole = path.read_bytes()
    for damaged in (b"", whole[:40], whole[:-10], b"\xff" * 8 + whole[8:], b"not a checkpoint at all"):
        path.write_bytes(damaged)
        with pytest.raises(HrlibError, match="is no whole hrlib checkpoint"):
            load_checkpoint(path, modules)


def test_a_file_of_somebody_else_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(HrlibError, match="no whole hrlib checkpoint"):
        read_facts(tmp_path / "x")
