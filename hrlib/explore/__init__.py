"""Figures of catalogues, runs and embedding spaces: functions that return plotly figures."""

from hrlib.explore.charts import curves, differences, mistake_chart, mistake_heights, tree
from hrlib.explore.circle import descend, proxies_on_a_circle
from hrlib.explore.clusters import cluster_tree
from hrlib.explore.colours import colours
from hrlib.explore.explorer import Explorer
from hrlib.explore.photos import contact_sheet, neighbour_gallery
from hrlib.explore.six_classes import six_classes
from hrlib.explore.theme import use_in_notebook

__all__ = [
    "Explorer",
    "cluster_tree",
    "colours",
    "contact_sheet",
    "curves",
    "descend",
    "differences",
    "mistake_chart",
    "mistake_heights",
    "neighbour_gallery",
    "proxies_on_a_circle",
    "six_classes",
    "tree",
    "use_in_notebook",
]
