"""What the bottleneck of a variational autoencoder carries, and whether it has collapsed."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue


def posterior(model: nn.Module, catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray]:
    """Means and log-variances (N, D) float32 of q(z | photo), in the order of the catalogue's items.

    The model is used in evaluation mode, in float32, where it is, and left in the mode it was in.

    Raises:
        HrlibError: the model is no variational autoencoder.
    """
    from hrlib.training.embed import embed  # evaluation of plain vectors needs neither training nor losses

    if not hasattr(model, "posterior"):
        raise HrlibError(
            f"a {type(model).__name__} has no posterior: expected a model such as hr.models.VariationalAutoencoder(encoder)"
        )
    side_by_side = embed(_Posterior(model).train(model.training), catalogue, precision="float32")
    means, log_variances = np.split(side_by_side, 2, axis=1)
    return means, log_variances


def posterior_table(model: nn.Module, catalogue: Catalogue, least: float = 0.1) -> pd.DataFrame:
    """A row a dimension of the bottleneck, the most informative first; see `dimensions`.

    A posterior that has collapsed is the prior whatever the photo is, and then the decoder cannot know the photo. Fewer active
    dimensions than `least`, a share of all of them that is chosen here, give a warning. A good bottleneck may well leave most of many
    dimensions unused: what they cost is then not worth what they would tell.

    Raises:
        HrlibError: the model is no variational autoencoder.
    """
    from hrlib.losses.reconstruction import ACTIVE

    table = dimensions(*posterior(model, catalogue))
    active = int(table["active"].sum())
    if active < least * len(table):
        warnings.warn(
            f"posterior collapse: {active} of {len(table)} dimensions carry something (the variance of their mean is above {ACTIVE}), fewer "
            f"than a share of {least}: train with a lower beta or a longer warmup of ReconstructionLoss",
            stacklevel=2,
        )
    return table


def dimensions(means: np.ndarray, log_variances: np.ndarray) -> pd.DataFrame:
    """What each dimension tells, from the means and log-variances (N, D) of N items: a row a dimension, by falling kl.

    kl: of q to the prior N(0, 1), in nats, the mean over the items. variance_of_mean: over the items, of q's mean. active: whether that
    is above 0.01 (active units: Burda et al., ICLR 2016, arXiv 1509.00519).
    """
    from hrlib.losses.reconstruction import ACTIVE, kl_to_normal

    kl = kl_to_normal(torch.from_numpy(means).double(), torch.from_numpy(log_variances).double()).mean(0).numpy()
    variance = means.var(0, dtype=np.float64)
    columns = {"kl": kl, "variance_of_mean": variance, "active": variance > ACTIVE}
    table = pd.DataFrame(columns, index=pd.RangeIndex(means.shape[1], name="dimension"))
    return table.sort_values("kl", ascending=False, kind="stable")


class _Posterior(nn.Module):
    """The parameters of q side by side, for `embed`."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat(self.model.posterior(images), dim=1)
