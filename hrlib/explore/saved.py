"""Projections on disk: the numbers in an .npz, and what they are of; nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from hrlib.errors import HrlibError
from hrlib.files import from_json, write_together
from hrlib.versions import versions

FORMAT = 1


def fingerprint(*parts: Any) -> str:
    """A digest of arrays (their type, shape and bytes) and of whatever JSON holds."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Saved:
    """Where a projection of this identity lies: PATH.npz for the kit, and PATH.json, which says the same for people.

    The identity is what the coordinates follow from: method, settings, and the fingerprint of the embeddings. Another identity
    has a file of its own. The versions are written down and not compared: coordinates that were shown once are shown again.
    """

    folder: Path
    identity: dict[str, Any]

    @property
    def path(self) -> Path:
        return self.folder / f"projection-{self.identity['method']}-{fingerprint(FORMAT, self.identity)[:12]}.npz"

    def read(self, n: int) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The arrays and the facts that `write` was given for n items, or None where there is no file.

        Raises:
            HrlibError: the file is damaged, or is another's. It is not made anew: the picture might not be the one that was shown.
        """
        if not self.path.exists():
            return None
        try:
            with zipfile.ZipFile(self.path) as archive:  # numpy reads on past the checksum of a part
                if part := archive.testzip():
                    raise ValueError(f"{part} is not what was written")
            with np.load(self.path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            facts = from_json(arrays.pop("facts").item())
            if facts["identity"] != self.identity or arrays["coordinates"].shape != (n, 2):
                raise ValueError("it holds another projection")
            if not arrays.keys() <= {"coordinates", "axes"} or any(
                array.dtype != np.float32 or array.ndim != 2 or array.shape[1] != 2 for array in arrays.values()
            ):
                raise ValueError("it holds something else than was written")
        except Exception as error:  # numpy and zipfile raise all kinds on a damaged file
            raise HrlibError(
                f"{self.path} is no whole saved projection ({type(error).__name__}: {error}): restore it from a copy, or delete it and "
                "project again; the picture may then be another one if the versions are"
            ) from error
        return arrays, facts

    def write(self, arrays: dict[str, Any], **facts: Any) -> None:
        """Save arrays and JSON-able facts; what was there is replaced."""
        made_by = versions() | {name: metadata.version(name) for name in ("numba", "scikit-learn", "umap-learn")}
        facts = {"identity": self.identity, **facts, "versions": made_by}
        data = io.BytesIO()
        np.savez(data, facts=np.array(json.dumps(facts)), **arrays)
        write_together(
            {self.path: data.getvalue(), self.path.with_suffix(".json"): json.dumps(facts, indent=1).encode()}
        )
