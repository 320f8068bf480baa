import plotly.io as pio
import pytest

from hrlib.explore import use_in_notebook
from hrlib.explore.theme import (
    MUTED,
    PALETTE,
    VERDICTS,
    figure,
    literal,
    template,
    use_theme,
    verdict_key,
    verdict_names,
)


def luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)  # WCAG's


def test_colours_are_seen_on_both_pages():
    for page in (template(False).layout.paper_bgcolor, template(True).layout.paper_bgcolor):
        for colour in (*PALETTE, MUTED, *(verdict[0] for verdict in VERDICTS.values())):
            assert contrast(colour, page) > 2  # lines and marks here are thick
    assert len({verdict[1] for verdict in VERDICTS.values()}) == len({verdict[2] for verdict in VERDICTS.values()}) == 3


def test_text_is_read_on_both_pages():
    for look in (template(False).layout, template(True).layout):
        assert contrast(look.font.color, look.paper_bgcolor) > 7 and look.paper_bgcolor == look.plot_bgcolor
        assert contrast(look.font.color, look.updatemenudefaults.bgcolor) > 7


def test_figures_are_for_the_page_that_was_chosen():
    assert figure().layout.template == template(False)
    try:
        use_theme(dark=True)
        assert figure().layout.template == template(True)
    finally:
        use_theme(dark=False)
    assert figure().layout.template == template(False)


@pytest.fixture
def renderers():
    before = pio.renderers.default
    yield pio.renderers
    pio.renderers.default = before
    use_theme(dark=False)


def test_notebook_renderer_does_not_upload(renderers):
    use_in_notebook(dark=True)
    assert renderers["plotly_mimetype"].config["showSendToCloud"] is False
    assert figure().layout.template == template(True)


@pytest.mark.parametrize(
    ("watched", "png", "expected"), [("0", None, True), ("1", None, False), ("0", False, False), ("1", True, True)]
)
def test_pngs_where_nobody_watches_or_as_asked(renderers, monkeypatch, watched, png, expected):
    monkeypatch.setenv("HRLIB_PROGRESS", watched)
    use_in_notebook(png)
    shown = figure(title="a")._repr_mimebundle_()
    assert set(shown) == {"application/vnd.plotly.v1+json", *(["image/png"] if expected else [])}


def test_markup_in_a_text_is_shown_and_quotes_are_left():
    assert literal("<b>5\" pan</b> & 'lid'") == "&lt;b&gt;5\" pan&lt;/b&gt; &amp; 'lid'" and literal(3) == "3"


def test_every_verdict_has_a_mark_and_a_name():
    names = verdict_names("mug", "kitchen")
    assert names.keys() == VERDICTS.keys()
    assert verdict_key(names) == ["✓ same mug", "≈ same kitchen", "✗ other kitchen"]
