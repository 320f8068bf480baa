"""Figures as PNGs without a browser: one converter from plotly's own description to matplotlib, so that each drawing is described once.

spec reads a figure; scene places it with its axes, ticks, frame, legend, colour bar and notes; scatter, bars, heatmap, sankey and treemap draw
the traces in colours; text and canvas put it on a sheet in CSS pixels; dark is for dark pages; png is the way in.
"""

from hrlib.explore.static.png import PngRenderer, to_png

__all__ = ["PngRenderer", "to_png"]
