"""The benchmark from the shell.

python -m hrlib.benchmark --losses proxy-anchor hpl-proxy-anchor --catalogues synthetic --seeds 3 --out out/benchmark
python -m hrlib.benchmark --profile full --data-dir DIR --out out/full      # all losses, four catalogues
python -m hrlib.benchmark ... --shard 0/4                                   # on each of four machines; --shard auto under torchrun
python -m hrlib.benchmark --gather out/0 out/1 out/2 out/3 --out results    # the tables of all shards
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hrlib.benchmarking import benchmark, gather
from hrlib.benchmarking.profiles import PROFILES
from hrlib.benchmarking.results import Results
from hrlib.errors import HrlibError


def main(arguments: list[str] | None = None) -> None:
    """Run what the arguments say, print the leaderboards, save the tables."""
    options = _parser().parse_args(arguments)
    try:
        results = gather(options.gather) if options.gather else _run(options)
        results.save(options.results or options.out)
    except HrlibError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; what is done is kept: the same command goes on")
    for catalogue in results.runs["catalogue"].unique():
        print(
            f"\n{catalogue} (mean ± half of Student's 95% interval over seeds)\n{results.table(catalogue).to_string()}"
        )
    if len(results.differences):
        shown = results.differences[
            results.differences["metric"].isin(["map@r", "recall@1"]) & (results.differences["level"] == 0)
        ]
        print(
            f"\ndifferences, paired by seed and test class\n{shown.to_string(index=False, float_format='{:+.4f}'.format)}"
        )
    for key, error in results.about.get("failed", {}).items():
        print(f"FAILED {key}: {error}", file=sys.stderr)


def _chosen(options: argparse.Namespace) -> dict[str, Any]:
    chosen = dict(PROFILES[options.profile]) if options.profile else {}
    for name in ("losses", "catalogues", "seeds"):
        if getattr(options, name) is not None:
            chosen[name] = getattr(options, name)
            if name != "catalogues":  # a profile's further seeds are for its own losses
                chosen.pop("more_seeds", None)
    return chosen


def _run(options: argparse.Namespace) -> Results:
    chosen = _chosen(options)
    if "losses" not in chosen:
        raise HrlibError("nothing to run: give --losses, or --profile")
    load = {
        **chosen.pop("load", {}),
        **{key: getattr(options, key) for key in ("size", "data_dir") if getattr(options, key)},
    }
    fit = {
        key: getattr(options, key) for key in ("epochs", "batch_size", "per_class") if getattr(options, key) is not None
    }
    return benchmark(
        **{**chosen, **fit},
        load=load,
        out_dir=options.out,
        jobs=options.jobs,
        which=options.shard,
        imports=options.imports,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hrlib.benchmark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", choices=PROFILES, help="losses, catalogues, seeds and budget in one word")
    parser.add_argument("--losses", nargs="+")
    parser.add_argument("--catalogues", nargs="+")
    parser.add_argument("--seeds", type=int, help="how many")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--per-class", type=int)
    parser.add_argument("--size", choices=("small", "full"))
    parser.add_argument("--data-dir", help="where real photos lie; default: the environment's HRLIB_DATA")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side, one thread each")
    parser.add_argument("--shard", help="i/n, or auto")
    parser.add_argument("--imports", nargs="*", default=[], help="modules that register losses")
    parser.add_argument("--gather", nargs="+", metavar="FOLDER", help="only gather the runs of these folders")
    parser.add_argument("--out", required=True, help="the folder of the runs")
    parser.add_argument("--results", help="where to save the tables; default: --out")
    return parser
