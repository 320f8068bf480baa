"""What the tests in several processes run in each of them: torchrun -m tests.training.together FOLDER [RUN]

With RUN they only go on with that run. Otherwise each process first does everything alone, which is what is expected; then all do it together, and
say in FOLDER/RANK.json what differed.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path

import numpy as np
import torch
from lightning_fabric.plugins import Precision
from safetensors.torch import save_file
from torch import nn

import hrlib as hr
from hrlib import processes
from hrlib.catalogue.captions import Captions
from hrlib.losses.inputs import call, inputs
from hrlib.training import PairBatches, Snapshots
from hrlib.training.checkpoint import read_facts
from hrlib.training.devices import join, joined_norms
from hrlib.training.embed import to_batch
from hrlib.training.fit import FitSettings
from hrlib.training.step import VIEWS, Step, on_device
from tests.tiny import tiny_shop
from tests.training.cases import CASES

STEP = 0.05
FIT = {"epochs": 3, "batch_size": 25, "seed": 3, "augment": "none", "precision": "float32", "accelerator": "cpu"}


def made(name):
    torch.manual_seed(5)
    model, loss, batches = CASES[name]()
    return model.train(), loss.train(), batches


def known_of(batch, number):
    known, photos = batch
    known = on_device(known, torch.device("cpu")) | {"progress": torch.tensor(number / 3)}
    return known, photos


def views_of(photos, model, rows=slice(None)):
    kind = next(model.parameters()).dtype
    return {view: to_batch(pixels[rows]).to(kind) for view, pixels in zip(VIEWS, photos, strict=False)}


def updated(modules):
    """The gradients by name; then a plain step, so that errors would grow."""
    found = {}
    for module in modules:
        for name, parameter in module.named_parameters():
            if parameter.grad is not None:
                found[f"{type(module).__name__}.{name}"] = parameter.grad.clone()
                parameter.data -= STEP * parameter.grad
                parameter.grad = None
    return found


def alone(name):
    """Losses, gradients and, at the end, buffers in one process, with none of the code for several."""
    model, loss, batches = made(name)
    told = []
    for number, batch in enumerate(batches):
        known, photos = known_of(batch, number)
        views = views_of(photos, model)
        torch.manual_seed(7)
        output = model(*(({**known, **views})[key] for key in inputs(model, VIEWS[:1])))
        torch.manual_seed(9)
        value = call(loss, {**known, **views, **(output if isinstance(output, dict) else {"embeddings": output})})
        value.backward()
        told.append((value.item(), updated([model, loss])))
    return told, buffers(model, loss)


def buffers(*modules):
    assert not any(b.requires_grad for module in modules for b in module.buffers())
    return {f"{number}.{key}": b.clone() for number, m in enumerate(modules) for key, b in m.named_buffers()}


def together(name):
    """The same in all processes."""
    model, loss, batches = made(name)
    fabric, *_ = join(FitSettings(accelerator="cpu"))
    joined_norms(model, fabric.device)
    network = fabric.setup_module(Step(model, loss, Precision()))
    told = []
    for number, batch in enumerate(batches):
        known, photos = known_of(batch, number)
        views = views_of(photos, model, processes.part(len(photos[0])))
        torch.manual_seed(7)  # of `fit` each process has numbers of its own; here the pairs to match are to be the same
        value = network(known, views, views, 9)
        fabric.backward(value)
        told.append((value.item(), updated([model, loss])))
    return told, buffers(model, loss)


def close(found, expected, name, tolerance=1e-6):
    """To 1e-6 of the greatest."""
    top = max(1.0, expected.abs().max().item()) if expected.numel() else 1.0
    apart = (found.double() - expected.double()).abs().max().item() if expected.numel() else 0.0
    assert apart <= tolerance * top, f"{name}: {apart:.2e} apart, greatest {top:.2e}"


def same(x, name):
    """Bit for bit in all processes."""
    rows = processes.gathered(x[None].contiguous(), [1] * processes.count())
    assert all(torch.equal(row, rows[0]) for row in rows), f"{name} differs between the processes"


def check_loss(name, expected):
    told, kept = together(name)
    for number, ((value, gradients), (value_, gradients_)) in enumerate(zip(told, expected[0], strict=True)):
        assert abs(value - value_) <= 1e-6 * max(1, abs(value_)), f"step {number}: loss {value}, alone {value_}"
        assert gradients.keys() == gradients_.keys() and gradients, gradients.keys() ^ gradients_.keys()
        for key, gradient in gradients_.items():
            close(gradients[key], gradient, f"step {number}, {key}")
            same(gradients[key], key)
    assert kept.keys() == expected[1].keys()
    for key, buffer in expected[1].items():
        same(kept[key], key)
        close(kept[key], buffer, key)


class At(nn.Module):
    """A loss that sends this process a signal in the given step, if it is process `where`."""

    def __init__(self, loss, at=None, number=signal.SIGINT, where=0):
        super().__init__()
        self.loss, self.countdown, self.number, self.where = loss, at, number, where

    def forward(self, embeddings, labels):
        if self.countdown is not None:
            if self.countdown == 0 and int(os.environ.get("RANK", 0)) == self.where:
                signal.raise_signal(self.number)
            self.countdown -= 1
        return self.loss(embeddings, labels)


def fitted(folder=None, at=None, number=signal.SIGINT, where=0, **settings):
    """A run with batch normalisation and validation, resumed if there is something in the folder."""
    train, validation = tiny_shop().split_classes((0.6, 0.4), seed=0)
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=8)
    loss = At(hr.losses.make("hpl-proxy-anchor", train.hierarchy, 8), at, number, where)
    resume = folder is not None
    return hr.fit(model, loss, train, validation=validation, out_dir=folder, resume=resume, **{**FIT, **settings})


def weights(run):
    return {**run.model.state_dict(), **{f"loss.{k}": v for k, v in run.loss.state_dict().items()}}


def check_fit(folder, expected):
    written = []
    inside = str(folder / "together")

    def hook(event, arguments):
        if event == "open" and str(arguments[0]).startswith(inside) and set(str(arguments[1])) & set("wax+"):
            written.append(arguments[0])

    sys.addaudithook(hook)
    run = fitted(folder / "together")
    for key, value in weights(expected).items():
        close(weights(run)[key], value, key, 1e-4)  # Adam divides by gradients that may be next to nothing
        same(weights(run)[key], key)
    assert np.allclose(run.history["loss"], expected.history["loss"], atol=1e-5)
    assert np.allclose(run.history["map@r"], expected.history["map@r"], atol=0.02)
    assert bool(written) == (processes.rank() == 0), written
    assert read_facts(folder / "together" / "last")["settings"]["devices"] == "auto"


def check_resumed_together(folder, expected):
    """A run that one process was interrupted at (the parent's), gone on with here."""
    assert read_facts(folder / "1 to 2" / "last")["step"] == 4
    run = fitted(folder / "1 to 2")
    for key, value in weights(expected).items():
        close(weights(run)[key], value, key, 1e-4)


def check_stop(folder, number, where):
    name = f"stopped by {number.name} in {where}"
    try:
        fitted(folder / name, 4, number, where)
    except KeyboardInterrupt as interrupt:
        assert "stopped after step 5 of" in str(interrupt), interrupt
    else:
        raise AssertionError("it went on")
    assert read_facts(folder / name / "last")["step"] == 5
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


class Numbers(nn.Module):
    def forward(self, images):
        return images.flatten(1)[:, :5].double()


def check_embed(folder, expected):
    shop = tiny_shop()
    for items, batch_size in ((120, 7), (13, 256), (1, 4)):
        part, wanted = shop.subset(range(items)), shop.images[:items]
        wanted = to_batch(wanted).flatten(1)[:, :5].numpy()
        assert np.array_equal(hr.embed(Numbers(), part, batch_size=batch_size, precision="float32"), wanted)
        file = folder / "below" / f"{items}.npy"
        found = hr.embed(Numbers(), part, batch_size=batch_size, precision="float32", out=file)
        assert isinstance(found, np.memmap) and np.array_equal(found, wanted)
        processes.wait()
        assert [p.name for p in file.parent.iterdir() if p.name.startswith(".")] == []
    spaces = Snapshots(shop, folder / "spaces")
    spaces(0, Numbers())
    processes.wait()
    assert len(Snapshots(shop, folder / "spaces").spaces) == 1


def check_random(*_):
    """Each process augments in its own way, a step again in the same way."""
    seen = []

    class Spy(Numbers):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(5))

        def forward(self, images):
            seen.append(images.clone())
            return images.flatten(1)[:, :5] * self.weight

    shop = tiny_shop().subset(np.zeros(24, int))  # one photo again and again
    for _ in range(2):
        loss = hr.losses.make("proxy-anchor", shop.hierarchy, 5)
        hr.fit(Spy(), loss, shop, **{**FIT, "epochs": 1, "batch_size": 12, "augment": "degraded"})
    assert len(seen) == 4 and torch.equal(seen[0], seen[2]) and torch.equal(seen[1], seen[3])
    assert not torch.equal(seen[0], seen[1])
    both = processes.gathered(seen[0][None], [1, 1])
    assert not torch.equal(both[0], both[1])


def check_errors(folder, *_):
    def says(text, **settings):
        try:
            fitted(None, **settings)
        except hr.HrlibError as error:
            assert text in str(error), error
        else:
            raise AssertionError(f"no error: {text}")

    says("a batch of 1 photos for 2 processes", batch_size=1, per_class=1)
    says("torchrun has started 2: start as many, with torchrun --nproc-per-node 3", devices=3)
    says("torchrun has started 2: start as many, with torchrun --nproc-per-node 2 --nnodes 2", devices=2, num_nodes=2)
    says("devices=1 x num_nodes=1", devices=1)
    alone_here = folder / f"of {processes.rank()}"  # a folder that only one process sees
    if processes.rank() == 0:
        (folder / "1 to 2 copy").rename(alone_here)
    processes.wait()
    try:
        fitted(alone_here)
    except hr.HrlibError as error:
        assert "found checkpoints of steps [0, 4]" in str(error)
    else:
        raise AssertionError("no error")


def check_bf16(*_):
    """Image and text with fusion, dropout and sixteen bits: both processes have one model, queues included."""
    shop = tiny_shop()
    shop = hr.Catalogue(
        "", shop.items.assign(title="number " + shop.items["product"]), shop.images, shop.hierarchy, caption="title"
    )
    captions = Captions.of(shop)
    tokenizer = hr.models.Tokenizer.train(captions.flat, 60)
    student = hr.models.dual_encoder(tokenizer, dim=8, width=16, length=12, seed=0)
    model = hr.models.CrossModalModel(student, queue=30, queue_from=0, fusion=hr.models.fusion_encoder(student, seed=0))
    settings = {**FIT, "augment": "captioned", "precision": "bf16", "epochs": 1, "views": 2}
    run = hr.fit(
        model, hr.losses.TripleContrastiveLoss(), shop, batches=PairBatches(captions, tokenizer, 25), **settings
    )
    assert run.facts["precision"] == "bf16-mixed" and np.isfinite(run.history["loss"]).all()
    assert (model.image_queue.titles >= 0).all()
    for key, value in weights(run).items():
        same(value, key)


def check_first(folder, *_):
    assert processes.of_first(lambda: {"rank": processes.rank(), "text": "ö"}) == {"rank": 0, "text": "ö"}
    assert processes.of_each(processes.rank() * 10) == [0, 10]
    assert processes.any_of(processes.rank() == 1) and not processes.any_of(False)
    with processes.first_alone(processes.rank() == 0):
        file = folder / "made once"
        assert file.exists() == (processes.rank() == 1)
        file.touch()


CHECKS = {
    "fit": check_fit,
    "resumed together": check_resumed_together,
    "embed": check_embed,
    "random numbers": check_random,
    "stopped by Ctrl-C": lambda folder, _: check_stop(folder, signal.SIGINT, 0),
    "stopped by SIGTERM in one process": lambda folder, _: check_stop(folder, signal.SIGTERM, 1),
    "bf16": check_bf16,
    "errors": check_errors,
    "first": check_first,
}


def main(folder):
    torch.set_num_threads(1)
    expected = {name: alone(name) for name in CASES}
    run = fitted(devices=1)
    checks = {name: lambda name=name: check_loss(name, expected[name]) for name in CASES}
    checks |= {name: lambda check=check: check(folder, run) for name, check in CHECKS.items()}
    join(FitSettings(accelerator="cpu"))
    said = {}
    for name, check in checks.items():
        said[name] = None
        try:
            check()
        except Exception:
            said[name] = traceback.format_exc()
        if processes.any_of(said[name] is not None) and said[name] is None:
            said[name] = "the other process failed"
        (folder / f"{processes.rank()}.json").write_text(json.dumps(said))


def go_on(folder, name):
    run = fitted(folder / name)
    if processes.rank() == 0:
        save_file({key: value.contiguous() for key, value in weights(run).items()}, folder / f"{name}.safetensors")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        go_on(Path(sys.argv[1]), sys.argv[2])
    else:
        main(Path(sys.argv[1]))
