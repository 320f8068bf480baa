"""The results of a benchmark: one table of all runs, and leaderboards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.evaluation import paired_t
from hrlib.files import from_json, write_together

TABLES = ("runs", "differences", "curves")
RUNS = {"catalogue", "loss", "seed", "level", "level_name", "metric", "value"}  # the columns of `runs`


@dataclass(frozen=True)
class Results:
    """What a benchmark found, as tables that fit into a repository.

    runs: a row a catalogue, loss, seed, level and metric, with its `value` on test classes. Levels are numbered, 0 the finest ("all levels"
    is -1), beside their names.
    differences: a row a catalogue, loss, base, level and metric: mean of loss minus base, `low` and `high` of the paired bootstrap over seeds
    and test classes, `t_low` and `t_high` of Student's interval over the seeds alone, `seeds`.
    curves: a row a run and epoch, with what its history has. about: settings, versions and failures.
    """

    runs: pd.DataFrame
    differences: pd.DataFrame
    curves: pd.DataFrame
    about: dict[str, Any]

    def leaderboard(self, catalogue: str, metric: str = "map@r", level: int = 0) -> pd.DataFrame:
        """Losses by the mean of a metric on a catalogue: mean, the half width of Student's 95% interval over seeds (NaN for one seed), seeds.

        For metrics of all levels (h-ap, ndcg, asi, ahd@k) the level is -1 of itself.
        """
        level = -1 if metric in set(self.runs.loc[self.runs["level"] == -1, "metric"]) else level
        chosen = self.runs[
            (self.runs["catalogue"] == catalogue) & (self.runs["metric"] == metric) & (self.runs["level"] == level)
        ]
        if not len(chosen):
            raise HrlibError(
                f"no runs with {metric!r} at level {level} on {catalogue!r}; catalogues: {', '.join(self.runs['catalogue'].unique())}; "
                f"metrics: {', '.join(self.runs['metric'].unique())}"
            )
        rows = {
            loss: _mean_and_half_width(group["value"].to_numpy()) for loss, group in chosen.groupby("loss", sort=False)
        }
        table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "half_width", "seeds"]).rename_axis(
            "loss"
        )
        best_is_low = metric == "severity" or metric.startswith("ahd")
        return table.astype({"seeds": int}).sort_values("mean", ascending=best_is_low)

    def table(
        self,
        catalogue: str,
        metrics: Sequence[tuple[str, int]] = (("map@r", 0), ("recall@1", 0), ("h-ap", -1), ("severity", 0)),
    ) -> pd.DataFrame:
        """Several metrics side by side as text, "mean ± half width", best MAP@R first."""
        boards = {metric: self.leaderboard(catalogue, metric, level) for metric, level in metrics}
        order = next(iter(boards.values())).index
        text = {
            metric: [
                f"{row['mean']:.3f} ± {row['half_width']:.3f}" if row["seeds"] > 1 else f"{row['mean']:.3f}"
                for _, row in board.loc[order].iterrows()
            ]
            for metric, board in boards.items()
        }
        return pd.DataFrame(text, index=order).assign(seeds=next(iter(boards.values()))["seeds"])

    def save(self, folder: str | Path) -> None:
        """Write runs.parquet, differences.parquet, curves.parquet and about.json, all or none."""
        files = {Path(folder) / f"{name}.parquet": getattr(self, name).to_parquet(index=False) for name in TABLES}
        write_together({**files, Path(folder) / "about.json": json.dumps(self.about, indent=1).encode()})

    @classmethod
    def join(cls, parts: Sequence[Results]) -> Results:
        """The results of benchmarks over different catalogues, such as one that was run catalogue by catalogue, as one."""
        catalogues = [str(name) for part in parts for name in part.runs["catalogue"].unique()]
        if len(set(catalogues)) < len(catalogues) or not parts:
            raise HrlibError(
                f"results of {', '.join(catalogues) or 'nothing'}: expected different catalogues in each part"
            )
        common = ("common", "precision", "versions")
        differ = [key for key in common if any(part.about[key] != parts[0].about[key] for part in parts)]
        about = {
            key: parts[0].about[key] if key not in differ else [part.about[key] for part in parts] for key in common
        }
        for key in ("runs", "hours_of_one_core"):
            about[key] = round(sum(part.about[key] for part in parts), 2)
        for key in ("items", "load", "settings"):
            about[key] = {name: value for part in parts for name, value in part.about[key].items()}
        about["failed"] = {key: error for part in parts for key, error in part.about.get("failed", {}).items()}
        tables = (pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in TABLES)
        return cls(**dict(zip(TABLES, tables, strict=True)), about=about)

    @classmethod
    def read(cls, folder: str | Path) -> Results:
        """What `save` wrote, in the folder or, joined, in the folders in it."""
        folder = Path(folder)
        if parts := sorted(file.parent for file in folder.glob("*/about.json")):
            read = [cls.read(part) for part in parts]
            try:
                return cls.join(read)
            except HrlibError:
                raise
            except Exception as error:  # Python raises all kinds on facts that are odd
                raise HrlibError(
                    f"the about.json of the folders in {folder} do not fit ({error}): gather the runs again"
                ) from error
        if not (folder / "about.json").is_file():
            raise HrlibError(
                f"no results in {folder}: expected about.json and three parquet files, as a benchmark writes them"
            )
        try:
            tables = [pd.read_parquet(folder / f"{name}.parquet") for name in TABLES]
            about = from_json((folder / "about.json").read_bytes())
            sound = isinstance(about, dict) and set(tables[0]) >= RUNS and tables[0]["value"].dtype.kind in "fiu"
            if not sound or not all(
                isinstance(x, str) for x in tables[0][["catalogue", "loss", "metric"]].to_numpy().flat
            ):
                raise ValueError(
                    f"expected runs with {', '.join(sorted(RUNS))}, and an about.json that says what was run"
                )
        except Exception as error:  # pyarrow raises all kinds on a damaged file
            raise HrlibError(f"the results in {folder} are damaged ({error}): gather the runs again") from error
        return cls(**dict(zip(TABLES, tables, strict=True)), about=about)


def _mean_and_half_width(values: np.ndarray) -> tuple[float, float, int]:
    if len(values) < 2:
        return float(values.mean()), float("nan"), len(values)
    interval = paired_t(np.zeros(len(values)), values)
    return interval.mean, interval.high - interval.mean, len(values)
