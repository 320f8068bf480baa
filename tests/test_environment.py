"""environment.yml, pyproject.toml and constraints.txt say the same."""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-")


def test_conda_users_get_the_same_kit():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = (entry["pip"] for entry in conda if isinstance(entry, dict))
    extras = PROJECT["optional-dependencies"]
    expected = {*PROJECT["dependencies"], *extras["notebooks"], *extras["dev"]}
    assert {entry for entry in pip if not entry.startswith("-")} == expected
    assert {"-c constraints.txt", "-e ."} == {entry for entry in pip if entry.startswith("-")}
    assert f"python{PROJECT['requires-python']}" in conda


def test_every_dependency_is_pinned_within_its_bounds():
    from packaging.requirements import Requirement

    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    pins = dict(line.split("==") for line in lines)
    pins = {key.lower().replace("_", "-"): value for key, value in pins.items()}
    for requirement in [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]:
        assert Requirement(requirement).specifier.contains(pins[name(requirement)]), requirement


def test_what_is_imported_is_declared():
    declared = {name(requirement) for requirement in PROJECT["dependencies"]}
    extras = PROJECT["optional-dependencies"]
    declared |= {name(requirement) for extra in ("cluster", "notebooks", "pretrained") for requirement in extras[extra]}
    called = {
        "PIL": "pillow",
        "sklearn": "scikit-learn",
        "umap": "umap-learn",
        "faiss": "faiss-cpu",
        "nbformat": "nbconvert",
    }
    called |= {
        "traitlets": "ipywidgets",
        "nbclient": "papermill",
        "IPython": "ipykernel",
        "jinja2": "nbconvert",
        "jupyter_client": "ipykernel",
    }
    for path in (ROOT / "hrlib").rglob("*.py"):
        for module in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE):
            if module not in sys.stdlib_module_names and module != "hrlib":
                assert called.get(module, module).lower().replace("_", "-") in declared, f"{path.name} imports {module}"
