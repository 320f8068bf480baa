"""How good an embedding is: retrieval metrics at every level, exact neighbours, intervals for differences."""

from hrlib.evaluation.attributes import evaluate_attributes, graded_per_query
from hrlib.evaluation.bootstrap import Interval, paired_bootstrap, paired_t
from hrlib.evaluation.clusters import purity
from hrlib.evaluation.codes import code_counts, nearest_to_codes
from hrlib.evaluation.crossmodal import crossmodal_per_query, evaluate_crossmodal
from hrlib.evaluation.geometry import geometry
from hrlib.evaluation.posterior import posterior_table
from hrlib.evaluation.ranking import neighbours
from hrlib.evaluation.retrieval import evaluate, per_query
from hrlib.evaluation.robustness import robustness

__all__ = [
    "Interval",
    "code_counts",
    "crossmodal_per_query",
    "evaluate",
    "evaluate_attributes",
    "evaluate_crossmodal",
    "geometry",
    "graded_per_query",
    "nearest_to_codes",
    "neighbours",
    "paired_bootstrap",
    "paired_t",
    "per_query",
    "posterior_table",
    "purity",
    "robustness",
]
