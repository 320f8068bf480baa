"""A catalogue's embeddings after each epoch of a run: what a map moves through."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from hrlib import processes
from hrlib.errors import HrlibError
from hrlib.files import write
from hrlib.training.embed import embed

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue


class Snapshots:
    """For `fit(..., on_epoch=Snapshots(catalogue))`; afterwards `spaces` has the embeddings by epoch.

    Args:
        catalogue: the N items to embed.
        folder: where to keep them, a file an epoch. A run that goes on (`resume`) finds those of its first part there; give each
            run a folder of its own.
        every: epochs from one to the next; the first epoch is always kept.
    """

    def __init__(self, catalogue: Catalogue, folder: str | Path | None = None, every: int = 1):
        if every < 1:
            raise HrlibError(f"every is {every}: expected at least 1 epoch")
        self.catalogue, self.folder, self.every = catalogue, Path(folder) if folder else None, every
        self._kept: dict[int, np.ndarray] = {}
        for file in sorted(self.folder.glob("epoch-*.npy")) if self.folder else ():
            if (number := file.stem.removeprefix("epoch-")).isdecimal():
                self._kept[int(number)] = self._read(file)

    def __call__(self, epoch: int, model: nn.Module) -> None:
        for later in [kept for kept in self._kept if kept > epoch]:  # an earlier run's, which went further
            del self._kept[later]
            if self.folder and processes.rank() == 0:
                self._file(later).unlink(missing_ok=True)
        if epoch % self.every:
            return
        self._kept[epoch] = embed(model, self.catalogue)
        if self.folder and processes.rank() == 0:
            data = io.BytesIO()
            np.save(data, self._kept[epoch], allow_pickle=False)
            write(self._file(epoch), data.getvalue())

    @property
    def spaces(self) -> dict[str, np.ndarray]:
        """ "epoch 1", "epoch 2", ... -> (N, D) float32 unit vectors; the first epoch is 1 here, as people count."""
        return {f"epoch {epoch + 1}": vectors for epoch, vectors in sorted(self._kept.items())}

    def _file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04}.npy"

    def _read(self, file: Path) -> np.ndarray:
        try:
            with open(file, "rb") as data:
                vectors = np.load(data, allow_pickle=False)
                if getattr(vectors, "dtype", None) != np.float32 or vectors.ndim != 2 or data.read(1):
                    raise ValueError("it holds something else than was written")
        except Exception as error:  # numpy raises all kinds on a damaged file
            raise HrlibError(f"{file} is no whole array ({error}): delete it, its epoch is then left out") from error
        if len(vectors) != len(self.catalogue):
            raise HrlibError(
                f"{file} has {len(vectors)} rows, the catalogue {len(self.catalogue)} items: give another folder"
            )
        return vectors
