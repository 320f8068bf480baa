"""What a catalogue takes as it grows: formulas, and what they say beside what is measured at three sizes.

    python benchmarks/scale.py --out benchmarks/results     # measures, prints both, writes scale.csv
    python benchmarks/scale.py --table                      # the table of docs/scale.md: SOP, iNaturalist, a thousand million photos

Memory is counted over what is kept after a real step (parameters, gradients, moments, buffers) or as files; messages are the bytes that a
process of 2 and of 4, on this machine, writes to its sockets in a step (/proc/self/io, Linux); times are the quickest of several. "load" is the
number of processes that ran or waited in the minute before each: it says something of times, nothing of bytes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np
import pandas as pd
import torch
from report import circumstances, columns, from_here_on, peak_mb
from torch import nn

import hrlib as hr
from hrlib import processes
from hrlib.catalogue.store import build_store
from hrlib.models.momentum import Queue
from hrlib.search.choosing.candidates import Candidate, build
from hrlib.search.choosing.scale import bytes_per_vector, grown
from hrlib.training.devices import join, joined_norms
from hrlib.training.fit import FitSettings
from hrlib.training.loop import parameter_groups
from hrlib.training.step import Step

FLOAT = 4


def trained_bytes(parameters: int) -> int:
    """A parameter that AdamW trains: itself, its gradient and two moments."""
    return 4 * FLOAT * parameters


def proxy_bytes(classes: int, dim: int, levels: int = 2) -> int:
    """Of the hierarchical proxy loss: a trained proxy a class, and its class on each level as int64."""
    return trained_bytes(classes * dim) + 8 * classes * levels


MATRICES = 3  # of the size of the cosines that Proxy-Anchor has at its peak, found by measuring


def logit_bytes(batch: int, classes: int) -> int:
    """One matrix of cosines, of the whole batch, in each process. At its peak, backward, the loss has `MATRICES` of them."""
    return FLOAT * batch * classes


def queue_bytes(size: int, dim: int) -> int:
    """Two queues, of images and of texts: vectors, titles and a place each."""
    return 2 * (FLOAT * size * dim + 8 * size + 8)


def embedding_bytes(items: int, dim: int) -> int:
    """A .npy file: its header, and a float32 a dimension."""
    return 128 + FLOAT * items * dim


def pixel_bytes(items: int, height: int, width: int) -> int:
    """The photos of the image store, a file again."""
    return 128 + 3 * items * height * width


def message_bytes(parameters: int, batch: int, dim: int, count: int) -> float:
    """Bytes that each of `count` processes sends in a step, by rings, for a loss that asks for the embeddings.

    The gradients of all trained parameters, the loss's too, are added up: 2 (count - 1) / count of them. The embeddings of its part travel to
    all others, (count - 1) / count of the batch's, and on the way back the gradients of the whole batch's are added up.
    """
    ring = (count - 1) / count
    return FLOAT * (2 * ring * parameters + ring * batch * dim + 2 * ring * batch * dim)


def norm_bytes(channels: int, count: int) -> int:
    """Bytes that each process sends in a step for `JoinedBatchNorm` layers of so many channels in sum: to all three numbers of 8 bytes a channel, and
    back all processes' gradients of them, added up by a ring."""
    return 24 * (count - 1) * channels + 48 * (count - 1) * channels


def loss_flops(batch: int, classes: int, dim: int) -> int:
    """Multiplications and additions of the cosines with all proxies, forward and backward; each process does all of them."""
    return 6 * batch * classes * dim


def measured_proxies(classes: int, dim: int) -> int:
    tree = hr.Hierarchy.from_frame(
        pd.DataFrame({"class": np.arange(classes), "super": np.arange(classes) // 10}).astype(str)
    )
    loss = hr.losses.HierarchicalProxyLoss(tree, dim)
    optimizer = torch.optim.AdamW(parameter_groups(nn.Identity(), loss, FitSettings()), fused=True)
    loss(torch.randn(8, dim), torch.arange(8)).backward()
    optimizer.step()
    kept = [*loss.parameters(), *(p.grad for p in loss.parameters()), *loss.buffers()]
    kept += [x for state in optimizer.state.values() for x in state.values() if x.ndim]
    return sum(x.untyped_storage().nbytes() for x in kept)


def measured_queue(size: int, dim: int) -> int:
    return sum(b.untyped_storage().nbytes() for _ in range(2) for b in Queue(size, dim).buffers())


def measured_photos(items: int, size: tuple[int, int], dim: int, folder: Path) -> tuple[int, int]:
    """The file of the pixels, and that of the embeddings of a model that is next to nothing."""

    def read(number: int) -> np.ndarray:
        return np.full((*size, 3), number % 256, np.uint8)

    store, _ = build_store(range(items), read, fingerprint=str(items), size=size, workers=1, cache_dir=folder)
    frame = pd.DataFrame({"id": np.arange(items), "class": (np.arange(items) % 3).astype(str)})
    catalogue = hr.Catalogue("grey", frame, store, hr.Hierarchy.from_frame(frame, ["class"]))
    embed = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, dim))
    file = folder / f"{items}.npy"
    hr.embed(embed, catalogue, precision="float32", out=file)
    (pixels,) = folder.glob("photos-*/photos.npy")
    found = pixels.stat().st_size, file.stat().st_size
    pixels.unlink()
    return found


def measured_index(candidate: Candidate, vectors: np.ndarray) -> int:
    return len(faiss.serialize_index(build(candidate, vectors, seed=0)))


class _Line(nn.Module):
    """A network of one layer: what it sends is its weights; with batch normalisation also that."""

    def __init__(self, pixels: int, dim: int, norm: bool):
        super().__init__()
        self.layer, self.norm = nn.Linear(pixels, dim), nn.BatchNorm1d(dim) if norm else nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.norm(self.layer(images.flatten(1))), dim=1)


def written() -> int:
    """Bytes that this process has written so far, to sockets too."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("wchar")).split()[1])


def send(classes: int, batch: int, dim: int, norm: int, steps: int = 10) -> None:
    """In each process: train some steps; print the bytes sent in one and the parameters."""
    fabric, precision, _ = join(FitSettings(accelerator="cpu", precision="float32"))
    tree = hr.Hierarchy.from_frame(pd.DataFrame({"class": np.arange(classes)}).astype(str))
    model, loss = _Line(3 * 8 * 8, dim, bool(norm)), hr.losses.make("proxy-anchor", tree, dim)
    joined_norms(model, fabric.device)
    network = fabric.setup_module(Step(model, loss, precision))
    images = torch.rand(len(range(batch)[processes.part(batch)]), 3, 8, 8)
    known = {"rows": torch.arange(batch), "labels": torch.arange(batch) % classes}
    for number in range(steps + 3):
        if number == 3:  # DistributedDataParallel has settled on its buckets
            start = written()
        fabric.backward(network(known, {"images": images}, {"images": images}, 0))
    sent = (written() - start) / steps
    processes.wait()
    if processes.rank() == 0:
        print(sum(p.numel() for module in (model, loss) for p in module.parameters()), sent)


def measured_messages(count: int, classes: int, batch: int, dim: int, norm: bool) -> tuple[int, float]:
    run = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}", __file__]
    command = [sys.executable, *run, "--send", *map(str, (classes, batch, dim, int(norm)))]
    found = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if found.returncode:
        raise SystemExit(found.stderr)
    parameters, sent = found.stdout.split()
    return int(parameters), float(sent)


def peak(batch: int, classes: int, dim: int) -> None:
    """In a process of its own: the most memory that the loss takes beyond what is there before and after."""
    tree = hr.Hierarchy.from_frame(pd.DataFrame({"class": np.arange(classes)}).astype(str))
    loss = hr.losses.make("proxy-anchor", tree, dim)
    embeddings, labels = torch.randn(batch, dim, requires_grad=True), torch.arange(batch) % classes
    loss(embeddings[:2], labels[:2]).backward()
    before = from_here_on()
    loss(embeddings, labels).backward()
    print(round((peak_mb() - before) * 2**20))


def measured_peak(batch: int, classes: int, dim: int) -> int:
    command = [sys.executable, __file__, "--peak", *map(str, (batch, classes, dim))]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def loss_seconds(batch: int, classes: int, dim: int, repeats: int = 7) -> float:
    tree = hr.Hierarchy.from_frame(pd.DataFrame({"class": np.arange(classes)}).astype(str))
    loss, spent = hr.losses.make("proxy-anchor", tree, dim), []
    embeddings, labels = torch.randn(batch, dim, requires_grad=True), torch.arange(batch) % classes
    for _ in range(repeats):
        start = time.perf_counter()
        loss(embeddings, labels).backward()
        spent.append(time.perf_counter() - start)
    return min(spent)


def rows(quick: bool):
    """(what, size, unit, arithmetic, measured) one after the other."""
    small = 4 if quick else 1
    for classes in (2_000, 11_318, 40_000 // small):
        yield (
            "proxies",
            f"{classes:,} classes x 128",
            "bytes",
            proxy_bytes(classes, 128),
            measured_proxies(classes, 128),
        )
    for size in (1_024, 16_384, 65_536):
        yield "queues", f"{size:,} x 256", "bytes", queue_bytes(size, 256), measured_queue(size, 256)
    for items in (500, 2_000, 8_000 // small):
        with tempfile.TemporaryDirectory() as folder:
            pixels, vectors = measured_photos(items, (32, 24), 128, Path(folder))
        yield "pixels", f"{items:,} of 32 x 24", "bytes", pixel_bytes(items, 32, 24), pixels
        yield "embeddings", f"{items:,} x 128", "bytes", embedding_bytes(items, 128), vectors
    rng = np.random.default_rng(0)
    for items in (5_000, 10_000, 40_000 // small):
        vectors = rng.normal(size=(items, 64)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for kind, factory in (("flat", "Flat"), ("hnsw", "HNSW32,Flat"), ("ivf-pq", "IVF64,PQ32x4fs,RFlat")):
            suited = grown(factory, items / 10_000)
            arithmetic = bytes_per_vector(suited, 64, items) * items
            yield (
                f"index {factory}",
                f"{items:,} x 64",
                "bytes",
                arithmetic,
                measured_index(Candidate(kind, suited, {}), vectors),
            )
    for batch, classes in ((1_024, 10_000), (1_024, 20_000), (2_048, 40_000 // small)):
        arithmetic = MATRICES * logit_bytes(batch, classes)
        yield "loss at its peak", f"{batch:,} x {classes:,}", "bytes", arithmetic, measured_peak(batch, classes, 64)
    for norm in (False, True):
        what = "messages, batch normalisation too" if norm else "messages"
        for count, classes, batch, dim in (
            (2, 500, 64, 64),
            (2, 500, 1_024, 256),
            (2, 4_000, 1_024, 128),
            (4, 500, 256, 64),
        ):
            parameters, sent = measured_messages(count, classes, batch, dim, norm)
            size = f"{count} processes, {parameters:,} parameters, batch {batch:,} x {dim}"
            arithmetic = message_bytes(parameters, batch, dim, count) + norm * norm_bytes(dim, count)
            yield what, size, "bytes a step", arithmetic, sent
    base = None
    for classes in (2_000, 8_000, 32_000 // small):
        seconds = loss_seconds(128, classes, 128)
        base = base or seconds / loss_flops(128, classes, 128)  # what the first one says a multiplication takes
        yield (
            "loss in each process",
            f"128 x {classes:,} x 128",
            "seconds",
            base * loss_flops(128, classes, 128),
            seconds,
        )


# name: (training photos, training classes, all photos, height and width as the kit stores them for ImageNet-size networks, batch, processes)
CATALOGUES = {
    "SOP": (59_551, 11_318, 120_053, 256, 256, 1),
    "iNaturalist": (325_846, 5_690, 461_939, 256, 1_024, 8),
    "1,000 million photos": (10**9, 10**7, 10**9, 256, 4_096, 64),
}
DIM, QUEUE, NETWORK = (
    512,
    65_536,
    24_557_120,
)  # NETWORK: ResNet-50 without its classifier, and a layer to 512 dimensions


def table() -> str:
    """The table of docs/scale.md."""

    def said(count: float) -> str:
        for name, unit in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
            if count >= unit:
                return f"{count / unit:,.3g} {name}"
        return f"{count / 1e3:,.3g} kB"

    lines = {
        "training photos, classes": lambda t, c, n, s, b, w: f"{t:,}, {c:,}",
        "batch, processes": lambda t, c, n, s, b, w: f"{b:,}, {w}",
        "pixels of 256 x 256": lambda t, c, n, s, b, w: said(pixel_bytes(n, s, s)),
        "embeddings": lambda t, c, n, s, b, w: said(embedding_bytes(n, DIM)),
        "proxies as they are trained, in each process": lambda t, c, n, s, b, w: said(proxy_bytes(c, DIM)),
        "one matrix of cosines, in each process": lambda t, c, n, s, b, w: said(logit_bytes(b, c)),
        "network as it is trained, in each process": lambda t, c, n, s, b, w: said(trained_bytes(NETWORK)),
        f"queues of {QUEUE:,}, where there are any": lambda t, c, n, s, b, w: said(queue_bytes(QUEUE, DIM)),
        "steps an epoch": lambda t, c, n, s, b, w: f"{max(1, round(t / b)):,}",
        "a process sends, a step": lambda t, c, n, s, b, w: (
            said(message_bytes(NETWORK + c * DIM, b, DIM, w)) if w > 1 else "-"
        ),
        "loss, in each process, a step": lambda t, c, n, s, b, w: f"{loss_flops(b, c, DIM) / 1e12:,.3g} TFLOP",
        "index Flat": lambda t, c, n, s, b, w: said(bytes_per_vector("Flat", DIM, n) * n),
        "index HNSW32": lambda t, c, n, s, b, w: said(bytes_per_vector("HNSW32,Flat", DIM, n) * n),
        "index IVF, PQ of 4 bits a 2 dimensions": lambda t, c, n, s, b, w: said(
            bytes_per_vector(grown("IVF100,PQ256x4fs", n / 10_000), DIM, n) * n
        ),
    }
    head = f"| | {' | '.join(CATALOGUES)} |\n|---|{'---:|' * len(CATALOGUES)}\n"
    return head + "\n".join(
        f"| {name} | {' | '.join(line(*values) for values in CATALOGUES.values())} |" for name, line in lines.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="only print the table of docs/scale.md")
    parser.add_argument("--quick", action="store_true", help="smaller largest sizes")
    parser.add_argument("--out", help="write OUT/scale.csv")
    parser.add_argument("--send", nargs=4, type=int, help=argparse.SUPPRESS)  # what processes of their own do
    parser.add_argument("--peak", nargs=3, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.send:
        return send(*options.send)
    if options.peak:
        return peak(*options.peak)
    if options.table:
        return print(table())
    found = []
    for what, size, unit, arithmetic, measured in rows(options.quick):
        ratio = round(measured / arithmetic, 4)
        print(
            f"{what}, {size}: {arithmetic:,.10g} {unit} by the arithmetic, {measured:,.10g} measured: {ratio}",
            flush=True,
        )
        row = {"what": what, "size": size, "unit": unit, "arithmetic": arithmetic, "measured": measured}
        found.append({**row, "measured / arithmetic": ratio, **columns(circumstances())})
    if options.out:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        pd.DataFrame(found).to_csv(Path(options.out) / "scale.csv", index=False)


if __name__ == "__main__":
    main()
