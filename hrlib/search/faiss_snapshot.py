"""A faiss store on disk: snapshots of which a crash leaves the old one or the new one, whole; nothing is unpickled.

    folder/snapshot-000007/   manifest.json   a checksum of every file, and of itself
                              rows.parquet    the id of each row, and whether it is alive
                              metadata.parquet
                              new.npy         vectors that are not in the index
                              index.faiss     if there is one, with its vectors

A snapshot is written under another name, synced with its folder and renamed: the one with the highest number counts. Then
the older ones are removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from hrlib.errors import HrlibError
from hrlib.files import from_json, mark, sweep, sync, writing
from hrlib.search.faiss_index import Index, wrapped
from hrlib.search.faiss_settings import IndexSettings
from hrlib.search.faiss_state import State
from hrlib.search.table import Table
from hrlib.versions import versions

FORMAT = 1
FACTS = {"format", "dim", "index", "settings", "rows", "built", "files"}  # what a manifest must say


def write(folder: Path, state: State, facts: dict[str, Any]) -> Path:
    """Save a state and JSON-able facts as the newest snapshot of a folder; returns the folder."""
    with writing(folder, state.new.nbytes + (state.index.nbytes if state.index else 0)):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        aside = folder / f".snapshot-{uuid.uuid4().hex}.{mark()}"
        aside.mkdir()
        try:
            _write_files(aside, state)
            _write_manifest(aside, state, facts)
            for path in (*aside.iterdir(), aside):
                sync(path)
            newest = _put(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        sync(folder)
        sync(folder.parent)
    for number, path in _snapshots(folder):
        if number < newest:
            shutil.rmtree(path, ignore_errors=True)
    return folder


def _write_files(folder: Path, state: State) -> None:
    ids = state.row_ids[: state.rows].tolist()
    rows = {
        "id_text": pa.array([one if isinstance(one, str) else None for one in ids], pa.string()),
        "id_number": pa.array([one if isinstance(one, int) else None for one in ids], pa.int64()),
        "alive": pa.array(state.alive[: state.rows]),
    }
    parquet.write_table(pa.table(rows), folder / "rows.parquet")
    parquet.write_table(state.table.to_arrow(), folder / "metadata.parquet")
    # numpy and faiss write through a FILE of C, and do not look whether its last bytes had room: a full disk cut off 45 bytes unseen
    with open(folder / "new.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(state.new))
        file.write(state.new.data)
    if state.index:
        with open(folder / "index.faiss", "wb") as file:
            faiss.write_index(state.index.faiss_index, faiss.PyCallbackIOWriter(file.write))


def _write_manifest(folder: Path, state: State, facts: dict[str, Any]) -> None:
    files = {path.name: _facts(path) for path in sorted(folder.iterdir())}
    index = {"kind": state.index.kind, "trained": state.index.trained} if state.index else None
    content = {"format": FORMAT, **facts, "rows": state.rows, "built": index, "files": files, "versions": versions()}
    manifest = {"content": content, "checksum": _checksum(content)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _put(aside: Path, folder: Path) -> int:
    """Give a finished snapshot its name; the next number, where another process has taken it."""
    while True:
        number = max((number for number, _ in _snapshots(folder)), default=0) + 1
        target = folder / f"snapshot-{number:06d}"
        try:
            os.rename(aside, target)
            return number
        except OSError:
            if not target.exists():
                raise


def read(folder: Path) -> tuple[State, dict[str, Any]]:
    """The newest snapshot of a folder, its checksums checked before anything is read from it, and the facts."""
    for _ in range(3):
        snapshots = _snapshots(folder)
        if not snapshots:
            raise HrlibError(f"no store in {folder}: expected a folder that FaissStore.save has written")
        _, newest = max(snapshots)
        try:
            return _read(newest)
        except HrlibError:
            if newest.exists():
                raise  # else another process has saved, and removed it
    raise HrlibError(f"{folder} is being saved to all the time: try again")


def _read(folder: Path) -> tuple[State, dict[str, Any]]:
    facts = _manifest(folder / "manifest.json")
    for name, expected in facts["files"].items():
        path = folder / name
        if not path.is_file():
            raise _damaged(path, "is missing")
        if _facts(path) != expected:
            raise _damaged(
                path, f"is damaged (its checksum or its size, {path.stat().st_size} bytes, is not what was saved)"
            )
    try:
        return _state(folder, facts), facts
    except HrlibError:
        raise
    except Exception as error:  # somebody has made the checksums right again: pyarrow, numpy and faiss raise all kinds
        raise _damaged(folder / "manifest.json", f"describes no store ({type(error).__name__}: {error})") from error


def _state(folder: Path, facts: dict[str, Any]) -> State:
    rows = parquet.ParquetFile(folder / "rows.parquet").read().to_pydict()
    given = [number if text is None else text for text, number in zip(rows["id_text"], rows["id_number"], strict=True)]
    alive, settings = np.array(rows["alive"], bool), IndexSettings.of(facts["settings"])
    if not len(given) == len(alive) == facts["rows"] or None in given or not isinstance(facts["dim"], int):
        raise ValueError("its rows are not those that it says")
    ids = np.empty(len(given), object)
    ids[:] = given
    table = Table.from_arrow(parquet.ParquetFile(folder / "metadata.parquet").read(), facts["rows"])
    index = _index(folder, facts["built"], settings) if facts["built"] else None
    new, built = np.load(folder / "new.npy", allow_pickle=False), len(index) if index else 0
    fits = new.dtype == np.float32 and new.shape == (len(ids) - built, facts["dim"]) and np.isfinite(new).all()
    if not fits or (index and index.faiss_index.d != facts["dim"]):
        raise ValueError("its vectors are not those that it says")
    return State(index, new, ids, alive, table, int(alive.sum()))


def _index(folder: Path, built: dict[str, Any], settings: IndexSettings) -> Index:
    made = faiss.read_index(str(folder / "index.faiss"))  # whole into memory: a mapped one cannot be added to
    if type(made) is not {"ivf": faiss.IndexIVFFlat, "hnsw": faiss.IndexHNSWFlat}.get(built["kind"]):
        raise ValueError(f"{built['kind']!r} is another index than that in its file")
    if type(built["trained"]) is not int:
        raise ValueError(f"{built['trained']!r} is no number of vectors")
    return wrapped(built["kind"], made, settings, built["trained"])


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = from_json(path.read_bytes())
        content, checksum = manifest["content"], manifest["checksum"]
    except FileNotFoundError:
        raise _damaged(path, "is missing") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"is damaged ({type(error).__name__}: {error})") from error
    if checksum != _checksum(content):
        raise _damaged(path, "is damaged (its content does not have the checksum that it says)")
    if not isinstance(content, dict):
        raise _damaged(path, f"describes no store (it holds a {type(content).__name__})")
    if content.get("format") != FORMAT:
        raise HrlibError(
            f"{path} has format {content.get('format')!r}; this hrlib reads {FORMAT}: use the version that wrote it"
        )
    if not content.keys() >= FACTS or not isinstance(content["files"], dict):
        raise _damaged(path, f"describes no store (expected {', '.join(sorted(FACTS))})")
    return content


def _damaged(path: Path, what: str) -> HrlibError:
    return HrlibError(f"{path} {what}: restore the folder {path.parent} from a copy, or fill a store anew")


def _snapshots(folder: Path) -> list[tuple[int, Path]]:
    found = ((re.fullmatch(r"snapshot-(\d+)", path.name), path) for path in folder.glob("snapshot-*"))
    return [(int(match[1]), path) for match, path in found if match]


def _facts(path: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        return {"bytes": path.stat().st_size, "blake2b": hashlib.file_digest(file, hashlib.blake2b).hexdigest()}


def _checksum(content: Any) -> str:
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode()).hexdigest()
