"""Figures of catalogues, runs and embedding spaces: functions that return plotly figures."""

from hrlib.explore.alternative import alternative_text
from hrlib.explore.attribute_charts import attribute_accuracy_chart
from hrlib.explore.charts import curves, differences, mistake_chart, mistake_heights, tree
from hrlib.explore.circle import descend, proxies_on_a_circle
from hrlib.explore.clusters import cluster_tree
from hrlib.explore.code_gallery import code_gallery
from hrlib.explore.colours import colours
from hrlib.explore.crossmodal_gallery import crossmodal_gallery
from hrlib.explore.explorer import Explorer
from hrlib.explore.graded_gallery import bin_names, graded_gallery
from hrlib.explore.joint_space import joint_space
from hrlib.explore.matrices import class_distances, distance_matrix
from hrlib.explore.mistakes import mistake_sankey, mistakes
from hrlib.explore.movie import movie
from hrlib.explore.photo_pairs import photo_pairs
from hrlib.explore.photos import contact_sheet, neighbour_gallery
from hrlib.explore.projection import Projection, project, project_together
from hrlib.explore.proxy_map import proxy_map
from hrlib.explore.robustness_curves import degraded_examples, robustness_curves
from hrlib.explore.scatter import scatter, side_by_side
from hrlib.explore.search_demo import SearchDemo
from hrlib.explore.search_figure import search_results
from hrlib.explore.six_classes import six_classes
from hrlib.explore.static import to_png
from hrlib.explore.theme import use_in_notebook
from hrlib.explore.traversal import reconstructions, traversal
from hrlib.explore.word_map import word_map

__all__ = [
    "Explorer",
    "Projection",
    "SearchDemo",
    "alternative_text",
    "attribute_accuracy_chart",
    "bin_names",
    "class_distances",
    "cluster_tree",
    "code_gallery",
    "colours",
    "contact_sheet",
    "crossmodal_gallery",
    "curves",
    "degraded_examples",
    "descend",
    "differences",
    "distance_matrix",
    "graded_gallery",
    "joint_space",
    "mistake_chart",
    "mistake_heights",
    "mistake_sankey",
    "mistakes",
    "movie",
    "neighbour_gallery",
    "photo_pairs",
    "project",
    "project_together",
    "proxies_on_a_circle",
    "proxy_map",
    "reconstructions",
    "robustness_curves",
    "scatter",
    "search_results",
    "side_by_side",
    "six_classes",
    "to_png",
    "traversal",
    "tree",
    "use_in_notebook",
    "word_map",
]
