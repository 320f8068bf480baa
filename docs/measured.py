"""What benchmarks/results shows, as Markdown: the part "results" of README.

A conclusion stands with the condition under which it is true; where results no longer show it, the error says which.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pandas as pd

from benchmarks import run_all
from hrlib.benchmarking.results import Results
from hrlib.errors import HrlibError

# base, arm, what the arm adds: of the experiment on images and texts
CROSSMODAL = [
    ("contrast", "codebook", "a codebook"),
    ("contrast", "codebook + within", "a codebook, and contrast within a modality"),
    ("CMA", "CMA + IMC", "contrast within a modality"),
    ("CMA + IMC", "CMA + IMC + LMI", "contrast with local parts"),
    ("contrast", "full", "all of triple contrast"),
    ("full", "full, re-ranked", "ranking the first 32 anew"),
]


def held(condition: bool, sentence: str) -> str:
    """The sentence, if the results show it."""
    if not condition:
        raise HrlibError(
            f"benchmarks/results no longer shows this: {sentence!r}; expected docs/results.py to say what it shows"
        )
    return sentence


def interval(row: pd.Series) -> str:
    return f"{row['mean']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"


def table(columns: list[str], rows: list[list]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def hierarchy(stored: Path) -> str:
    """Hierarchical minus flat, of notebooks 03 and 04."""
    found = pd.read_csv(stored / "hierarchical_proxies.csv")
    key = ["dataset", "base", "per_class", "hierarchy", "level", "metric"]
    found = found[found["level"] != "all levels"].drop_duplicates(key)
    rows, gains = [], {}
    for case, part in found.groupby(key[:4], sort=False):
        fine, coarse = part["level"].unique()
        ranked = part[(part["level"] == fine) & (part["metric"] == "map@r")].iloc[0]
        first = part[(part["level"] == coarse) & (part["metric"] == "recall@1")].iloc[0]
        share = ranked["mean"] / ranked["flat"]
        gains[case] = ranked.to_dict() | {"share": share, "coarse low": first["low"], "coarse high": first["high"]}
        cells = [f"{ranked['flat']:.3f}", f"{interval(ranked)} ({share:+.1%})", f"{first['flat']:.3f}", interval(first)]
        rows.append([*case, *cells])
    columns = [
        "data",
        "loss",
        "photos a class in a batch",
        "hierarchy",
        "MAP@R, finest level: flat",
        "hierarchical minus flat",
    ]
    two, one, nca = (
        gains["fashion-products", base, count, "given"]
        for base, count in (("proxy-anchor", 2), ("proxy-anchor", 1), ("proxy-nca", 2))
    )
    letters, found_alone = (
        gains["omniglot", "proxy-anchor", 2, "given"],
        gains["fashion-products", "proxy-anchor", 2, "discovered"],
    )
    text = [
        held(
            all(gain["low"] > 0 < gain["coarse low"] for gain in (two, one, nca))
            and one["flat"] > two["flat"]
            and one["share"] < two["share"],
            "On fashion photos, where the superclass can be seen, the given hierarchy helps at both levels, and more where the flat model is "
            "trained worse: with one photo a class, and so the most classes in a batch, flat Proxy-Anchor is at its best and the gain is "
            f"{one['share']:.0%}; with two it is {two['share']:.0%}.",
        ),
        held(
            found_alone["low"] > 0,
            f"A hierarchy that is discovered in training reaches {found_alone['mean'] / two['mean']:.0%} of the given one's gain.",
        ),
        held(
            letters["high"] < 0 and letters["coarse low"] < 0 < letters["coarse high"],
            "On omniglot, where alphabets are no visual superclass, the given one costs: MAP@R of the characters falls, and Recall@1 by "
            "alphabet shows no clear difference.",
        ),
    ]
    seeds, epochs = (found[name].unique().item() for name in ("seeds", "epochs"))
    about = (
        f"Notebooks 03 and 04: {seeds} seeds, {epochs} epochs, the same data, initial weights and batches for all models, test classes never seen "
        "in training or in choosing the epoch. Hierarchical minus flat with 95% intervals (paired bootstrap over seeds and test classes); "
        "`benchmarks/results/hierarchical_proxies.csv` has all rows, with Student's intervals over the seeds; the commands are in "
        "`benchmarks/hierarchical_proxies.py`."
    )
    columns += ["Recall@1, superclass: flat", "hierarchical minus flat"]
    return "\n\n".join([about, table(columns, rows), " ".join(text)])


def losses(stored: Path) -> str:
    """All losses on four catalogues, of notebook 06."""
    full, rows = Results.read(stored / "benchmark"), []
    for catalogue in full.runs["catalogue"].unique():
        boards = [full.leaderboard(catalogue, metric) for metric in ("map@r", "h-ap")]
        first = [f"{board.index[0]} {board['mean'].iloc[0]:.3f}" for board in boards]
        own = full.differences[(full.differences["catalogue"] == catalogue) & (full.differences["level"] == 0)]
        own = own[own["metric"] == "map@r"].set_index("loss")
        rows.append([catalogue, *first, *(interval(own.loc[f"hpl-{base}"]) for base in ("proxy-anchor", "proxy-nca"))])
    columns = ["data", "first by MAP@R, finest level", "first by H-AP, all levels"]
    columns += [f"MAP@R, hierarchical minus flat: {base}" for base in ("proxy-anchor", "proxy-nca")]
    count = full.runs["loss"].nunique()
    about = f"Notebook 06, with intervals: {count} losses on {len(rows)} catalogues, {full.about['runs']} runs on the same budget."
    return about + "\n\n" + table(columns, rows)


def attributes(stored: Path) -> str:
    """Of notebook 07."""
    pairs = pd.read_csv(stored / "attributes_differences.csv").set_index(["base", "arm"])
    order, by_type = (
        pairs.loc[("random order", "graded triplets")],
        pairs.loc[("triplets by articleType", "graded triplets")],
    )
    best = max(
        ("graded triplets", "attributes", "autoencoder"),
        key=lambda base: pairs.loc[(base, "all tasks, shared"), "base mean"],
    )
    together = pairs.loc[(best, "all tasks, shared")]
    return held(
        by_type["low"] > 0 and together["low"] > 0,
        f"Notebook 07, attributes on fashion products divided by items, {by_type['seeds']:.0f} seeds: triplets graded by how many attributes match "
        f"reach NDCG@10 {by_type['arm mean']:.3f}, semi-hard triplets by articleType {by_type['base mean']:.3f} ({interval(by_type)}), a random order "
        f"{order['base mean']:.3f}. Classification, graded triplets and a variational autoencoder over one embedding reach {together['arm mean']:.3f}, "
        f"{interval(together)} over the best of them alone.",
    )


def images_and_texts(stored: Path) -> str:
    """Of notebooks 08 and 09; nothing before the experiment is done."""
    path = stored / "crossmodal_differences.csv"
    if not path.is_file() or not (stored / "crossmodal.csv").is_file():
        return ""
    pairs = pd.read_csv(path)
    pairs = (
        pairs[(pairs["metric"] == "mean_recall") & (pairs["temperature"] == 0.07)]
        .set_index(["base", "arm", "wrong"])
        .sort_index()
    )
    rows = []
    for base, arm, added in CROSSMODAL:
        for wrong, row in pairs.loc[(base, arm)].iterrows():
            rows.append([added, f"{base} → {arm}", f"{wrong:.0%}", f"{row['base mean']:.3f}", interval(row)])
    columns = ["what is added", "from → to", "wrong pairs", "mean recall before", "difference"]
    runs = pd.read_csv(stored / "crossmodal.csv")
    usual = runs[runs["pairs"] == runs["pairs"].min()].iloc[0]
    about = (
        f"Notebooks 08 and 09, photos and titles of fashion products, {usual['pairs']:,} pairs to train on, {usual['gallery']:,} others as the gallery, "
        f"{usual['epochs']} epochs, {runs['seed'].nunique()} seeds; mean recall is of Recall@1, 5 and 10, both ways."
    )
    once = "".join(
        f"\n\nOn {row['pairs']:,} pairs, once: {row['arm']} reaches {row['mean_recall']:.3f}."
        for _, row in runs[runs["pairs"] > usual["pairs"]].iterrows()
    )
    return about + "\n\n" + table(columns, rows) + once


def search(stored: Path) -> str:
    """Of notebook 10."""
    rows = []
    for path in sorted(stored.glob("search-*.json")):
        run = json.loads(path.read_text())
        name = next(name for name in run["median"] if name.startswith("choice: "))
        others = (other for other in run["median"] if "by hand" in other)
        best = min(others, key=lambda other: run["median"][other])
        size = f"{run['settings']['vectors']:,} x {run['settings']['dimensions']}"
        ratio = [run["median"][other] / run["median"][name] for other in ("exact", best)]
        rows.append(
            [
                path.stem.removeprefix("search-"),
                size,
                name.removeprefix("choice: "),
                f"{run['recall'][name]:.3f}",
                *(f"{times:.3g}" for times in ratio),
            ]
        )
    columns = [
        "vectors",
        "how many",
        "what `choose_index` takes",
        "recall@10",
        "times as quick as exact search",
        "as the quickest that was tuned by hand",
    ]
    return "Notebook 10, queries one at a time on one core:\n\n" + table(columns, rows) if rows else ""


def speed(stored: Path) -> str:
    """What is claimed of speed, and whether it holds: of `benchmarks/run_all.py`."""
    path = stored / "speed.csv"
    if not path.is_file():
        return ""
    lines = pd.read_csv(path)
    claims = lines[lines["asked"].notna()]
    where = ", ".join(lines["processor"].unique())
    about = (
        f"Speed and memory, `make bench` on {where}, {lines['cores'].max()} cores: what is claimed, and whether it held there. "
        "`benchmarks/results/speed.csv` has every line, also those of which nothing is claimed, and `scaling.png` how cost grows with the items."
    )
    return about + "\n\n" + run_all.markdown(claims).strip()


def results(stored: Path) -> str:
    """All of it; what is not measured yet is left out."""
    parts = [
        hierarchy(stored),
        losses(stored),
        attributes(stored),
        images_and_texts(stored),
        search(stored),
        speed(stored),
    ]
    pieces = "\n\n".join(filter(None, parts)).split("\n\n")
    return "\n\n".join(piece if piece.startswith("|") else wrapped(piece) for piece in pieces)


def wrapped(text: str) -> str:
    return textwrap.fill(text, 150, break_long_words=False, break_on_hyphens=False)
