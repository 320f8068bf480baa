"""On a GPU: the time of a step of each loss and images per second, in absolute terms, with the GPU's name, the date and the versions.

    python benchmarks/gpu.py --out benchmarks/results       # writes gpu-NAME.json

Each loss of `hr.losses.names()`, forward and backward, on random unit vectors: 512 dimensions, 180 photos of 90 classes, 11,318 classes (Stanford
Online Products); the median of 50 steps, each waited for. Images per second: `hr.fit` with its defaults and `hr.embed` on photos of 64 x 48, a
thousand different ones over and over, the small encoder; and --model, if it is given, a pretrained one by its name or folder.

Without CUDA nothing is measured, and the exit code is 77, which stands for left out. NOT YET TRIED ON A GPU: none was there when it was written.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from report import circumstances, line, write

import hrlib as hr
from hrlib.losses.inputs import call

LEFT_OUT = 77  # as in automake: the test was not run


def waited(work: Callable[[], object], count: int, warmup: int = 10) -> list[float]:
    """Seconds of each of `count` calls, the GPU waited for before and after."""
    seconds = []
    for number in range(-warmup, count):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        if number >= 0:
            seconds.append(time.perf_counter() - start)
    return seconds


def steps(device: torch.device, classes: int, dim: int, batch: int, count: int) -> dict[str, list[float]]:
    """Seconds of each step of each loss."""
    tree = pd.DataFrame({"class": np.arange(classes), "superclass": np.arange(classes) % 12})
    hierarchy = hr.Hierarchy.from_frame(tree)
    torch.manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(batch, dim, device=device), dim=1)
    labels = torch.randperm(classes, device=device)[: batch // 2].repeat_interleave(2)
    found = {}
    for name in hr.losses.names():
        loss = hr.losses.make(name, hierarchy, dim).to(device)

        def step(loss: torch.nn.Module = loss) -> None:
            loss.zero_grad()
            known = {"embeddings": vectors.clone().requires_grad_(), "labels": labels}
            call(loss, known | {"progress": torch.tensor(0.5, device=device)}).backward()

        found[name] = waited(step, count)
    return found


def images(encoder: str, items: int, epochs: int) -> dict[str, float]:
    """Images per second of `hr.fit`, in its quickest epoch, and of `hr.embed` afterwards."""
    photos = np.random.default_rng(0).integers(0, 255, (1_000, 64, 48, 3), np.uint8)
    hierarchy = hr.Hierarchy.from_frame(pd.DataFrame({"class": np.arange(items) // 5}))
    store = hr.ImageStore(photos, np.arange(items) % len(photos))
    catalogue = hr.Catalogue("made up", pd.DataFrame({"id": np.arange(items)}), store, hierarchy)
    model = hr.models.image_encoder(encoder, dim=64)
    loss = hr.losses.HierarchicalProxyLoss(hierarchy, 64, weights=(1.0,))
    run = hr.fit(model, loss, catalogue, epochs=epochs, accelerator="cuda")
    seconds = waited(lambda: hr.embed(model, catalogue), 1, warmup=1)
    return {"fit": float(run.history["images_per_second"].max()), "embed": items / seconds[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=11_318)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--batch", type=int, default=180)
    parser.add_argument("--items", type=int, default=50_000, help="photos of an epoch")
    parser.add_argument("--model", help="a pretrained encoder beside the small one")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, 5 steps")
    parser.add_argument("--out", help="folder for gpu-NAME.json")
    args = parser.parse_args()
    if not torch.cuda.is_available():
        print("no CUDA device here: nothing is measured")
        sys.exit(LEFT_OUT)
    if args.quick:
        args.classes, args.items = args.classes // 10, args.items // 10
    device, name = torch.device("cuda"), torch.cuda.get_device_name()
    times = steps(device, args.classes, args.dim, args.batch, 5 if args.quick else 50)
    medians = {loss: statistics.median(seconds) for loss, seconds in times.items()}
    for loss, seconds in medians.items():
        print(f"{loss:32} {seconds * 1e3:8.2f} ms a step")
    speed = {encoder: images(encoder, args.items, 3) for encoder in filter(None, ("small", args.model))}
    for encoder, found in speed.items():
        print(
            f"{encoder}: "
            + ", ".join(f"{what} {per_second:,.0f} images a second" for what, per_second in found.items())
        )
    size = f"{args.classes:,} classes x {args.dim}, {args.batch} photos"
    rows = [line(f"{name}: a step of {loss}: {size}", seconds) for loss, seconds in medians.items()]
    rows += [
        line(f"{name}: {what}, a photo, {enc}", 1 / rate)
        for enc, found in speed.items()
        for what, rate in found.items()
    ]
    if args.out:
        gpu = {"name": name, "capability": torch.cuda.get_device_capability(), "cuda": torch.version.cuda}
        record = {"benchmark": "gpu", "gpu": gpu, "settings": vars(args), **circumstances(), "seconds": times}
        write(
            args.out, f"gpu-{re.sub(r'[^A-Za-z0-9]+', '-', name)}", record | {"images_per_second": speed, "lines": rows}
        )


if __name__ == "__main__":
    main()
