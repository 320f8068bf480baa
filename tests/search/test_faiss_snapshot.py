"""Snapshots: every damaged or missing file is refused by name, before anything reads it; old ones and remains are swept."""

import json
import os
import shutil

import faiss
import numpy as np
import pytest

from hrlib import HrlibError
from hrlib.search import FaissStore, faiss_snapshot
from tests.search.conformance import unit

FILES = {
    "exact": ["manifest.json", "metadata.parquet", "new.npy", "rows.parquet"],
    "hnsw": ["index.faiss", "manifest.json", "metadata.parquet", "new.npy", "rows.parquet"],
    "ivf": ["index.faiss", "manifest.json", "metadata.parquet", "new.npy", "rows.parquet"],
}


def make(kind):
    """A store of 60 items: 50 in the index, 5 of them gone, and 10 new ones; metadata."""
    store = FaissStore(8, kind, m=4, ef_construction=16, delta=20)
    store.upsert(list(range(50)), unit(50), {"number": list(range(50))})
    store.wait()
    store.delete(list(range(5)))
    store.upsert([f"new {n}" for n in range(10)], unit(10, 1), {"season": ["Fall"] * 10})
    return store


@pytest.fixture(scope="module", params=FILES)
def saved(request, tmp_path_factory):
    return make(request.param).save(tmp_path_factory.mktemp("a store") / request.param)


def test_what_is_saved_is_what_is_opened(saved):
    kind = saved.name
    (snapshot,) = saved.iterdir()
    assert sorted(path.name for path in snapshot.iterdir()) == FILES[kind]
    store, expected = FaissStore.open(saved), make(kind)
    stats, same = store.stats(), expected.stats()
    assert stats.pop("bytes") <= same.pop("bytes"), "without the room to grow"
    assert stats == same
    assert store.ids() == expected.ids()
    found, same = store.search(unit(9, 3), 7), expected.search(unit(9, 3), 7)
    assert found.ids == same.ids
    np.testing.assert_array_equal(np.array(found.scores), np.array(same.scores))


@pytest.mark.parametrize("kind", ["hnsw", "ivf"])
@pytest.mark.parametrize(
    "wrong", [{"kind": None}, {"kind": "exact"}, {"kind": ["hnsw"]}, {"trained": None}, {"trained": "50"}], ids=str
)
def test_facts_of_another_index_are_refused_though_their_checksum_is_right(tmp_path, kind, wrong):
    path = make(kind).save(tmp_path / "store") / "snapshot-000001" / "manifest.json"
    content = json.loads(path.read_text())["content"]
    content["built"] |= wrong
    path.write_text(json.dumps({"content": content, "checksum": faiss_snapshot._checksum(content)}))
    with pytest.raises(HrlibError, match="describes no store"):
        FaissStore.open(tmp_path / "store")


@pytest.mark.parametrize("damage", ["bit", "cut", "longer", "empty", "missing"])
def test_a_damaged_file_is_refused_by_name(saved, tmp_path, damage, monkeypatch):
    (names,) = [FILES[saved.name]]
    reached = []
    monkeypatch.setattr(faiss, "read_index", lambda *args: reached.append(args))
    for name in names:
        folder = tmp_path / f"{name} {damage}"
        shutil.copytree(saved, folder)
        path = folder / "snapshot-000001" / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        whole = path.read_bytes()
        broken = {"bit": bytes(data), "cut": whole[:-1], "longer": whole + b"\0", "empty": b""}
        path.unlink() if damage == "missing" else path.write_bytes(broken[damage])
        if name == "manifest.json" and damage == "longer":
            path.write_bytes(whole + b"}")
        with pytest.raises(HrlibError, match=f"snapshot-000001/{name} is (damaged|missing).*restore the folder"):
            FaissStore.open(folder)
    assert not reached, "faiss has seen a file that was not checked"


def test_any_change_of_the_manifest_is_seen(saved, tmp_path):
    shutil.copytree(saved, tmp_path / "copy")
    path = tmp_path / "copy" / "snapshot-000001" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["content"]["dim"] = 9
    path.write_text(json.dumps(manifest))
    with pytest.raises(HrlibError, match="manifest.json is damaged .its content does not have the checksum"):
        FaissStore.open(tmp_path / "copy")
    for text in ("[]", "3", '{"content": 1}', "\udc80"):
        path.write_text(text, errors="surrogateescape")
        with pytest.raises(HrlibError, match="manifest.json is damaged"):
            FaissStore.open(tmp_path / "copy")


def test_the_newest_counts_and_older_ones_and_remains_are_swept(tmp_path):
    store = FaissStore(8)
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    left = tmp_path / f".snapshot-abc.{os.uname().nodename}.{dead}"
    alive = tmp_path / f".snapshot-abc.{os.uname().nodename}.{os.getppid()}"
    for folder in (left, alive, tmp_path / "snapshot-of-mine", tmp_path / "snapshot-000000"):
        folder.mkdir()
        (folder / "a file").write_text("")
    for number in range(3):
        store.upsert([number], unit(1, number))
        store.save(tmp_path)
    names = ["snapshot-000003", "snapshot-of-mine"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [alive.name, *names], (
        "only what is ours and abandoned goes"
    )
    assert FaissStore.open(tmp_path).ids() == [0, 1, 2]


def test_an_older_snapshot_beside_a_newer_is_not_read(tmp_path):
    """As a kill between the renaming and the removal leaves them: the older one may be half removed."""
    store = make("exact")
    store.save(tmp_path)
    shutil.copytree(tmp_path / "snapshot-000001", tmp_path / "snapshot-000002")
    (tmp_path / "snapshot-000001" / "rows.parquet").unlink()
    assert FaissStore.open(tmp_path).ids() == store.ids()


def test_a_full_disk_leaves_the_old_snapshot(tmp_path, monkeypatch):
    store = make("exact")
    store.save(tmp_path)
    expected = store.ids()
    store.upsert(["more"], unit(1, 7))

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(HrlibError, match="cannot be written .* the disk is full"):
            store.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot-000001"]
    assert FaissStore.open(tmp_path).ids() == expected


def test_everything_is_synced_before_it_gets_its_name_and_its_folder_after(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)

        def seen(*args, name=name, real=real):
            what = os.readlink(f"/proc/self/fd/{args[0]}") if name == "fsync" else str(args[1])
            calls.append((name, os.path.basename(what)))
            return real(*args)

        monkeypatch.setattr(os, name, seen)
    make("ivf").save(tmp_path / "shop")
    renamed = calls.index(("rename", "snapshot-000001"))
    assert {what for _, what in calls[: renamed - 1]} == set(FILES["ivf"])
    assert calls[renamed - 1][1].startswith(".snapshot-"), "then the folder with their names"
    assert calls[renamed + 1 :] == [("fsync", "shop"), ("fsync", tmp_path.name)]


def test_another_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hrlib.search.faiss_snapshot.FORMAT", 99)
    make("exact").save(tmp_path)
    monkeypatch.undo()
    with pytest.raises(HrlibError, match="format 99; this hrlib reads 1"):
        FaissStore.open(tmp_path)
