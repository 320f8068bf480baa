"""Sphinx's settings for the site. `make_site.py` gathers what it is made of and builds it: `make site`."""

from __future__ import annotations

from docutils import nodes
from sphinx.util import logging

import hrlib
from docs.docstrings import restructured
from hrlib.notebooks.formulas import picture

project = "hrlib"
author = "hrlib contributors"
copyright = f"2026, {author}"
version = release = hrlib.__version__
language = "en"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "myst_nb"]
smartquotes = False  # docstrings and settings hold code: its quotes stay as they are typed
html_theme = "furo"
html_title = f"hrlib {release}"
html_theme_options = {"navigation_with_keys": False}  # arrow keys scroll wide tables and code, and turn sliders
html_static_path = ["static"]
html_css_files, html_js_files = ["site.css"], ["look.js"]
html_copy_source = False
html_show_sourcelink = False

# notebooks come with their outputs: nothing is run here, and nothing is fetched by a page
nb_execution_mode = "off"
nb_ipywidgets_js: dict = {}
nb_merge_streams = True
nb_render_markdown_format = "myst"  # what cells show as Markdown has tables, too
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "pictures"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False
napoleon_numpy_docstring = False
default_role = "py:obj"  # `name` in a docstring: a link where it is a name of the API, code where it is not
# types of other libraries, and aliases, have no page here; a name in backticks need not be one of the API
nitpick_ignore_regex = [
    ("py:obj", "(?s).*"),
    ("py:class", r"(?!hrlib).*"),
    ("py:class", r"hrlib\.evaluation\.vectors\..*"),
]


def formula(writer, node) -> None:
    """A formula as a picture, as in the report of `make notebooks`: to be read without a network, and without a script."""
    block = isinstance(node, nodes.math_block)
    drawn = picture(node.astext(), block=block)
    if not drawn.startswith("<img"):
        logging.getLogger(__name__).warning("matplotlib cannot draw the formula %s", node.astext(), location=node)
    writer.body.append(f'<div class="formula">{drawn}</div>' if block else drawn)
    raise nodes.SkipNode


def setup(app) -> None:
    app.add_html_math_renderer("pictures", (formula, None), (formula, None))
    # before napoleon's, which has the priority 500
    app.connect("autodoc-process-docstring", lambda *event: restructured(event[-1]), priority=400)
