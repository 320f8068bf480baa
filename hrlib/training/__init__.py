"""Training: `fit`, `embed`, and what they are made of."""

from hrlib.training.checkpoint import load_checkpoint, save_checkpoint
from hrlib.training.embed import embed
from hrlib.training.fit import FitSettings, Run, fit
from hrlib.training.graded_batches import GradedTripletBatches
from hrlib.training.pairs import PairBatches
from hrlib.training.recipes import label_triplets, visual_search
from hrlib.training.snapshots import Snapshots
from hrlib.training.triplets import GradedTripletMiner, Triplets

__all__ = [
    "FitSettings",
    "GradedTripletBatches",
    "GradedTripletMiner",
    "PairBatches",
    "Run",
    "Snapshots",
    "Triplets",
    "embed",
    "fit",
    "label_triplets",
    "load_checkpoint",
    "save_checkpoint",
    "visual_search",
]
