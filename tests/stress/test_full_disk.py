"""Every writer on a small disk that is full, or becomes full at any page of what is written: a clear error, and the older state, whole."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tarfile

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import hrlib as hr
from hrlib.catalogue.originals import files_fingerprint, read_file
from hrlib.catalogue.sources.tar import as_zip
from hrlib.catalogue.store import build_store
from hrlib.explore.saved import Saved, fingerprint
from hrlib.files import write
from hrlib.models.tokenizer import Tokenizer
from hrlib.notebooks.stored import store_outputs
from hrlib.search import FaissStore, VisualSearch
from hrlib.spreadsheet import to_csv
from hrlib.training.checkpoint import load_checkpoint, read_facts, save_checkpoint
from hrlib.training.snapshots import Snapshots
from tests.search.conformance import unit
from tests.stress import small_notebooks
from tests.tiny import tiny_shop

MB, PAGE = 1 << 20, 4096
FULL = r"cannot be written( \([\d,]+ bytes\))?: the disk is full \([\d,]+ bytes are free\)\. Make room there"


@pytest.fixture
def disk(tmp_path):
    """A folder on a disk of 16 MB."""
    folder = tmp_path / "a small disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={16 * MB}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@contextlib.contextmanager
def full(disk, free):
    """A block in which so many bytes are free."""
    ballast, room = disk / "ballast", os.statvfs(disk)
    assert not ballast.exists()
    ballast.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - free)))
    try:
        yield
    finally:
        ballast.unlink()


def files(disk):
    return {str(path.relative_to(disk)): path.read_bytes() for path in disk.rglob("*") if path.is_file()}


def save_bytes(disk, version):
    write(disk / "file", bytes([version]) * 30_000)


def load_bytes(disk):
    (version,) = set((disk / "file").read_bytes())
    return version


def save_a_checkpoint(disk, version):
    model = torch.nn.Linear(64, 64)
    torch.nn.init.constant_(model.weight, version)
    save_checkpoint(disk / "last", {"model": model}, None, {"version": version})


def load_a_checkpoint(disk):
    model = torch.nn.Linear(64, 64)
    facts = load_checkpoint(disk / "last", {"model": model})
    assert (model.weight == facts["version"]).all()
    assert json.loads((disk / "last.json").read_text()) == facts
    return facts["version"]


def saver_of_a_store(kind):
    def save(disk, version):
        store = FaissStore(8, kind, m=4, ef_construction=16, delta=10)
        store.upsert(list(range(200)), unit(200, version), {"version": [version] * 200})
        store.wait()
        store.upsert(["new"], unit(1, version), {"version": [version]})
        store.save(disk / "store")

    return save


def load_a_store(disk):
    store = FaissStore.open(disk / "store")
    vectors, table = store.get(list(range(200)))
    (version,) = set(table["version"])
    np.testing.assert_array_equal(vectors, unit(200, int(version)))
    return version


def save_a_projection(disk, version):
    x = unit(300)
    saved = Saved(disk, {"method": "pca", "embeddings": fingerprint(x)})
    saved.write({"coordinates": np.full((300, 2), version, np.float32)}, version=version)


def load_a_projection(disk):
    saved = Saved(disk, {"method": "pca", "embeddings": fingerprint(unit(300))})
    arrays, facts = saved.read(300)
    assert (arrays["coordinates"] == facts["version"]).all()
    assert json.loads(saved.path.with_suffix(".json").read_text()) == facts
    return facts["version"]


def save_results(disk, version):
    run = {
        "catalogue": "a",
        "loss": "b",
        "seed": 0,
        "level": 0,
        "level_name": "c",
        "metric": "d",
        "value": float(version),
    }
    tables = (pd.DataFrame([run] * 2000) for _ in range(3))
    hr.Results(*tables, {"version": version}).save(disk)


def load_results(disk):
    found = hr.Results.read(disk)
    assert {*found.runs["value"], *found.differences["value"], *found.curves["value"]} == {found.about["version"]}
    return found.about["version"]


TEXTS = {1: ["red shoe", "blue shirt"] * 5, 2: ["green hat", "yellow coat", "a tie"] * 5}


def save_a_tokenizer(disk, version):
    Tokenizer.train(TEXTS[version]).save(disk / "tokenizer.json")


def load_a_tokenizer(disk):
    found = Tokenizer.load(disk / "tokenizer.json").to_json()
    return {Tokenizer.train(texts).to_json(): version for version, texts in TEXTS.items()}[found]


def save_a_csv(disk, version):
    to_csv(pd.DataFrame({"version": [version] * 3000}), disk / "table.csv")


def load_a_csv(disk):
    table = pd.read_csv(disk / "table.csv")
    assert len(table) == 3000
    return table["version"].unique().item()


def save_outputs(disk, version):
    executed = small_notebooks.write(disk.parent / f"executed {version}", "one", f"version = {version}  # {'x' * 9000}")
    store_outputs(executed, disk / "one.ipynb")


def load_outputs(disk):
    found = nbformat.read(disk / "one.ipynb", as_version=4)
    return int(found.cells[-1].source.split()[2])


def save_snapshots(disk, version):
    shop = tiny_shop()
    model = hr.models.image_encoder("small", dim=8, seed=version)
    Snapshots(shop, disk)(0, model)


def load_snapshots(disk):
    shop = tiny_shop()
    (found,) = Snapshots(shop, disk).spaces.values()
    models = {version: hr.models.image_encoder("small", dim=8, seed=version) for version in (1, 2)}
    return next(version for version, model in models.items() if np.array_equal(hr.embed(model, shop), found))


WRITERS = {
    "bytes": (save_bytes, load_bytes),
    "a checkpoint": (save_a_checkpoint, load_a_checkpoint),
    "a store (exact)": (saver_of_a_store("exact"), load_a_store),
    "a store (hnsw)": (saver_of_a_store("hnsw"), load_a_store),
    "a store (ivf)": (saver_of_a_store("ivf"), load_a_store),
    "a projection": (save_a_projection, load_a_projection),
    "results of a benchmark": (save_results, load_results),
    "a tokenizer": (save_a_tokenizer, load_a_tokenizer),
    "a CSV": (save_a_csv, load_a_csv),
    "stored outputs of a notebook": (save_outputs, load_outputs),
    "snapshots of a training": (save_snapshots, load_snapshots),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_full_at_any_page(disk, fault, writer):
    """The disk has room for no page, one, two, ... until all is written."""
    save, load = WRITERS[writer]
    tried, free, written = fault("a full disk", writer), 0, False
    save(disk, 1)
    before = files(disk)
    while not written:
        with tried.trial(f"{free} bytes free"):
            with full(disk, free):
                try:
                    save(disk, 2)
                    written = True
                except hr.HrlibError as error:
                    assert re.search(FULL, str(error)), error
            if not written:
                assert files(disk) == before, "something is left, or is not what it was"
            assert load(disk) == (2 if written else 1)
        free += PAGE
        assert free < 4 * MB
    assert tried.tried > 1, "nothing was refused"
    tried.end()


def test_the_pixel_cache(disk, fault):
    """4 MB of photos where 3 are free; to write them through a memory map would end the process."""
    tried, photos = fault("a full disk", "the pixel cache"), []
    for number in range(40):
        photos.append(disk.parent / f"{number}.png")
        Image.new("RGB", (200, 170), (number, 0, 0)).save(photos[-1])

    def build(chosen, workers=1):
        facts = {"fingerprint": files_fingerprint(chosen), "size": (170, 200), "cache_dir": disk / "cache"}
        return build_store(chosen, read_file, workers=workers, **facts)[0]

    expected = build(photos[:10])[:]
    before = files(disk)
    for workers in (1, 2):
        with tried.trial(f"{workers} workers"):
            with (
                full(disk, 3 * MB),
                pytest.raises(
                    hr.HrlibError, match=r"photos-\w+ cannot be written \(4,080,000 bytes\): the disk is full"
                ),
            ):
                build(photos, workers)
            assert files(disk) == before
            np.testing.assert_array_equal(build(photos[:10])[:], expected)
    tried.end()


def test_a_tar_archive_that_is_packed_again(disk, fault):
    tried, archive = fault("a full disk", "an archive that is packed again"), disk.parent / "photos.tar"
    (disk.parent / "photo").write_bytes(np.random.default_rng(0).bytes(3 * MB))
    with tarfile.open(archive, "w") as tar:
        tar.add(disk.parent / "photo", "photo")
    with tried.trial(), full(disk, MB):
        with pytest.raises(hr.HrlibError, match=r"photos-\w+\.zip cannot be written .* the disk is full"):
            as_zip(archive, disk)
        assert not [path for path in files(disk) if path != "ballast"]
    assert as_zip(archive, disk).stat().st_size > 3 * MB
    tried.end()


def test_a_visual_search(disk, fault, tmp_path):
    """The photos, then the store, then the settings: what was saved before opens as long as not all is written."""
    tried, shop, free, written = fault("a full disk", "a visual search"), tiny_shop(), 0, False
    model = hr.models.image_encoder("small", dim=8, seed=0)
    store = FaissStore(8, "exact")
    store.upsert(shop.items["id"].tolist(), hr.embed(model, shop))
    search = VisualSearch(model, store, shop)
    search.save(disk / "shop")
    rng = np.random.default_rng(0)
    for number in range(5):
        search.add(f"new {number}", rng.integers(0, 256, (16, 12, 3), np.uint8))
    while not written:
        with tried.trial(f"{free} bytes free"):
            with full(disk, free):
                try:
                    search.save(disk / "shop")
                    written = True
                except hr.HrlibError as error:
                    assert re.search(FULL, str(error)), error
            found = VisualSearch.open(disk / "shop", model, shop)
            new = [one for one in found.store.ids() if isinstance(one, str)]
            assert len(found.store) == 120 + len(new) and len(new) in ((5,) if written else (0, 5))
            for one in new:
                np.testing.assert_array_equal(found.photo(one), search.photo(one))
            assert not [path for path in files(disk) if any(part.startswith(".") for part in path.split("/"))]
        free += PAGE
    tried.end()


def test_a_training(disk, fault):
    """It ends with the error, and goes on from its last checkpoint when there is room."""
    tried, shop = fault("a full disk", "a training"), tiny_shop()

    def fit(resume, on_epoch=None):
        torch.manual_seed(0)
        model, loss = hr.models.image_encoder("small", dim=8, seed=0), hr.losses.make("proxy-anchor", shop.hierarchy, 8)
        settings = {"epochs": 2, "batch_size": 48, "on_epoch": on_epoch}
        return hr.fit(model, loss, shop, out_dir=disk / "run", resume=resume, **settings)

    with tried.trial(), contextlib.ExitStack() as later:
        with pytest.raises(hr.HrlibError, match=r"last\.safetensors " + FULL):
            fit(False, lambda epoch, model: epoch and later.enter_context(full(disk, 0)))
        assert len(read_facts(disk / "run" / "last")["history"]) == 1
        later.close()
        assert list(fit(True).history.index) == [0, 1]
    tried.end()


def test_a_benchmark(disk, fault):
    """Its runs fail with the error, and are done when there is room."""
    tried, shop = fault("a full disk", "a benchmark"), tiny_shop()
    settings = {"out_dir": disk / "runs", "jobs": 1, "epochs": 1, "batch_size": 48, "dim": 8}
    with tried.trial():
        with (
            full(disk, 0),
            pytest.raises(hr.HrlibError, match="every run failed, the first with: HrlibError: .*" + FULL),
        ):
            hr.benchmark(["contrastive"], {"tiny": shop}, 1, **settings)
        assert hr.benchmark(["contrastive"], {"tiny": shop}, 1, **settings).about["failed"] == {}
    tried.end()


@pytest.mark.stress
def test_a_run_of_notebooks(disk, fault):
    """What it says, where it can still write down how it went and where it cannot; the executed notebook is whole."""
    tried = fault("a full disk", "a run of notebooks")
    sources = "answer = 42\nprint('x' * 60_000)", "metrics = {'answer': answer}", small_notebooks.WRITE
    small_notebooks.write(disk.parent / "notebooks", "one", *sources)
    command = [sys.executable, "-m", "hrlib.notebooks", "--notebooks", str(disk.parent / "notebooks")]

    def run():
        return subprocess.run([*command, "--out", str(disk / "out")], capture_output=True, text=True)

    done = run()
    assert done.returncode == 0, done.stderr
    for says in (
        r"one: it could not be run: HrlibError: .*one\.ipynb " + FULL,
        r"one: its process ended with 1 and wrote no run\.json: is the disk full \(0 bytes are free\)\?",
    ):
        with tried.trial(says):
            with full(disk, 0):
                done = run()
            assert done.returncode == 2 and "Traceback" not in done.stderr
            assert re.search(says, done.stderr) and re.search("error: .*" + FULL, done.stderr)
            nbformat.validate(nbformat.read(disk / "out" / "one" / "one.ipynb", as_version=4))
            assert not [path for path in files(disk) if any(part.startswith(".") for part in path.split("/"))]
        (disk / "out" / "one" / "run.json").unlink(missing_ok=True)  # whose place the next run would take
    assert run().returncode == 0
    tried.end()
