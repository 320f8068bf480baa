import base64
import html
import re
import xml.etree.ElementTree as ElementTree

import pytest
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from hrlib.notebooks.formulas import Renderer, picture

FORMULA = r"L = \frac{1}{|P|}\sum_{p \in P} \log\Big(1 + e^{-\alpha (s - \delta)}\Big)"


@pytest.mark.parametrize("block", [False, True])
def test_a_formula_is_a_picture_with_its_tex_as_text(block):
    found = picture(FORMULA, block)
    assert html.unescape(re.search('alt="([^"]+)"', found)[1]) == FORMULA
    drawing = ElementTree.fromstring(base64.b64decode(re.search('base64,([^"]+)', found)[1]))
    width, height = (float(drawing.get(side).removesuffix("pt")) for side in ("width", "height"))
    shown = {side: float(value) for side, value in re.findall(r"(width|height):([\d.]+)em", found)}
    assert shown["width"] / shown["height"] == pytest.approx(width / height, rel=0.01) and width > height
    assert found == picture(FORMULA, block), "the same each time"


def test_letters_stand_on_the_line():
    x, y_p = (float(re.search(r"vertical-align:-([\d.]+)em", picture(tex))[1]) for tex in ("x", "y_p"))
    assert x <= 0.1 < 0.2 < y_p, "below the line there is only a margin of a point, or the lower half of a letter"


@pytest.mark.parametrize("tex", [r"\begin{aligned} a &= b \end{aligned}", r"\nosuchcommand{<script>}", "{"])
def test_what_cannot_be_drawn_stays_readable(tex):
    assert picture(tex) == f'<code class="formula">{html.escape(tex)}</code>'
    assert picture(tex, block=True) == f'<pre class="formula">{html.escape(tex)}</pre>'


def test_in_markdown_and_not_in_code():
    page = MarkdownWithMath(renderer=Renderer(escape=False)).render(
        "Let $d^2$ be\n\n$$\nd^2 = 2 - 2s\n$$\n\nbut `$x$` costs 5 \\$ and 6 \\$."
    )
    assert page.count("<img") == 2 and "<code>$x$</code>" in page
