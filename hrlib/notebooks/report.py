"""The report of a run: an index and a page a notebook, figures included, readable without a network."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import nbformat
import plotly.io
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from plotly.offline import get_plotlyjs

from hrlib.files import write
from hrlib.notebooks.formulas import Renderer
from hrlib.notebooks.run import Outcome

PLOTLY = "application/vnd.plotly.v1+json"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }}
table {{ border-collapse: collapse; margin: 1rem 0 }} td, th {{ padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: left }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums }} pre {{ background: #f6f6f6; padding: 1rem; overflow-x: auto }}
.failed {{ color: #a00; font-weight: bold }} summary {{ cursor: pointer }}
</style></head><body>{body}</body></html>"""


def write_report(outcomes: Sequence[Outcome], out: Path) -> Path:
    """Write OUT/report/index.html with a page for each executed notebook; returns the index."""
    folder = Path(out) / "report"
    write(folder / "plotly.min.js", get_plotlyjs().encode())
    for outcome in outcomes:
        if outcome.path.is_file():
            write(folder / f"{outcome.name}.html", _page(outcome.path).encode())
    index = folder / "index.html"
    write(index, PAGE.format(title="hrlib notebooks", body=_index(outcomes)).encode())
    return index


class Offline(HTMLExporter):
    """nbconvert's page without what it loads from the network (require.js, MathJax, mermaid, widgets), with the pictures' alternative texts."""

    raw_template = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block data_png scoped -%}
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
alt="{{ (output | get_metadata('alt', 'image/png') or 'a picture without description') | escape_html }}">
{%- endblock -%}"""

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        cell = context.get("cell", {})
        folder = context.get("resources", {}).get("metadata", {}).get("path", "")
        renderer = Renderer(
            escape=False, embed_images=True, attachments=cell.get("attachments", {}), path=folder, anchor_link_text="¶"
        )
        return MarkdownWithMath(renderer=renderer).render(source)


def _page(path: Path) -> str:
    notebook = nbformat.read(path, as_version=4)
    figures = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PLOTLY in output.get("data", {}):
                figures += 1
                output["data"]["text/html"] = figure_html(output["data"].pop(PLOTLY), f"figure-{figures}")
                output["data"].pop("image/png", None)
    # the data's titles and captions are in figures and tables: the exporter's own sanitiser must not touch ours, which plotly escapes
    page, _ = Offline(embed_images=True).from_notebook_node(notebook, {"metadata": {"name": path.stem}})
    script = '<script src="plotly.min.js"></script>'
    return page.replace("<head>", f"<head>{script}", 1) if figures else page


def figure_html(figure: dict, identifier: str) -> str:
    """A plotly figure as it is stored in a notebook, with its words, as HTML for a page that loads plotly.js itself."""
    from hrlib.explore.alternative import alternative_text  # loads torch: not before there is a figure

    figure.pop("config", None)
    words = html.escape(alternative_text(figure))
    drawn = plotly.io.to_html(
        figure,
        include_plotlyjs=False,
        full_html=False,
        div_id=identifier,
        validate=False,
        config={"displaylogo": False, "showSendToCloud": False},
    )
    return f'<div role="figure" aria-label="{words}">{drawn}</div>'


def _index(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for outcome in outcomes:
        name = html.escape(outcome.name)
        link = f'<a href="{quote(outcome.name)}.html">{name}</a>' if outcome.path.is_file() else name
        state = '<span class="failed">failed</span>' if outcome.error else "ok"
        rows.append(f'<tr><td>{link}</td><td>{state}</td><td class="number">{outcome.seconds:.0f} s</td></tr>')
    body = f"<h1>hrlib notebooks</h1><table><tr><th>notebook</th><th></th><th>time</th></tr>{''.join(rows)}</table>"
    for outcome in outcomes:
        if outcome.error:
            body += f"<h2>{html.escape(outcome.name)}: what failed</h2><pre>{html.escape(outcome.error)}</pre>"
    for outcome in outcomes:
        if outcome.metrics:
            cells = "".join(
                f'<tr><td>{html.escape(metric)}</td><td class="number">{html.escape(_number(value))}</td></tr>'
                for metric, value in outcome.metrics.items()
            )
            body += (
                f"<details open><summary>{html.escape(outcome.name)}: metrics</summary><table>{cells}</table></details>"
            )
    return body


def _number(value: float) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
