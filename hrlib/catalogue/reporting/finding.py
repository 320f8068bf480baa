"""A finding, and how the items that it is about are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from hrlib.catalogue.catalogue import Catalogue


@dataclass(frozen=True, eq=False)
class Finding:
    """Something that is wrong with a catalogue, or that limits what can be done with it.

    Attributes:
        said: what was found, in numbers.
        advice: what to do about it.
        rows: the rows, pairs, classes or columns that it is about.
    """

    said: str
    advice: str
    rows: pd.DataFrame


def item_table(catalogue: Catalogue, rows: np.ndarray) -> pd.DataFrame:
    """row, id and path ("kitchen > mug") of some rows."""
    path = [" > ".join(catalogue.hierarchy.path(int(row))) for row in rows]
    return pd.DataFrame({"row": rows, "id": catalogue.items["id"].to_numpy()[rows], "path": path})


def pair_table(catalogue: Catalogue, pairs: pd.DataFrame) -> pd.DataFrame:
    """The same of both of each pair; `pairs` has the columns row, other and similarity."""
    one, two = (item_table(catalogue, pairs[side].to_numpy()) for side in ("row", "other"))
    two.columns = ["other", "other id", "other path"]
    return pd.concat([one, two], axis=1).assign(similarity=pairs["similarity"].to_numpy())


def counted(count: int, what: str) -> str:
    """``"1 photo"``, ``"1,203 photos"``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
