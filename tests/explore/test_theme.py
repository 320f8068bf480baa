import plotly.graph_objects as go
import plotly.io as pio

from hrlib.explore import use_in_notebook
from hrlib.explore.theme import PALETTE, VERDICTS, figure


def luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_are_seen_on_white():
    for colour in PALETTE:
        assert 1.05 / (luminance(colour) + 0.05) > 2  # WCAG's contrast; lines and marks here are thick
    assert len({verdict[1] for verdict in VERDICTS.values()}) == len({verdict[2] for verdict in VERDICTS.values()}) == 3


def test_notebook_renderer_does_not_upload():
    before = pio.renderers.default
    try:
        use_in_notebook()
        assert pio.renderers.default == "plotly_mimetype+hrlib_png"
        assert pio.renderers["plotly_mimetype"].config["showSendToCloud"] is False
    finally:
        pio.renderers.default = before
    assert isinstance(figure(title="a"), go.Figure)
