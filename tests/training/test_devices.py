"""The device, the precision and the processes of a run: what is there, and what is said where something else was asked for."""

import pytest
import torch
from lightning_fabric.plugins import MixedPrecision
from torch import nn

import hrlib as hr
from hrlib.training import devices
from hrlib.training.fit import FitSettings


def torchrun(monkeypatch, processes, a_machine):
    """As torchrun sets the environment of its processes."""
    monkeypatch.setattr(devices, "torchrun", lambda: True)
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(a_machine))


@pytest.mark.parametrize("pays", [True, False])
def test_bf16_where_it_is_asked_for_or_pays(monkeypatch, pays):
    monkeypatch.setattr(devices, "bf16_pays", lambda device: pays)
    names = {}
    for asked in ("auto", "bf16", "float32"):
        fabric, precision, names[asked] = devices.join(FitSettings(accelerator="cpu", precision=asked))
        assert fabric.device == torch.device("cpu")
        assert isinstance(precision, MixedPrecision) == (names[asked] == "bf16-mixed")
    assert names == {"auto": "bf16-mixed" if pays else "32-true", "bf16": "bf16-mixed", "float32": "32-true"}


def test_auto_takes_what_torchrun_has_started(monkeypatch):
    assert devices._asked(FitSettings()) == (1, 1)
    for processes, a_machine, expected in ((8, 8, (8, 1)), (8, 4, (4, 2)), (1, 1, (1, 1))):
        torchrun(monkeypatch, processes, a_machine)
        assert devices._asked(FitSettings()) == expected
    torchrun(monkeypatch, 8, 4)
    assert devices._asked(FitSettings(devices=4, num_nodes=2)) == (4, 2)
    with pytest.raises(
        hr.HrlibError,
        match=r"devices=8 x num_nodes=2, and here torchrun has started 8: start as many, with torchrun --nproc-per-node 8 --nnodes 2 -m",
    ):
        devices.join(FitSettings(devices=8, num_nodes=2))


def test_several_devices_without_torchrun_say_how_to_start_them(shop):
    model, loss = hr.models.image_encoder("small", dim=8), hr.losses.make("proxy-anchor", shop.hierarchy, 8)
    with pytest.raises(
        hr.HrlibError, match=r"here is one process: start as many, with torchrun --nproc-per-node 2 -m hrlib.train"
    ):
        hr.fit(model, loss, shop, devices=2)
    with pytest.raises(hr.HrlibError, match="devices is 0: expected at least 1"):
        hr.fit(model, loss, shop, devices=0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_named():
    with pytest.raises(hr.HrlibError, match="accelerator='cuda' with 1 devices: "):
        devices.join(FitSettings(accelerator="cuda"))


def test_norms_are_joined_only_where_there_are_several_processes(monkeypatch):
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    devices.joined_norms(model, torch.device("cpu"))
    assert type(model[1]) is nn.BatchNorm2d
    monkeypatch.setattr(devices.processes, "count", lambda: 2)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    devices.joined_norms(model, torch.device("cpu"))
    assert type(model[1]) is devices.JoinedBatchNorm and type(model[0]) is nn.Conv2d
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in state.items())
