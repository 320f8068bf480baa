"""The wheel has what the repository has; what is said of the package in several places is the same. `make package` tries the wheel in an empty environment."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import hrlib

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """The files of the package by git's list, and a folder with them to build in, so that no build leaves anything here."""
    listed = subprocess.run(
        ["git", "ls-files", "hrlib", "pyproject.toml", "README.md", "LICENSE"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("no git checkout: there is nothing to compare with")
    folder = tmp_path_factory.mktemp("a tree")
    names = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder, {name for name in names if name.startswith("hrlib/")}


def test_the_wheel_has_every_file_of_the_package(tracked):
    folder, names = tracked
    build = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"
    done = subprocess.run([sys.executable, "-c", build], cwd=folder, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    wheel = zipfile.ZipFile(next((folder / "dist").glob("*.whl")))
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == names
    assert {"hrlib/py.typed", "hrlib/explore/photo_strip.js"} <= packed
    (metadata,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/METADATA"))
    assert "License-Expression: MIT" in metadata and f"Version: {hrlib.__version__}" in metadata
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"^## (\S+?),", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert hrlib.__version__ == project["version"] == str(citation["version"]) == newest
    assert citation["license"] == project["license"]


def test_the_citation_has_what_the_format_asks_for():
    """The required keys of the Citation File Format 1.2.0, of the file and of its references."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0" and citation.keys() >= {"authors", "message", "title"}
    for reference in citation["references"]:
        assert reference.keys() >= {"authors", "title", "type"} and reference["type"] in (
            "conference-paper",
            "article",
            "software",
        )
        assert all(author.keys() <= {"family-names", "given-names", "name"} for author in reference["authors"])
        assert reference["url"].startswith("https://")


def test_readers_are_sent_to_files_that_are_there():
    for name in ("CONTRIBUTING.md", "CHANGELOG.md", "README.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text()):
            assert (ROOT / target).is_file(), f"{name} links to {target}"


def test_workflows_call_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
        called = set(re.findall(r"make ([a-z]+)", "\n".join(steps)))
        assert called <= targets and called, path.name
