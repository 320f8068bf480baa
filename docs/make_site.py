"""Gathers what the site is made of, builds it and looks through what came out: `make site`.

The pages are docs/*.md, CONTRIBUTING.md and CHANGELOG.md; the notebooks, as they ran where `make notebooks` left them and as they are stored
elsewhere; the API, from the docstrings; the benchmarks, from benchmarks/results. Nothing that is generated is kept in the repository.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from plotly.offline import get_plotlyjs

import hrlib as hr
from docs.site_pages import api_pages, benchmark_page
from hrlib.explore.theme import template
from hrlib.notebooks.report import PLOTLY, figure_html

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


def gather(source: Path, executed: Path | None = None) -> None:
    """Write all that Sphinx reads into the folder `source`, anew."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("__pycache__"))
    looks = {"light": template(False).to_plotly_json(), "dark": template(True).to_plotly_json()}
    look = source / "static" / "look.js"
    look.write_text(look.read_text().replace("LOOKS", json.dumps(looks)))
    (source / "static" / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    pages = {page.name: page.read_text() for page in sorted((ROOT / "docs").glob("*.md"))}
    pages |= {name: (ROOT / name).read_text() for name in ("CONTRIBUTING.md", "CHANGELOG.md")}
    pages |= api_pages() | {"benchmark.md": benchmark_page(ROOT / "benchmarks" / "results")}
    stems = [Path(name).stem for name in pages if "/" not in name and name != "index.md"]
    others = [stem for stem in stems if f"\n{stem}\n" not in pages["index.md"]]
    tree = "\n".join(["```{toctree}", ":caption: How far it goes", ":hidden:", "", *others, "```"])
    pages["index.md"] = pages["index.md"].replace("<!-- other pages -->", tree if others else "")
    for name, text in pages.items():
        page = source / name
        page.parent.mkdir(exist_ok=True)
        page.write_text(_links(text, "docs" if (ROOT / "docs" / name).is_file() else "."))
    (source / "notebooks").mkdir()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        ran = executed / path.stem / path.name if executed else path
        notebook = nbformat.read(ran if ran.is_file() else path, as_version=4)
        nbformat.write(_page(notebook), source / "notebooks" / path.name)


def _links(text: str, folder: str, depth: int = 0) -> str:
    """Links of a page that lies in `folder` of the repository: to where the site has the file, or, where it has none, the file's name."""

    def link(found: re.Match) -> str:
        mark, words, target = found.groups()
        path, _, anchor = target.partition("#")
        if urlsplit(target).scheme or not path:
            return found[0]
        inside = (ROOT / folder / path).resolve().relative_to(ROOT)
        there = inside.relative_to("docs") if inside.parts[0] == "docs" else inside
        on_site = there.suffix in (".md", ".ipynb", ".png") and (
            len(there.parts) == 1 or there.parts[0] in ("api", "notebooks")
        )
        if not on_site or there.name == "README.md":
            return f"`{inside}`" if words == path else f"{words} (`{inside}`)"
        return f"{mark}[{words}]({'../' * depth}{there}{'#' + anchor if anchor else ''})"

    return LINK.sub(link, text)


def _page(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook as a page: live figures where it has them, a text for those who do not see its pictures, links as they are on the site."""
    title, figures = "", 0
    # what papermill puts in names folders of the machine that ran it
    notebook.cells = [cell for cell in notebook.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _links(cell.source, "notebooks", depth=1)
            title = (re.findall(r"^#+ (.*)$", cell.source, re.MULTILINE) or [title])[-1]
            continue
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PLOTLY in data:
                script = "" if figures else '<script src="../_static/plotly.min.js"></script>'
                figures += 1
                data["text/html"] = script + figure_html(data.pop(PLOTLY), f"figure-{figures}")
                data.pop("image/png", None)
            elif "image/png" in data:
                said = output.metadata.get("image/png", {}).get("alt") or f"A figure of the section “{title}”"
                cell.metadata["mystnb"] = {"image": {"alt": said}}
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return notebook


class Page(HTMLParser):
    """What a page links to and loads, its anchors, and its pictures without a text."""

    def __init__(self, text: str):
        super().__init__()
        self.links, self.loads, self.ids, self.silent = set(), set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down one element."""
        found = {key: value or "" for key, value in attrs}
        self.ids |= {found[key] for key in ("id", "name") if key in found}
        if tag == "a" and "href" in found:
            self.links.add(found["href"])
        if tag in LOADING and LOADING[tag] in found:
            self.loads.add(found[LOADING[tag]])
        if tag == "img" and not found.get("alt", "").strip() and "aria-hidden" not in found:
            self.silent.append(found.get("src", "")[:80])


def faults(site: Path) -> list[str]:
    """What is wrong with the built pages: links to what is not there, files from the network, pictures without a text."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site)
        found += [f"{name}: a picture without a text: {picture}" for picture in page.silent]
        found += [f"{name}: loads {load} from the network" for load in page.loads if urlsplit(load).netloc]
        for link in sorted(page.links | page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                found.append(f"{name}: {link} is not there")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                found.append(f"{name}: {link}: no such place on that page")
    for sheet in site.rglob("*.css"):
        remote = re.findall(
            r"""(?:url\(|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", sheet.read_text(encoding="utf-8")
        )
        found += [f"{sheet.relative_to(site)}: loads {address} from the network" for address in remote]
    return found


def main(arguments: list[str] | None = None) -> int:
    """Build the site; 0 if there was no warning and nothing is wrong with the pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/site"), help="the site is OUT/html (%(default)s)")
    parser.add_argument(
        "--notebooks", type=Path, help="where `make notebooks` left its results; none: as they are stored"
    )
    options = parser.parse_args(arguments)
    from sphinx.cmd.build import build_main

    logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells of each build of itself that it tries
    source, site = options.out / "source", options.out / "html"
    gather(source, options.notebooks)
    shutil.rmtree(site, ignore_errors=True)
    code = build_main(
        ["-n", "-W", "--keep-going", "-q", "-b", "html", "-d", str(options.out / "doctrees"), str(source), str(site)]
    )
    found = faults(site)
    print("\n".join(found), file=sys.stderr)
    print(
        f"hrlib {hr.__version__}: {len(list(site.rglob('*.html')))} pages in {site / 'index.html'}, {len(found)} faults"
    )
    return 1 if code or found else 0


if __name__ == "__main__":
    sys.exit(main())
