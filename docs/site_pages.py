"""The pages of the site that are made from the code and from results: the API, and the benchmarks."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from pandas.api.types import is_numeric_dtype

import hrlib as hr
from benchmarks import growth, run_all
from docs.measured import results as in_short
from hrlib.catalogue.sources import SOURCES
from hrlib.notebooks.report import figure_html

PARTS = (*hr._MODULES, "degradation", "errors", "notebooks")

# what signatures of a part name, and its package does not export
NAMED = {
    "explore": ("session.Session", "choices.Choice"),
    "losses": ("parts.PartsLoss",),
    "search": ("choosing.limits.Limits",),
}


def api_pages() -> dict[str, str]:
    """By file name: a page for each part of the library, and one that lists them with the names that `hr` has of its own."""
    rows = [
        f"| [`hr.{name}`](api/{_part(module)}.md) | {_first(getattr(hr, name))} |" for name, module in hr._NAMES.items()
    ]
    names = "\n".join(["| name | what it is |", "|---|---|", *rows])
    tree = "\n".join(f"api/{part}" for part in PARTS)
    pages = {
        "api.md": f"# The API\n\nOf each name its arguments with their shapes and units, what it raises, where a formula is from, and the source. "
        f"`import hrlib as hr` has the parts below and, of its own,\n\n{names}\n\n```{{toctree}}\n:caption: Parts\n\n{tree}\n```\n"
    }
    for part in PARTS:
        text = f"# hrlib.{part}\n\n" + _directive("automodule", f"hrlib.{part}", ":members:", ":show-inheritance:")
        for name in NAMED.get(part, ()):
            text += _directive("autoclass", f"hrlib.{part}.{name}", ":members:")
        pages[f"api/{part}.md"] = text + EXTRA.get(part, lambda: "")()
    return pages


def _part(module: str) -> str:
    return module.split(".")[1]


def _first(thing: object) -> str:
    """The first sentence or line of a docstring, as Markdown for a cell of a table."""
    return _cell((thing.__doc__ or "").strip().partition("\n\n")[0])


def _cell(text: object) -> str:
    return (
        re.sub(r"\s+", " ", str(text)).replace("|", r"\|").replace("*", r"\*").replace("<", "&lt;").replace("$", r"\$")
    )


def _directive(name: str, argument: str, *options: str) -> str:
    lines = "\n".join(f"   {option}" for option in options)
    return f"```{{eval-rst}}\n.. {name}:: {argument}\n{lines}\n```\n\n"


def _losses_by_name() -> str:
    rows = []
    for name in hr.losses.names():
        settings = ", ".join(f"{key}={value!r}" for key, value in hr.losses.defaults(name).items())
        rows.append(f"| `{name}` | {_cell(settings)} | {_cell(hr.losses.LOSSES[name].__doc__)} |")
    head = "## By name\n\n`hr.losses.make(name, hierarchy, dim, **settings)` builds each of them.\n\n"
    head += "| name | settings and defaults | what it is |\n|---|---|---|\n"
    return "\n" + head + "\n".join(rows) + "\n"


def _data_sets() -> str:
    parts = [
        "\n## Data sets\n\nWhat `hr.load(name, ...)` takes besides `size` and `seed` is what the source takes:\n\n"
    ]
    for name, module in SOURCES.items():
        said = importlib.import_module(module).__doc__.strip().splitlines()[0]
        parts.append(f"### {name}\n\n{_cell(said)}\n\n" + _directive("autofunction", f"{module}.load"))
    return "".join(parts)


EXTRA: dict[str, Callable[[], str]] = {"losses": _losses_by_name, "catalogue": _data_sets}


def benchmark_page(folder: Path) -> str:
    """What lies in benchmarks/results, as tables and figures: all of it, so that a new result needs no line here."""
    made = dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", (folder / "README.md").read_text(), re.MULTILINE))
    how = {name.strip(): how for names, how in made.items() for name in names.split(",")}
    parts = [
        "# Benchmarks\n\nMade from `benchmarks/results` when the site was built; nothing here was written by hand.\n",
        f"## In short\n\n{in_short(folder)}\n",
    ]
    if (folder / "benchmark" / "about.json").is_file():
        parts.append(_all_losses(hr.Results.read(folder / "benchmark"), how.get("benchmark/", "")))
    for file in sorted(folder.glob("*.csv")):
        table = pd.read_csv(file)
        text = _speeds(table) if file.stem == "speed" else markdown(shown(table))
        parts.append(_section(file.stem, how.get(file.name, ""), text))
    for file in sorted(folder.glob("*.json")):
        name = "gpu-NAME.json" if file.name.startswith("gpu-") else file.name
        parts.append(_section(file.stem, how.get(name, ""), _measured(json.loads(file.read_text()))))
    return "\n".join(parts)


def _section(name: str, how: str, body: str) -> str:
    made = f"Made by {how}.\n\n" if how else ""
    words = name.replace("_", " ").replace("-", " ").replace("gpu ", "GPU ")
    return f"## {words[0].upper()}{words[1:]}\n\n{made}{body}\n"


def _all_losses(results: hr.Results, how: str) -> str:
    """A table a catalogue, and what the hierarchy buys as a figure."""
    about = results.about
    text = [
        f"## All losses\n\nMade by {how}.\n\n{about['runs']} runs, {about['hours_of_one_core']} hours of one core. Means over the seeds and half the "
        "width of Student's 95% interval; best MAP@R first. Classes of the test were not seen in training, nor in choosing the epoch.\n"
    ]
    differences = results.differences.query("metric == 'map@r' and level == 0")
    rows = differences[differences["loss"].str.startswith("hpl")].set_index(["catalogue", "loss"])[
        ["mean", "low", "high"]
    ]
    figure = hr.explore.differences(rows, "MAP@R, hierarchical minus flat, 95% intervals")
    text.append(_figure(figure, "differences"))
    for catalogue in results.runs["catalogue"].unique():
        text.append(f"### On {catalogue}\n\n{markdown(results.table(catalogue).reset_index())}\n")
    return "\n".join(text)


def _figure(figure: go.Figure, identifier: str) -> str:
    # as a notebook stores it: to_plotly_json would leave numpy's arrays in it
    drawn = figure_html(json.loads(figure.to_json()), identifier)
    return (
        f'```{{raw}} html\n<script src="_static/plotly.min.js"></script>\n<div class="cell_output">{drawn}</div>\n```\n'
    )


def _speeds(table: pd.DataFrame) -> str:
    """The one table of all benchmarks of speed, and where it was made."""
    where = table.assign(date=table["date"].str[:10])[["date", "processor", "cores", "versions"]].drop_duplicates()
    made = "; ".join(
        f"{each.date}, {each.processor}, {each.cores} cores, {each.versions}" for each in where.itertuples()
    )
    return f"{_cell(made)}.\n\n{run_all.markdown(table)}"


def _measured(result: dict) -> str:
    """A benchmark of speed: how cost grows, a claim beside its peer, or the lines that others leave."""
    if "slopes" in result:
        figure = growth.draw(result["rows"], result["slopes"]).update_layout(width=None)
        rows = pd.DataFrame(result["rows"]).drop(columns="operation").rename(columns={"n": "items", "mb": "MB"})
        return f"{_figure(figure, 'growth')}\n{markdown(rows)}"
    if "median" not in result:
        return run_all.markdown(pd.DataFrame(result["lines"]))
    columns = {"median ms": {name: 1e3 * seconds for name, seconds in result["median"].items()}}
    columns["times the peer's"] = result["ratio_to_peer"]
    columns |= {"recall": result["recall"]} if "recall" in result else {}
    table = pd.DataFrame(columns).rename_axis("contender").reset_index()
    settings = ", ".join(f"{key} {value}" for key, value in {**result["settings"], **result["machine"]}.items())
    return f"{settings}. The peer is {_cell(result['peer'])}.\n\n{markdown(table)}"


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """A table for reading: means over seeds, "mean [low, high]" instead of three columns, severities side by side."""
    if "seed" in table:
        # what a run was comes before its seed, what was measured after it
        conditions = [name for name in table.columns[: table.columns.get_loc("seed")] if name != "value"]
        runs = table.drop(columns="seconds", errors="ignore").groupby(conditions, sort=False, dropna=False)
        means = runs.mean(numeric_only=True).drop(columns="seed")
        table = means.assign(seeds=runs["seed"].nunique()).reset_index()
    if {"severity", "value"} <= {*table}:
        table = table.pivot_table(
            "value", [name for name in table if name not in ("severity", "value")], "severity", sort=False
        )
        table = table.rename(columns="severity {}".format).rename_axis(columns=None).reset_index()
    for stem in [name.removesuffix("low") for name in table if name.endswith("low") and name != "t_low"]:
        mean, low, high = (table.pop(stem + name) for name in ("mean", "low", "high"))
        name, form = (stem.strip(), "{:.3f} [{:.3f}, {:.3f}]") if stem else ("difference", "{:+.3f} [{:+.3f}, {:+.3f}]")
        table[name] = [form.format(*row) for row in zip(mean, low, high, strict=True)]
    if {"t_low", "t_high"} <= {*table}:
        table["Student's interval"] = [
            f"[{lo:+.3f}, {hi:+.3f}]" for lo, hi in zip(table.pop("t_low"), table.pop("t_high"), strict=True)
        ]
    return table


def markdown(table: pd.DataFrame) -> str:
    """A table in Markdown, numbers to the right and floats with three digits."""
    heads = "| " + " | ".join(map(_cell, table)) + " |"
    rule = "|" + "|".join("---:" if is_numeric_dtype(table[name]) else "---" for name in table) + "|"
    rows = ["| " + " | ".join(_text(value) for value in row) + " |" for row in table.itertuples(index=False)]
    return "\n".join([heads, rule, *rows]) + "\n"


def _text(value: object) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.3f}"
    if type(value) is int:
        return f"{value:,}"
    text = _cell(value)
    # a number and its interval stay on one line
    return text.replace(" ", "\u00a0") if re.match(r"[-+[]?\d", text) else text
