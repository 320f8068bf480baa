"""The command that trains what a file describes, in one process and in two, and what it says about a file that is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lightning_fabric.plugins.environments.lightning import find_free_network_port
from PIL import Image

import hrlib as hr
from hrlib.train import main

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder of photos: 12 products of 4 photos, of 2 kinds."""
    folder, rng = tmp_path_factory.mktemp("data") / "shop", np.random.default_rng(0)
    for product in range(12):
        below = folder / f"kind {product % 2}" / f"product {product:02}"
        below.mkdir(parents=True)
        for photo in range(4):
            pixels = np.clip(rng.normal(20 * product, 20, (16, 16, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(below / f"{photo}.png")
    return folder


def described(shop, out, **changed):
    return {
        "catalogue": {"folder": str(shop), "levels": ["product", "kind"], "image_size": [16, 16], "workers": 1},
        "split": {"fractions": [0.34, 0.33, 0.33]},
        "model": {"dim": 8},
        "loss": {"name": "hpl-proxy-anchor", "weights": [1.0, 0.5]},
        "fit": {"epochs": 2, "batch_size": 5, "accelerator": "cpu", "precision": "float32", "augment": "none"},
        "out_dir": str(out),
        **changed,
    }


def written(folder, values):
    (folder / "run.json").write_text(json.dumps(values))
    return str(folder / "run.json")


def results(out):
    embeddings, ids = np.load(out / "embeddings.npy"), json.loads((out / "ids.json").read_text())
    return json.loads((out / "metrics.json").read_text()), embeddings, ids


def test_one_process(shop, tmp_path, capsys):
    main(["--config", written(tmp_path, described(shop, tmp_path / "out"))])
    told, embeddings, ids = results(tmp_path / "out")
    catalogue = hr.from_folder(shop, ["product", "kind"], image_size=(16, 16), workers=1)
    test = catalogue.split_classes((0.34, 0.33, 0.33))[2]
    assert ids == test.items["id"].tolist() and embeddings.shape == (len(test), 8)
    expected = hr.evaluate(embeddings, test.hierarchy)
    assert told["metrics"]["product"]["map@r"] == pytest.approx(expected.loc["product", "map@r"])
    assert told["items"] == {"train": 16, "val": 16, "test": 16} and told["processes"] == 1
    assert "product: recall@1" in capsys.readouterr().out
    before = (tmp_path / "out" / "last.safetensors").read_bytes()
    main(["--config", str(tmp_path / "run.json")])  # nothing is left to do
    assert (tmp_path / "out" / "last.safetensors").read_bytes() == before


def test_two_machines_as_one_process(shop, tmp_path):
    """Two torchruns on this machine, each of which takes itself for a machine with one process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    values = described(shop, tmp_path / "two")
    values["fit"] |= {"devices": 1, "num_nodes": 2, "strategy": "ddp"}
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"]
    command += ["--master-addr=127.0.0.1", f"--master-port={find_free_network_port()}"]
    given = ["-m", "hrlib.train", "--config", written(tmp_path, values)]
    started = [
        subprocess.Popen(
            [*command, f"--node-rank={number}", *given],
            **{"cwd": tmp_path, "env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True},
        )
        for number in range(2)
    ]
    try:
        said = [process.communicate(timeout=600) for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], [errors[-3000:] for _, errors in said]
    assert [output.count("product: recall@1") for output, _ in said] == [1, 0]
    main(["--config", written(tmp_path, described(shop, tmp_path / "one"))])
    (two, vectors, ids), (one, vectors_, ids_) = results(tmp_path / "two"), results(tmp_path / "one")
    assert two["processes"] == 2 and ids == ids_
    np.testing.assert_allclose(vectors, vectors_, atol=1e-3)
    assert two["metrics"]["product"]["map@r"] == pytest.approx(one["metrics"]["product"]["map@r"], abs=0.02)
    assert not [file.name for file in (tmp_path / "two").iterdir() if file.name.startswith(".")]


def test_official_parts_with_a_gallery(shop, tmp_path):
    rows = [
        {"image": str(p.relative_to(shop)), "class": p.parent.name, "split": s}
        for n, p in enumerate(sorted(shop.rglob("*.png")))
        for s in [("train" if n < 24 else "query" if n % 4 == 0 else "gallery")]
    ]
    pd.DataFrame(rows).to_csv(shop / "items.csv", index=False)
    values = described(shop, tmp_path / "out")
    values |= {"catalogue": {"table": str(shop / "items.csv"), "image_size": [16, 16]}, "split": {"by": "official"}}
    main(["--config", written(tmp_path, values | {"loss": {"name": "proxy-anchor"}})])
    told, embeddings, ids = results(tmp_path / "out")
    assert told["items"] == {"train": 24, "query": 6, "gallery": 18} and len(embeddings) == len(ids) == 6
    assert len(np.load(tmp_path / "out" / "gallery.npy")) == 18
    assert told["metrics"]["class"]["queries"] == 6


def test_a_file_that_cannot_be_read_ends_the_command_with_a_sentence(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(SystemExit, match="error: .*run.json cannot be read as JSON"):
        main(["--config", str(tmp_path / "run.json")])
