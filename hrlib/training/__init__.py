"""Training: `fit`, `embed`, and what they are made of."""

from hrlib.training.checkpoint import load_checkpoint, save_checkpoint
from hrlib.training.embed import embed
from hrlib.training.fit import FitSettings, Run, fit

__all__ = ["FitSettings", "Run", "embed", "fit", "load_checkpoint", "save_checkpoint"]
