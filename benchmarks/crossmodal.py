"""Images and texts, the claims of codebook and triple contrast: benchmarks/results/crossmodal.csv, crossmodal_differences.csv.

python benchmarks/crossmodal.py --data-dir DIR --runs out/crossmodal --shard 0/2 &
python benchmarks/crossmodal.py --data-dir DIR --runs out/crossmodal --shard 1/2 &
wait; python benchmarks/crossmodal.py --data-dir DIR --runs out/crossmodal --best; python benchmarks/crossmodal.py --runs out/crossmodal --gather

Fashion products, a title a photo: 10,000 pairs to train, 2,000 for the choice of settings and of the best arm, 3,000 as the gallery of the
test; no title is in two of them. Every arm has the same items, wrong pairs, initial weights, views, batches and steps, and but for the one that is
named so the same teacher; the temperature is fixed, so that the arms differ in what they are named after. --best trains the best arm without
wrong pairs once on all other items. A run that is there is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

import hrlib as hr
from hrlib.catalogue.captions import Captions
from hrlib.evaluation import Interval, crossmodal_per_query, geometry, paired_bootstrap, paired_t
from hrlib.files import write
from hrlib.losses import CodebookLoss, TripleContrastiveLoss
from hrlib.models import CrossModalModel, ImageLocals, Tokenizer, dual_encoder, fusion_encoder
from hrlib.training import PairBatches
from hrlib.versions import versions

HERE = Path(__file__).parent
PARTS = {"train": 10_000, "validation": 2_000, "test": 3_000}
DIM, CODES, QUEUE, BATCH, LENGTH = 128, 256, 2048, 128, 16
EPOCHS, LR = 4, 1e-3
OFF = {"cross": True, "within": False, "transport": False, "swapped": False}  # contrast alone
# weights and softness by crossmodal_trials.py
ON = {"cross": True, "within": False, "transport": 0.2, "swapped": 0.2, "softness": 0.0}
LOCAL = 0.2  # weight of LMI, likewise; CMA is softened by .4, as its authors do


def codebook(**settings) -> Callable[[int], CodebookLoss]:
    return lambda seed: CodebookLoss(CODES, DIM, seed=seed, **settings)


def triple(**settings) -> Callable[[int], TripleContrastiveLoss]:
    rest = {"imc": False, "lmi": False, "matching": False, "words": False}
    return lambda seed: TripleContrastiveLoss(**{**rest, **settings})


ARMS = {  # the loss; and what else is another than usual: momentum 0, the teacher is the student itself; fusion
    "contrast": (codebook(**OFF, softness=0.0), {}),
    "codebook without teacher": (codebook(**ON), {"momentum": 0.0}),
    "codebook": (codebook(**ON), {}),
    "codebook, random": (codebook(**ON, frozen=1.0), {}),  # the control: codes that stay as they were drawn
    "codebook + within": (codebook(**{**ON, "within": 0.2}), {}),  # all of CODIS but its fusion encoder
    "CMA": (triple(), {}),
    "CMA + IMC": (triple(imc=True), {}),
    "CMA + IMC + LMI": (triple(imc=True, lmi=LOCAL), {}),
    "CMA + IMC + LMI, shuffled": (triple(imc=True, lmi=LOCAL, shuffle_locals=True), {}),  # the control
    "full": (triple(imc=True, lmi=LOCAL, matching=True, words=True), {"fusion": True}),
}
RERANKED = "full, re-ranked"
CONDITIONS = [(0.0, 0.07), (0.4, 0.07), (0.0, 0.02), (0.4, 0.02)]  # share of wrong pairs, temperature
AT_LOW = ("contrast", "codebook")  # arms that are run at .02 as well
MAIN = "mean_recall"
PAIRS = [
    *(("contrast", arm) for arm in (*list(ARMS)[1:], RERANKED)),
    ("codebook without teacher", "codebook"),
    ("codebook, random", "codebook"),
    ("codebook", "codebook + within"),
    ("CMA", "CMA + IMC"),
    ("CMA + IMC", "CMA + IMC + LMI"),
    ("CMA + IMC + LMI, shuffled", "CMA + IMC + LMI"),
    ("CMA + IMC + LMI", "full"),
    ("full", RERANKED),
]
GEOMETRY = ("gap", "same_modality", "probe", "alignment", "code_agreement", "neighbour_label_a", "neighbour_label_b")


def parts(data_dir: str | None, everything: bool = False) -> dict[str, tuple[hr.Catalogue, Captions]]:
    """The items of each part, none of whose titles is in another; with `everything` all that is left trains."""
    catalogue = hr.load("fashion-products", size="full", classes="articleType", data_dir=data_dir)
    titles = Captions.of(catalogue).titles
    order = np.random.default_rng(0).permutation(titles.max() + 1)[titles]  # items title by title, titles at random
    rows, found, start = np.argsort(order, kind="stable"), {}, 0
    for name in ("test", "validation", "train"):
        stop = start + PARTS[name]
        while stop < len(rows) and order[rows[stop]] == order[rows[stop - 1]]:  # a title that was begun
            stop += 1
        found[name] = np.sort(rows[start : None if everything and name == "train" else stop])
        start = stop
    return {name: ((part := catalogue.subset(chosen)), Captions.of(part)) for name, chosen in found.items()}


def train(
    loss: Callable,
    seed: int,
    wrong: float,
    temperature: float,
    items: dict,
    momentum: float = 0.995,
    fusion: bool = False,
    **settings,
) -> hr.training.Run:
    """One arm from nothing, its loss made by the seed. Settings are those of `fit`."""
    catalogue, captions = items["train"]
    tokenizer = Tokenizer.train(captions.flat)  # the words themselves are right, whoever they were given to
    captions, _ = captions.mismatched(wrong, seed)
    student = dual_encoder(
        tokenizer, dim=DIM, length=LENGTH, temperature=temperature, learn_temperature=False, seed=seed
    )
    fused = fusion_encoder(student, seed=seed) if fusion else None
    model = CrossModalModel(student, momentum=momentum, queue=QUEUE, fusion=fused)
    batches = PairBatches(captions, tokenizer, BATCH, seed, LENGTH)
    return hr.fit(model, loss(seed), catalogue, batches=batches, views=2, augment="captioned", seed=seed, **settings)


def measured(trained: hr.training.Run, catalogue: hr.Catalogue, captions: Captions) -> tuple[dict, pd.DataFrame]:
    """Recall and geometry, and the mean recall of each item; with a fusion encoder also re-ranked."""
    model, found, queries = trained.model, {}, {}
    images, texts = hr.embed(model, catalogue), model.encode_texts(captions.flat)
    rerankers = {"": None}
    if model.fusion is not None:
        rerankers[RERANKED] = model.reranker(hr.embed(ImageLocals(model), catalogue), captions.flat)
    for name, rerank in rerankers.items():
        ranks = crossmodal_per_query(images, texts, titles=captions.titles, rerank=rerank)
        by_way = ranks.groupby("direction").mean().drop(columns=["item", "rank"])
        found[name] = {f"{way} {metric}": value for way, row in by_way.iterrows() for metric, value in row.items()}
        found[name] |= {f"{way} median rank": r["rank"].median() for way, r in ranks.groupby("direction")}
        queries[name] = ranks.groupby("item")[MAIN].mean()
        found[name][MAIN] = queries[name].mean()
    codes = trained.loss.codebook().detach() if getattr(trained.loss, "coded", False) else None
    labels = catalogue.hierarchy.column(0)
    found[""] |= geometry(images, texts, codes, labels, titles=captions.titles).to_dict()
    return found, pd.DataFrame(queries)


def run(job: tuple, items: dict, **settings) -> dict:
    """What a JSON of a run holds."""
    arm, seed, wrong, temperature = job
    start = time.process_time()
    loss, more = ARMS[arm]
    trained = train(loss, seed, wrong, temperature, items, **more, **settings)
    spent = time.process_time() - start
    values, queries = measured(trained, *items["test"])
    captions = items["test"][1]
    facts = {"arm": arm, "seed": seed, "wrong": wrong, "temperature": temperature, "seconds": spent, **settings}
    facts |= {"pairs": len(items["train"][1]), "gallery": len(captions), "versions": versions(), "values": values}
    facts |= {"validation": measured(trained, *items["validation"])[0], "titles": captions.titles.tolist()}
    facts |= {"history": trained.history.reset_index().to_dict("list")}
    return facts | {"per_item": {name: column.round(4).tolist() for name, column in queries.items()}}


def jobs(arms: list[str], seeds: int) -> list[tuple]:
    """Arm, seed, share of wrong pairs and temperature of all runs, seed by seed."""
    every = product(range(seeds), CONDITIONS, arms)
    return [
        (arm, seed, wrong, temperature)
        for seed, (wrong, temperature), arm in every
        if temperature == 0.07 or arm in AT_LOW
    ]


def gather(folder: Path, out: Path) -> None:
    """The tables of the runs that are there."""
    runs = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    facts = ("pairs", "gallery", "epochs", "wrong", "temperature", "seed")
    rows = pd.DataFrame(
        [
            {
                "arm": name or r["arm"],
                **{fact: r[fact] for fact in facts},
                "seconds": None if name else round(r["seconds"]),
            }
            | {"validation": r["validation"][name][MAIN], **values}
            | {"matching loss": r["history"].get("loss.matching", [np.nan])[-1]}  # of the last epoch
            for r in runs
            for name, values in r["values"].items()
        ]
    )
    rows["seconds"] = rows["seconds"].astype("Int64")  # none for what is the same run, ranked anew
    rows["arm"] = pd.Categorical(rows["arm"], [*ARMS, RERANKED])
    rows = rows.sort_values(["pairs", "temperature", "wrong", "arm", "seed"])
    rows.to_csv(out / "crossmodal.csv", index=False, float_format="%.4f")
    usual = [r for r in runs if r["pairs"] < 2 * PARTS["train"]]
    differences = pd.DataFrame(
        [
            {"temperature": temperature, "wrong": wrong, **row}
            for wrong, temperature in CONDITIONS
            for base, arm in PAIRS
            for row in compared([r for r in usual if (r["wrong"], r["temperature"]) == (wrong, temperature)], base, arm)
        ]
    )
    differences.to_csv(out / "crossmodal_differences.csv", index=False, float_format="%.4f")
    shown = rows.groupby(["pairs", "temperature", "wrong", "arm"], observed=True)[[MAIN, "same_modality", "gap"]]
    print(shown.agg(["mean", "std"]).to_string(float_format="{:.4f}".format))
    print(differences[differences["metric"] == MAIN].to_string(index=False, float_format="{:.4f}".format))


def compared(runs: list[dict], base: str, arm: str) -> list[dict]:
    """Differences arm - base paired by seed, a row a metric; of mean recall paired by item too, by a bootstrap over seeds and titles.

    low, high: that bootstrap, or Student's interval over the seeds where there are no items (geometry); t_low, t_high: Student's.
    """
    found = {(name or r["arm"], r["seed"]): (r, name) for r in runs for name in r["values"]}
    seeds = sorted(seed for name, seed in found if name == base and (arm, seed) in found)
    if not seeds:
        return []
    both = [[found[name, seed] for seed in seeds] for name in (base, arm)]
    items = np.array([[run["per_item"][name] for run, name in runs] for runs in both])
    rows = [interval(MAIN, items.mean(axis=2), paired_bootstrap(*items, groups=both[0][0][0]["titles"]))]
    for metric in GEOMETRY:
        values = np.array([[run["values"][name].get(metric, np.nan) for run, name in runs] for runs in both])
        if not np.isnan(values).any():
            rows.append(interval(metric, values))
    return [{"base": base, "arm": arm, "seeds": len(seeds), **row} for row in rows]


def interval(metric: str, means: np.ndarray, difference: Interval | None = None) -> dict:
    """A row of the differences from the means (2, seeds) of two arms."""
    student = paired_t(*means) if means.shape[1] > 1 else None
    difference = difference or student
    row = {
        "metric": metric,
        "base mean": means[0].mean(),
        "arm mean": means[1].mean(),
        "mean": np.diff(means.mean(1))[0],
    }
    row |= {end: getattr(difference, end, np.nan) for end in ("low", "high")}
    return row | {f"t_{end}": getattr(student, end, np.nan) for end in ("low", "high")}


def best_arm(folder: Path) -> str:
    """The arm of the highest mean recall on the validation items, over the runs without wrong pairs at .07."""
    runs = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    runs = [r for r in runs if (r["wrong"], r["temperature"]) == CONDITIONS[0]]
    table = pd.DataFrame([(r["arm"], max(v[MAIN] for v in r["validation"].values())) for r in runs])
    return table.groupby(0)[1].mean().idxmax()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("HRLIB_DATA"))
    parser.add_argument("--runs", type=Path, required=True, help="the folder with a JSON a run")
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--lr", type=float, default=LR)
    parser.add_argument("--shard", default="0/1", help="i/n: every n-th run from the i-th on")
    parser.add_argument("--best", action="store_true", help="the best arm once, on all that is not measured")
    parser.add_argument("--gather", action="store_true", help="only make the tables")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    if options.gather:
        return gather(options.runs, options.out)
    items, (shard, shards) = parts(options.data_dir, options.best), map(int, options.shard.split("/"))
    planned = [(best_arm(options.runs), 0, *CONDITIONS[0])] if options.best else jobs(options.arms, options.seeds)
    for job in planned[shard::shards]:
        name = "-".join(map(str, job)).replace(" ", "").replace(",", "-") + ("-all" if options.best else "")
        path = options.runs / f"{name}.json"
        if not path.is_file():
            found = run(job, items, epochs=options.epochs, lr=options.lr)
            write(path, json.dumps(found).encode())
            recalls = {name: round(values[MAIN], 4) for name, values in found["validation"].items()}
            print(
                f"{name}: validation {recalls}, {found['seconds']:.0f} s", flush=True
            )  # nothing is chosen by the test


if __name__ == "__main__":
    main()
