"""Formulas of a page drawn as pictures, so that they can be read where there is no network: MathJax comes from one."""

from __future__ import annotations

import base64
import html
import io
import re

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from nbconvert.filters.markdown_mistune import IPythonRenderer

POINTS = 12  # of the drawing
SCALE = 1.2  # of the drawing on the page: its letters are smaller than a page's of the same size
SIZED = re.compile(r"\\[bB]igg?[lr]?(?=\s*[(\[{|)\]}.\\/])")  # mathtext knows no \Big(; its size is not its meaning


def picture(tex: str, block: bool = False) -> str:
    """An <img> of a formula, its TeX as the text for those who cannot see it; the TeX itself where matplotlib cannot draw it."""
    source = html.escape(tex.strip())
    try:
        tex = SIZED.sub("", " ".join(tex.split()))
        drawn, (width, height, depth) = _drawn(tex.replace(r"\frac", r"\dfrac") if block else tex)
    except ValueError:  # mathtext is a part of TeX
        return f'<pre class="formula">{source}</pre>' if block else f'<code class="formula">{source}</code>'
    data = base64.b64encode(drawn).decode()
    place = "display:block;margin:1em auto" if block else f"display:inline;vertical-align:{-depth:.3f}em"
    size = f"width:{width:.3f}em;height:{height:.3f}em;max-width:100%"
    return f'<img class="formula" alt="{source}" style="{place};{size}" src="data:image/svg+xml;base64,{data}">'


def _drawn(tex: str) -> tuple[bytes, tuple[float, ...]]:
    """The formula as SVG, and its width, height and depth below the line of text in em."""
    text = f"${tex}$"
    with rc_context({"mathtext.fontset": "cm", "svg.fonttype": "path", "svg.hashsalt": "hrlib", "font.size": POINTS}):
        width, height, depth, *_ = MathTextParser("path").parse(text, dpi=72)
        figure = Figure(figsize=(max(width, 1) / 72, max(height, 1) / 72))
        figure.text(0, depth / max(height, 1), text, fontsize=POINTS)
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return file.getvalue(), tuple(length * SCALE / POINTS for length in (width, height, depth))


class Renderer(IPythonRenderer):
    """nbconvert's renderer of markdown, with formulas as pictures."""

    def inline_math(self, body: str) -> str:
        return picture(body)

    def block_math(self, body: str) -> str:
        return picture(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return picture(rf"\begin{{{name}}}{body}\end{{{name}}}", block=True)

    def block_html(self, html: str) -> str:
        # to embed pictures nbconvert parses each piece of HTML by itself, and so closes a <details> before what it folds
        return super().block_html(html) if "<img" in html else html

    def inline_html(self, html: str) -> str:
        return super().inline_html(html) if "<img" in html else html
