"""What is seen while a benchmark runs: a line a run, and in a notebook the leaderboard as it fills."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hrlib import progress
from hrlib.benchmarking.run import read_result
from hrlib.benchmarking.spec import RunSpec


class Live:
    """Mean MAP@R of the finest level on test classes so far: a row a loss, a column a catalogue."""

    def __init__(self, specs: Sequence[RunSpec], folder: Path):
        self.values: dict[tuple[str, str], list[float]] = {}
        self.folder, self.display = folder, None
        for spec in specs:
            self._add(spec)

    def _add(self, spec: RunSpec) -> float | None:
        result = read_result(self.folder / spec.key)
        if result is None:
            return None
        value = result["metrics"][result["levels"][0]]["map@r"]
        self.values.setdefault((spec.label, spec.catalogue), []).append(value)
        return value

    def table(self) -> pd.DataFrame:
        """The means, with the number of seeds behind each."""
        cells = {key: f"{sum(found) / len(found):.4f} ({len(found)})" for key, found in self.values.items()}
        if not cells:
            return pd.DataFrame()
        return pd.Series(cells).unstack(fill_value="").rename_axis("map@r (seeds)")

    def tell(self, spec: RunSpec, error: str | None, done: int, total: int, seconds: float) -> None:
        """One run has ended."""
        value = None if error else self._add(spec)
        if not progress.shown():
            return
        left = seconds / done * (total - done)
        outcome = f"FAILED: {error}" if error else f"map@r {value:.4f}"
        if progress.in_a_notebook():
            from IPython.display import display

            if self.display is None:
                self.display = display(self.table(), display_id=True)
            else:
                self.display.update(self.table())
        else:
            print(
                f"{done}/{total} {spec.catalogue}, {spec.label}, seed {spec.seed}: {outcome}; {left / 60:.0f} min left",
                flush=True,
            )
