"""Figures as PNGs without a browser: one converter from plotly's own description to matplotlib, so that each drawing is described once.

spec reads a figure; scene places it with axes, frame, legend and notes; scatter, bars, heatmap, sankey and treemap draw the traces;
text and canvas put it on a sheet in CSS pixels; png is the way in.
"""

from hrlib.explore.static.png import PngRenderer, to_png

__all__ = ["PngRenderer", "to_png"]
