"""What the kit has saved, damaged in every region, or changed by somebody who makes the checksums right again."""

import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.explore.saved import Saved
from hrlib.models.tokenizer import Tokenizer
from hrlib.search import faiss_snapshot
from hrlib.training.checkpoint import save_checkpoint
from hrlib.training.folder import RunFolder
from tests.hostile import saved
from tests.hostile.damage import DEEP, damaged, damaged_json, json_bytes, odd_json, odd_values, tries


@pytest.fixture(scope="session")
def saved_once(tmp_path_factory):
    """saved_once(name) -> the reader, its folder, and the whole bytes of each file in it."""
    made = {}

    def once(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("saved") / name
            folder.mkdir()
            reader = saved.MAKERS[name](folder)
            made[name] = (
                reader,
                folder,
                {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()},
            )
        return made[name]

    return once


@pytest.mark.parametrize("name", saved.MAKERS)
def test_they_are_sound_before_they_are_damaged(name, saved_once):
    reader, folder, _ = saved_once(name)
    assert reader.same(reader.read(folder))


def harm(reader, path, whole):
    """Damage to the part of a file that is not kept."""
    kept = reader.kept if path.suffix == ".npy" else 0
    if path.suffix in (".json", ".ipynb") and not kept:
        return damaged_json(whole)
    return damaged(whole[: len(whole) - kept]).map(lambda head: head + whole[len(whole) - kept :])


@pytest.mark.parametrize("name", saved.MAKERS)
@tries(100)
@given(data=st.data())
def test_damaged_files(name, saved_once, attempt, data):
    reader, folder, files = saved_once(name)
    path = data.draw(st.sampled_from(list(files)))
    path.write_bytes(data.draw(harm(reader, path, files[path])))

    def call():
        answer = reader.read(folder)
        assert reader.same(answer), "damage was not seen"
        return answer

    try:
        attempt("damaged files", reader.name, call, folder, names=reader.names)
    finally:
        path.write_bytes(files[path])


@pytest.mark.parametrize("name", saved.MAKERS)
def test_a_bit_turned_in_each_region(name, saved_once, attempt):
    """Every file in equal regions, from its first byte to its last; what is not refused must say the same as before."""
    reader, folder, files = saved_once(name)
    regions = 100 if settings().max_examples >= 1000 else 6
    for path, whole in files.items():
        end = len(whole) - (reader.kept if path.suffix == ".npy" else 0)
        for place in sorted({*range(0, end, max(1, end // regions)), end - 1}):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
            call = lambda: reader.same(reader.read(folder))  # noqa: E731
            try:
                answer, _ = attempt("a bit turned in each region", reader.name, call, folder, names=reader.names)
            finally:
                path.write_bytes(whole)
            assert answer is not False, f"damage of {path.name} at byte {place} was not seen"


@pytest.mark.parametrize("name", saved.MAKERS)
def test_missing_files_and_folders_in_their_place(name, saved_once, attempt):
    reader, folder, files = saved_once(name)
    for path, whole in files.items():
        for put in (lambda path: None, lambda path: path.mkdir(), lambda path: path.symlink_to(path)):
            path.unlink()
            put(path)
            try:
                attempt("missing files, folders and loops", reader.name, lambda: reader.read(folder), folder)
            finally:
                if path.is_symlink() or path.is_file():
                    path.unlink()
                elif path.is_dir():
                    path.rmdir()
                path.parent.mkdir(exist_ok=True, parents=True)
                path.write_bytes(whole)


@tries(100)
@given(data=st.data())
def test_checkpoints_with_odd_facts(fresh, attempt, data):
    folder, (modules, optimizer) = fresh() / "a run", saved.parts(0)
    odd = data.draw(odd_json(saved.FACTS))
    save_checkpoint(folder / "last", modules, optimizer, odd if isinstance(odd, dict) else {"history": odd})
    shutil.copy(folder / "last.safetensors", folder / "best.safetensors")
    call = lambda: RunFolder(folder).restore(*saved.parts(1), saved.NOW)  # noqa: E731
    answer, _ = attempt("odd facts", "fit(resume=True)", call, folder, names=str(folder))
    if answer is not None:  # what the run then does with them
        saved_facts, rows = answer[0], answer[0]["history"]
        assert saved_facts["step"] >= 0 and all(map(math.isfinite, saved_facts["epoch"].values()))
        assert pd.DataFrame(rows or {"epoch": []}).set_index("epoch") is not None and max(
            (row.get("map@r", 0) for row in rows), default=0
        ) < float("inf")


@pytest.mark.parametrize("kind", ["exact store", "hnsw store"])
@tries(100)
@given(data=st.data())
def test_stores_whose_checksums_are_right(kind, saved_once, attempt, data):
    """Somebody has changed the manifest, or the table and the vectors, and written what they amount to. faiss's own file is let alone: it
    is a C++ library's, which the checksum guards against damage and nobody against malice."""
    reader, folder, files = saved_once(kind)
    (manifest,) = (path for path in files if path.name == "manifest.json")
    content = json.loads(files[manifest])["content"]
    changed = data.draw(st.sampled_from(["manifest.json", "rows.parquet", "metadata.parquet", "new.npy"]))
    path = manifest.parent / changed
    if path == manifest:
        content = data.draw(odd_json(content))
    else:
        path.write_bytes(data.draw(damaged(files[path])))
        content["files"][changed] = faiss_snapshot._facts(path)
    manifest.write_bytes(json_bytes({"content": content, "checksum": faiss_snapshot._checksum(content)}))
    try:
        attempt("a snapshot with right checksums", reader.name, lambda: reader.read(folder), folder)
    finally:
        manifest.write_bytes(files[manifest])
        path.write_bytes(files[path])


@tries(200)
@given(data=st.data())
def test_projections_whose_checksums_are_right(fresh, attempt, data):
    identity = {"method": "pca", "settings": {"seed": 0}}
    projection = Saved(fresh() / "here", identity)
    projection.folder.mkdir()
    facts = {"identity": identity, "quality": {"points": 5.0}, "measured_by": None}
    text = data.draw(st.one_of(odd_json(facts).map(json_bytes), st.just(DEEP))).decode()
    arrays = {"facts": np.array(text), "coordinates": np.zeros((5, 2), np.float32)}
    for name in data.draw(st.lists(st.sampled_from(["facts", "coordinates", "axes", "more"]), max_size=2)):
        shape = data.draw(st.sampled_from([(), (0,), (5,), (5, 2), (2, 5), (5, 2, 1)]))
        arrays[name] = np.zeros(shape, data.draw(st.sampled_from(["f4", "f8", "i8", "U3", "S3", "c8", "?", "M8[s]"])))
    np.savez(projection.path, **arrays)
    attempt(
        "odd contents", "a saved projection", lambda: projection.read(5), projection.folder, names=str(projection.path)
    )


@pytest.mark.parametrize("name", ["projection", "snapshots", "cache", "hnsw store"])
def test_pickles_are_not_loaded(name, saved_once, attempt):
    """An array of objects in the place of a file of arrays: numpy would unpickle it, were it allowed to."""
    reader, folder, files = saved_once(name)
    path = next(path for path in files if path.suffix in (".npy", ".npz"))
    try:
        with open(path, "wb") as file:
            np.save(file, np.array([print, {1}], dtype=object), allow_pickle=True)
        attempt("a pickle", reader.name, lambda: reader.read(folder), folder)
    finally:
        path.write_bytes(files[path])


@tries(200)
@given(data=st.data())
def test_tokenizers_of_somebody_else(saved_once, attempt, data):
    """Only the vocabulary is taken: what else the library's file could ask for (a length of 10**12, a pattern that never ends) is refused."""
    reader, _, files = saved_once("tokenizer")
    (whole,) = files.values()
    other = json.loads(whole)
    part = data.draw(st.sampled_from(sorted(other)))
    other[part] = data.draw(st.one_of(odd_values, odd_json(other[part])))
    answer, _ = attempt("odd contents", reader.name, lambda: Tokenizer.from_json(json.dumps(other)))
    if answer is not None:
        assert answer.to_json() == Tokenizer.from_json(answer.to_json()).to_json()
        assert len(answer.encode(["red"], 4)[0]) == 4


def test_a_tokenizer_that_pads_to_the_moon(saved_once, attempt):
    _, _, files = saved_once("tokenizer")
    (whole,) = files.values()
    padding = {"strategy": {"Fixed": 10**12}, "direction": "Right", "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    other = json.loads(whole) | {"padding": padding | {"pad_to_multiple_of": None}}
    _, refusal = attempt("odd contents", "Tokenizer.load", lambda: Tokenizer.from_json(json.dumps(other)))
    assert isinstance(refusal, HrlibError)
