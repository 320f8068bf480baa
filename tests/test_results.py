"""README and the index of notebooks say what benchmarks/results has: docs/results.py, docs/measured.py."""

import json
import re
import shutil

import pandas as pd
import pytest

from docs import measured, results
from hrlib import HrlibError


@pytest.fixture
def stored(tmp_path):
    return shutil.copytree(results.STORED, tmp_path / "results")


def test_the_readme_says_what_the_results_are():
    page = (results.ROOT / "README.md").read_text(encoding="utf-8")
    assert page == results.readme(page), "run `make results`"


def test_so_does_the_index_of_the_notebooks():
    text = (results.ROOT / "notebooks" / results.INDEX).read_text(encoding="utf-8")
    assert json.loads(text) == results.index(json.loads(text)), "run `make results`"


def test_every_number_of_the_first_table_is_in_its_file(stored):
    rows = [line for line in measured.hierarchy(stored).splitlines() if line.startswith(("| fashion", "| omniglot"))]
    found = pd.read_csv(stored / "hierarchical_proxies.csv")
    for row in rows:
        data, base, count, kind, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        at = found[["dataset", "base", "per_class", "hierarchy"]].astype(str).eq([data, base, count, kind]).all(axis=1)
        ranked = found[at & (found["metric"] == "map@r")].iloc[0]
        first = found[at & (found["metric"] == "recall@1")].iloc[-1]
        for line, numbers in ((ranked, cells[:2]), (first, cells[2:])):
            said = [float(number) for number in re.findall(r"[+-]?\d\.\d{3}", " ".join(numbers))]
            assert said == pytest.approx(line[["flat", "mean", "low", "high"]].astype(float).tolist(), abs=6e-4)
    assert len(rows) == len(found.drop_duplicates(["dataset", "base", "per_class", "hierarchy"]))


def test_a_conclusion_that_no_longer_holds_is_named(stored):
    path = stored / "hierarchical_proxies.csv"
    table = pd.read_csv(path)
    table.loc[table["dataset"] == "omniglot", ["mean", "low", "high"]] *= -1
    table.to_csv(path, index=False)
    with pytest.raises(HrlibError, match="no longer shows this: 'On omniglot, .* the given one costs"):
        measured.results(stored)


def test_images_and_texts_are_told_when_they_are_measured(stored):
    for name in ("crossmodal.csv", "crossmodal_differences.csv"):
        (stored / name).unlink(missing_ok=True)
    assert measured.images_and_texts(stored) == "" and "Notebooks 08 and 09" not in measured.results(stored)
    row = {"metric": "mean_recall", "seeds": 5, "base mean": 0.25, "mean": 0.0123, "low": -0.001, "high": 0.02}
    rows = [
        row | {"base": base, "arm": arm, "wrong": wrong, "temperature": temperature}
        for base, arm, _ in measured.CROSSMODAL
        for wrong in (0.0, 0.4)
        for temperature in (0.02, 0.07)
    ]
    pd.DataFrame(rows).to_csv(stored / "crossmodal_differences.csv", index=False)
    runs = {"arm": ["CMA", "CMA"], "seconds": [3600, 3600], "pairs": [90, 360], "gallery": 30, "epochs": 4, "seed": 0}
    pd.DataFrame(runs | {"mean_recall": 0.5}).to_csv(stored / "crossmodal.csv", index=False)
    told = measured.results(stored)
    line = "| a codebook | contrast → codebook | 40% | 0.250 | +0.012 [-0.001, +0.020] |"
    assert told.count(line) == 1 and told.count(" → ") == 1 + 2 * len(measured.CROSSMODAL)
    assert "90 pairs to train on, 30 others" in told and "On 360 pairs, once: CMA reaches 0.500." in told
    by_number = dict(
        re.findall(r"^\| \[(\d\d) .*\| (\S+(?: h)?) \|$", results.lessons(results.ROOT / "notebooks", stored), re.M)
    )
    assert by_number["08"] == by_number["09"] == "2.0 h" and by_number["01"] == "–"


def test_times_are_those_of_runs_with_the_defaults(stored, tmp_path):
    runs = {"01_one": ({"out_dir": "x"}, None), "02_two": ({"epochs": 9}, None), "03_three": ({}, "failed")}
    for name, (parameters, error) in runs.items():
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "run.json").write_text(
            json.dumps({"seconds": 12.3, "error": error, "parameters": parameters})
        )
    before = pd.read_csv(stored / "notebooks.csv").set_index("notebook")["seconds"]
    results.times(tmp_path / "out", stored)
    after = pd.read_csv(stored / "notebooks.csv").set_index("notebook")["seconds"]
    assert after["01_one"] == 12 and set(after.index) == {"01_one", *before.index}
    assert after[before.index].equals(before)


@pytest.mark.parametrize("text", ["", "<!-- a -->\n", "<!-- a -->\n<!-- a -->\n\n<!-- end of a -->"])
def test_without_its_comments_a_page_is_left_alone(text):
    with pytest.raises(HrlibError, match="expected the comments <!-- a --> and <!-- end of a --> once each"):
        results.between(text, "a", "new")


def test_claims_of_speed_that_did_not_hold_are_told(stored):
    path = stored / "speed.csv"
    lines = pd.read_csv(path)
    claimed = lines[lines["asked"].notna()]
    told = measured.speed(stored)
    assert told.count("| **no** |") == (~claimed["holds"].astype(bool)).sum()
    assert told.count("| yes |") == claimed["holds"].astype(bool).sum()
    assert all(what in told for what in claimed["what"])
    path.unlink()
    assert measured.speed(stored) == "" and "`make bench`" not in measured.results(stored)
