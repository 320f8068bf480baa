"""Pictures of what a variational autoencoder has learnt: what it gives back, and what each dimension of its bottleneck does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import torch
from torch import nn

from hrlib.errors import HrlibError
from hrlib.evaluation.posterior import dimensions, posterior
from hrlib.explore.photo_sheet import PITCH, add_photo, add_text, finish
from hrlib.explore.theme import figure

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

ITEMS = 2048  # that the aggregate posterior is estimated from
A_LINE = 10  # photos: as wide as a notebook
LINE = 2.3  # lines of photos and reconstructions apart, in cells


def reconstructions(model: nn.Module, catalogue: Catalogue, rows: Sequence[int] | np.ndarray) -> go.Figure:
    """Photos above, below each what the model gives back of it (decoded from the mean, without noise), ten a line.

    Raises:
        HrlibError: the model is no variational autoencoder, or there is no such row.
    """
    chosen = catalogue.subset(rows)
    made = decoded(model, posterior(model, chosen)[0])
    sheet = figure(title="Photos and their reconstructions")
    for number, pixels in enumerate(made):
        line, column = divmod(number, A_LINE)
        add_photo(sheet, column, line * LINE, chosen.images[number])
        add_photo(sheet, column, line * LINE + 1, pixels)
    lines = -(-len(made) // A_LINE)
    for line in range(lines):
        for below, text in enumerate(("photo", "reconstruction")):
            add_text(sheet, 0, line * LINE + below + 0.45, text, anchor="right", shift=-10)
    return finish(sheet, columns=min(len(made), A_LINE), rows=lines * LINE, left=120)


def traversal(
    model: nn.Module,
    catalogue: Catalogue,
    row: int,
    dims: Sequence[int] | None = None,
    steps: int = 7,
    count: int = 6,
) -> go.Figure:
    """What a photo becomes while one dimension of its z moves and the others stay: a row a dimension.

    z starts as the mean of q(z | photo). A dimension goes from -3 to 3 standard deviations around the mean of the aggregate posterior (q over
    the items), the same places for every photo; a triangle below each row is where the photo itself lies. Chosen here: around the photo's
    own mean, that of an unusual photo would soon leave what the decoder has seen.

    Args:
        row: the item of the catalogue.
        dims: dimensions of z; None: the `count` most informative by their KL.
        steps: pictures a row, 2 to 9.

    The aggregate posterior is estimated from up to 2,048 items, spread evenly over the catalogue.

    Raises:
        HrlibError: the model is no variational autoencoder, or no such row or dimension, or so many steps.
    """
    if not 2 <= steps <= 9:
        raise HrlibError(f"steps is {steps}: expected 2 to 9 pictures a row, as many as fit a page")
    own = posterior(model, catalogue.subset([row]))[0]
    spread = np.unique(np.linspace(0, len(catalogue) - 1, ITEMS).astype(int))
    means, log_variances = posterior(model, catalogue.subset(spread))
    kl = dimensions(means, log_variances)["kl"]
    chosen = list(kl.index[:count] if dims is None else dims)
    if not chosen or set(chosen) - set(kl.index):
        raise HrlibError(
            f"dims {chosen}: expected some of 0 to {len(kl) - 1}, the dimensions of the model's bottleneck"
        )
    middle, deviation = means.mean(0), np.sqrt(means.var(0) + np.exp(log_variances).mean(0))
    places = np.linspace(-3, 3, steps)
    z = np.tile(own, (len(chosen), steps, 1))
    for line, dim in enumerate(chosen):
        z[line, :, dim] = middle[dim] + places * deviation[dim]
    made = decoded(model, z.reshape(-1, z.shape[2]))
    pictures = made.reshape(len(chosen), steps, *made.shape[1:])
    here = ((own[0] - middle) / deviation)[chosen].clip(-3, 3)
    names = [f"dimension {dim}<br>{kl[dim]:.2f} nats" for dim in chosen]
    return _drawn(catalogue.images[int(row)], decoded(model, own)[0], pictures, names, places, here)


def _drawn(
    photo: np.ndarray, back: np.ndarray, pictures: np.ndarray, names: list[str], places: np.ndarray, here: np.ndarray
) -> go.Figure:
    """The photo and its reconstruction, and right of them the pictures (rows, steps, H, W, 3)."""
    sheet, left, steps = figure(title="One dimension at a time; ▲ where the photo itself lies"), 3.9, len(places)
    for column, (name, pixels) in enumerate((("photo", photo), ("decoded", back))):
        add_text(sheet, column + 0.45, -0.25, f"<b>{name}</b>")
        add_photo(sheet, column, 0, pixels)
    for column, place in enumerate(places):
        add_text(sheet, left + column + 0.45, -0.25, f"{place:+.2g} sd".replace("-", "−") if place else "mean")
    for line, (name, strip, own) in enumerate(zip(names, pictures, here, strict=True)):
        y = line * PITCH
        add_text(sheet, left - 0.15, y + 0.45, name, anchor="right")
        for column, pixels in enumerate(strip):
            add_photo(sheet, left + column, y, pixels)
        add_text(sheet, left + 0.45 + (own + 3) / 6 * (steps - 1), y + 1.02, "▲", size=10)
    return finish(sheet, columns=left + steps, rows=len(pictures) * PITCH, left=20)


@torch.inference_mode()
def decoded(model: nn.Module, z: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Photos (N, H, W, 3) uint8 from z (N, latent), by the model in evaluation mode; it is left in the mode it was in."""
    device, training, parts = next(model.parameters()).device, model.training, []
    model.eval()
    try:
        for batch in torch.from_numpy(z).split(batch_size):
            parts.append((model.decode(batch.to(device)) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy())
    finally:
        model.train(training)
    return np.concatenate(parts)
