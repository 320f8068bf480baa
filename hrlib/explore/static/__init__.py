"""Figures as PNGs without a browser: plotly's own description drawn by matplotlib, so that each figure is described once.

Only what the figures of this kit use is drawn. spec reads a figure; sheet puts it together from panels (axes with their ticks), marks,
sankey and treemap (the traces), notes (photos, shapes, texts) and the legend; style turns plotly's colours, dashes, marks and texts into
matplotlib's; png is the way in, and renderer plotly's way to it in notebooks.
"""

from hrlib.explore.static.png import to_png

__all__ = ["to_png"]
