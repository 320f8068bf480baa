"""Training: `fit`, `embed`, and what they are made of."""

from hrlib.training.checkpoint import load_checkpoint, save_checkpoint
from hrlib.training.embed import embed
from hrlib.training.fit import FitSettings, Run, fit
from hrlib.training.snapshots import Snapshots

__all__ = ["FitSettings", "Run", "Snapshots", "embed", "fit", "load_checkpoint", "save_checkpoint"]
