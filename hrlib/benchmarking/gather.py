"""From the folders of runs to tables: a row a number, and paired differences to a base."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrlib.benchmarking.results import Results
from hrlib.benchmarking.run import RESULT, read_queries, read_result
from hrlib.benchmarking.spec import PLACES, identity
from hrlib.errors import HrlibError
from hrlib.evaluation import paired_bootstrap, paired_t

PLACE = ["catalogue", "loss", "seed"]
# what a table of differences has, a row a catalogue, pair of losses, level and metric
COMPARED = ("recall@1", "map@r", "severity", "h-ap", "ndcg", "asi")
# the flat loss that each hierarchical one is compared with
BASES = {
    "hpl-proxy-anchor": "proxy-anchor",
    "hpl-discovered-proxy-anchor": "proxy-anchor",
    "hpl-proxy-nca": "proxy-nca",
    "hpl-discovered-proxy-nca": "proxy-nca",
    "hpl-proxy-nca++": "proxy-nca++",
    "hpl-discovered-proxy-nca++": "proxy-nca++",
    "contrastive-xbm": "contrastive",
}


def gather(folders: Iterable[str | Path], bases: dict[str, str] | None = None, draws: int = 2000) -> Results:
    """The results of all whole runs in the folders of one or several benchmarks (shards): a run that is there twice counts once.

    Raises:
        HrlibError: no whole run, or runs of one name and seed with different settings (the folders hold different benchmarks).
    """
    within = [Path(folder) for folder in folders]
    runs = [file.parent for folder in within for file in sorted(folder.glob(f"*/*/*/{RESULT}"))]
    if not runs:
        raise HrlibError(f"no whole run in {', '.join(map(str, within))}: start the benchmark, or name its out_dir")
    return of_runs(runs, bases, draws)


def of_runs(runs: Iterable[Path], bases: dict[str, str] | None = None, draws: int = 2000) -> Results:
    """The results of the whole runs in these folders, a run each."""
    found: dict[tuple, tuple[Path, dict]] = {}
    for folder in runs:
        result = read_result(folder)
        spec = result["spec"]
        place = (spec["catalogue"], spec["label"], spec["seed"])
        first, other = found.setdefault(place, (folder, result))
        if identity(other["spec"]) != identity(spec):
            raise HrlibError(
                f"{first} and {folder} are runs of {place} with different settings: gather them apart, or delete one"
            )
    order = sorted(found)
    rows = pd.DataFrame([row for place in order for row in _rows(place, found[place][1])])
    histories = [pd.DataFrame(found[p][1]["history"]).assign(**dict(zip(PLACE, p, strict=True))) for p in order]
    differences = _differences(found, BASES if bases is None else bases, draws)
    return Results(rows, differences, pd.concat(histories, ignore_index=True), _about(found))


def _rows(place: tuple, result: dict) -> list[dict]:
    numbers = {name: number for number, name in enumerate(result["levels"])}
    return [
        dict(zip(PLACE, place, strict=True))
        | {"level": numbers.get(level, -1), "level_name": level, "metric": metric, "value": value}
        for level, metrics in result["metrics"].items()
        for metric, value in metrics.items()
    ]


def _differences(found: dict, bases: dict[str, str], draws: int) -> pd.DataFrame:
    rows = []
    for catalogue in dict.fromkeys(place[0] for place in found):
        for loss, base in bases.items():
            seeds = [
                seed
                for c, name, seed in sorted(found)
                if (c, name) == (catalogue, loss) and (catalogue, base, seed) in found
            ]
            if not seeds:
                continue
            tables = [[read_queries(found[catalogue, name, seed][0]) for seed in seeds] for name in (base, loss)]
            first, *others = (table for side in tables for table in side)
            if any(len(table) != len(first) or set(table) != set(first) for table in others):
                raise HrlibError(
                    f"the runs of {base} and {loss} on {catalogue} have other queries or metrics: delete them, and do them again"
                )
            groups = first[("", "group")].to_numpy()
            levels = found[catalogue, loss, seeds[0]][1]["levels"]
            for level, metric in [column for column in tables[0][0].columns if column[1] in COMPARED]:
                a, b = (np.array([table[(level, metric)] for table in side]) for side in tables)
                if not np.isfinite(b - a).any():
                    continue
                interval = paired_bootstrap(a, b, groups=groups, n=draws)
                # severity has no value where every first hit is right, and then there is no interval over the seeds
                everywhere = np.isfinite(b - a).any(axis=1).all()
                over_seeds = paired_t(a, b) if len(seeds) > 1 and everywhere else None
                number = levels.index(level) if level in levels else -1
                row = {"catalogue": catalogue, "loss": loss, "base": base, "level": number, "level_name": level}
                row |= {"metric": metric, "mean": interval.mean, "low": interval.low, "high": interval.high}
                row |= {"t_low": getattr(over_seeds, "low", np.nan), "t_high": getattr(over_seeds, "high", np.nan)}
                rows.append(row | {"base_mean": float(np.nanmean(a)), "seeds": len(seeds)})
    return pd.DataFrame(rows)


def _about(found: dict) -> dict[str, Any]:
    results = [result for _, result in found.values()]
    settings = {}
    for result in results:
        spec = result["spec"]
        settings.setdefault(spec["catalogue"], {}).setdefault(
            spec["label"], {k: spec[k] for k in ("loss", "settings", "fit")}
        )
    first = results[0]["spec"]
    return {
        "runs": len(results),
        "hours_of_one_core": round(sum(result["seconds"] for result in results) / 3600, 2),
        "items": {result["spec"]["catalogue"]: result["items"] for result in results},
        "load": {
            result["spec"]["catalogue"]: {k: v for k, v in result["spec"]["load"].items() if k not in PLACES}
            for result in results
        },
        "common": {key: first[key] for key in ("split", "split_seed", "dim", "encoder")},
        "settings": settings,
        "precision": sorted({result["precision"] for result in results}),
        "versions": results[0]["versions"],
    }
