"""Interrupted and resumed runs end with the very weights of a run that was left alone."""

import signal

import pytest
import torch
from torch import nn

import hrlib as hr

SETTINGS = {"epochs": 3, "batch_size": 24, "seed": 3}


class InterruptedAt(nn.Module):
    """A loss that presses Ctrl-C in the middle of the given step."""

    def __init__(self, loss, at=None):
        super().__init__()
        self.loss, self.countdown = loss, at

    def forward(self, embeddings, labels):
        if self.countdown is not None:
            if self.countdown == 0:
                signal.raise_signal(signal.SIGINT)
            self.countdown -= 1
        return self.loss(embeddings, labels)

    def report(self):
        return self.loss.report() if hasattr(self.loss, "report") else {}


def new(train, at=None, name="hpl-proxy-anchor", **settings):
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=8)
    return model, InterruptedAt(hr.losses.make(name, train.hierarchy, 8, **settings), at)


def states(model, loss):
    return [*model.state_dict().values(), *loss.state_dict().values()]


@pytest.mark.parametrize("at", [0, 2, 6, 7])
def test_resumed_equals_uninterrupted(shop, tmp_path, at):
    train, validation = shop.split_classes((0.6, 0.4), seed=0)
    whole = new(train)
    expected = hr.fit(*whole, train, validation=validation, **SETTINGS)

    first = new(train, at)
    with pytest.raises(KeyboardInterrupt, match=f"stopped after step {at + 1} of 9; saved in .*resume=True"):
        hr.fit(*first, train, validation=validation, out_dir=tmp_path / "a run", **SETTINGS)
    second = new(train)
    run = hr.fit(*second, train, validation=validation, out_dir=tmp_path / "a run", resume=True, **SETTINGS)

    assert all(torch.equal(a, b) for a, b in zip(states(*whole), states(*second), strict=True))
    columns = ["loss", "lr", "map@r"]
    assert run.history[columns].equals(expected.history[columns])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("name", hr.losses.names())
def test_a_run_with_any_loss_resumes_exactly(shop, tmp_path, name):
    """The cross-batch memory, too, is then what it was: here it is in its second round at the interruption."""
    settings = {"memory_size": 40, "start": 3} if name == "contrastive-xbm" else {}
    whole, first, second = (
        new(shop, None, name, **settings),
        new(shop, 7, name, **settings),
        new(shop, None, name, **settings),
    )
    hr.fit(*whole, shop, **SETTINGS)
    with pytest.raises(KeyboardInterrupt, match="stopped after step 8 of 15"):
        hr.fit(*first, shop, out_dir=tmp_path, **SETTINGS)
    hr.fit(*second, shop, out_dir=tmp_path, resume=True, **SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(states(*whole), states(*second), strict=True))


def test_resuming_a_finished_run_trains_no_more(shop, tmp_path):
    first = new(shop)
    hr.fit(*first, shop, out_dir=tmp_path, **SETTINGS)
    second = new(shop, at=0)  # any step would be interrupted
    hr.fit(*second, shop, out_dir=tmp_path, resume=True, **SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(states(*first), states(*second), strict=True))


def test_another_run_is_not_gone_on_with(shop, tmp_path):
    hr.fit(*new(shop), shop, out_dir=tmp_path, **SETTINGS)
    with pytest.raises(hr.HrlibError, match=r"holds another run, its settings: .*'seed': 3.* here: .*'seed': 4"):
        hr.fit(*new(shop), shop, out_dir=tmp_path, resume=True, **{**SETTINGS, "seed": 4})
    part = shop.subset(range(60))
    with pytest.raises(hr.HrlibError, match="holds another run, its items: 120, here: 60"):
        hr.fit(*new(part), part, out_dir=tmp_path, resume=True, **SETTINGS)


def test_a_new_run_does_not_leave_an_earlier_one_s_checkpoints_to_be_resumed(shop, tmp_path):
    train, validation = shop.split_classes((0.6, 0.4), seed=0)
    hr.fit(*new(train), train, validation=validation, out_dir=tmp_path, **SETTINGS)
    assert {file.stem for file in tmp_path.iterdir()} == {"last", "best"}
    model, loss = new(train)
    loss.forward = lambda *_: torch.tensor(float("nan"))  # it ends before anything is saved
    with pytest.raises(hr.HrlibError, match="the loss is nan"):
        hr.fit(model, loss, train, validation=validation, out_dir=tmp_path, **SETTINGS)
    assert not list(tmp_path.iterdir())


def test_interrupted_without_a_folder_says_that_nothing_is_saved(shop):
    with pytest.raises(KeyboardInterrupt, match="nothing is saved"):
        hr.fit(*new(shop, 1), shop, **SETTINGS)


def test_checkpoint_says_how_it_was_made(shop, tmp_path):
    hr.fit(*new(shop), shop, out_dir=tmp_path, **SETTINGS)
    from hrlib.training.checkpoint import read_facts

    facts = read_facts(tmp_path / "last")
    assert facts["settings"]["seed"] == 3 and facts["versions"]["torch"] and facts["step"] == facts["steps"] == 15
    assert len(facts["history"]) == 3


def test_what_a_loss_tells_of_itself_is_in_the_history_also_of_a_resumed_run(shop, tmp_path):
    settings = {"clusters": 4, "warmup": 3, "every": 2}
    model, loss = new(shop, None, "hpl-discovered-proxy-anchor", **settings)
    whole = hr.fit(model, loss, shop, **SETTINGS).history
    assert whole["nmi"].notna().any() and whole["moved"].between(0, 1).sum() > 0
    with pytest.raises(KeyboardInterrupt):
        hr.fit(*new(shop, 7, "hpl-discovered-proxy-anchor", **settings), shop, out_dir=tmp_path, **SETTINGS)
    again = new(shop, None, "hpl-discovered-proxy-anchor", **settings)
    resumed = hr.fit(*again, shop, out_dir=tmp_path, resume=True, **SETTINGS).history
    assert resumed[["nmi", "moved"]].equals(whole[["nmi", "moved"]])
