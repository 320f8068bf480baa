"""Classification of attributes, missing values masked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.catalogue.attributes import MISSING, Attributes
from hrlib.errors import HrlibError
from hrlib.losses.unit import cosines


class AttributeLoss(nn.Module):
    """One softmax head an attribute over the same embedding; `fit` takes it with targets={"attributes": attributes.codes}.

    An item's loss is sum_a m_a w_a CE_a / max(1, sum_a m_a), where m_a = 0 if its value of attribute a is missing and w_a is the weight of
    that value. The batch's loss is the mean over the items of which any attribute is known: an item without any changes neither the loss nor
    its gradient, and a batch of such items has the loss 0, attached to the graph.

    Nadkarni, Dasararaju, Visually Similar Products Retrieval for Shopsy, 2022, arXiv 2210.04560, classify attributes and mask missing values;
    their formula is not published, and this one was chosen here. A head is a cosine classifier, CE_a = cross entropy of scale cos(x, p_v) over
    the values v, like the proxies of the other losses, since `fit` trains a loss's own parameters at their rate: the normalised softmax of
    Zhai and Wu, Classification is a Strong Baseline for Deep Metric Learning, 2019, in pytorch-metric-learning with the temperature 1 / 20.

    An attribute with fewer than two values has no head: there is nothing to tell apart, and it counts as missing everywhere. So does a value
    whose code is beyond the heads, one that the training items do not have (see `Attributes.from_frame(like=)`).

    Args:
        attributes: of the training items.
        dim: dimensions of the embeddings.
        scale: of the cosines.
        balance: how much rare values weigh more. Value v of c_v items weighs (most frequent value's c / c_v) ** balance, at most `bound`,
            divided by the mean of that over the items: the weights have the mean 1 over the items and are at most `bound`. 0: all weigh 1,
            1: all values weigh alike in sum. The square root was chosen here, not tuned.
        bound: of the weights, so that a value of one item among thousands does not set the gradient.

    Raises:
        HrlibError: no attribute with two values, a scale that is not above 0, a balance below 0, a bound below 1.

    Example:
        >>> items = pd.DataFrame({"colour": ["red", "blue", "red"], "season": ["summer", None, "winter"]})
        >>> loss = AttributeLoss(Attributes.from_frame(items, ["colour", "season"]), dim=8)
        >>> loss(torch.randn(2, 8), torch.tensor([[0, -1], [1, 0]])).shape
        torch.Size([])
    """

    inputs = ("embeddings", "attributes")

    def __init__(
        self, attributes: Attributes, dim: int, *, scale: float = 20.0, balance: float = 0.5, bound: float = 10.0
    ):
        super().__init__()
        if not (0 < scale < float("inf") and 0 <= balance < float("inf") and bound >= 1):
            raise HrlibError(
                f"scale={scale}, balance={balance}, bound={bound}: expected numbers above 0, of 0 or more, and of 1 or more"
            )
        self.values = attributes.subset([])  # columns and names: what the codes mean
        self.heads = [a for a, count in enumerate(attributes.n_values) if count > 1]
        if not self.heads:
            raise HrlibError(f"{attributes!r}: expected an attribute with two values or more")
        self.sizes = [attributes.n_values[a] for a in self.heads]
        self.dim, self.scale = dim, scale
        weights = [value_weights(attributes.codes[:, a], n, balance, bound) for a, n in self._each()]
        self.register_buffer("weights", torch.from_numpy(np.concatenate(weights)).float())
        self.register_buffer("right", torch.zeros(len(self.heads), dtype=torch.int64))
        self.register_buffer("seen", torch.zeros(len(self.heads), dtype=torch.int64))
        # as those of HierarchicalProxyLoss; only the directions matter to the loss, the length sets how fast they turn
        self.proxies = nn.Parameter(nn.init.kaiming_normal_(torch.empty(sum(self.sizes), dim), mode="fan_out"))

    def forward(self, embeddings: Tensor, codes: Tensor) -> Tensor:
        """The loss of `embeddings` (B, D) whose attributes are `codes` (B, A) int64, negative where missing: a scalar."""
        _check(embeddings, codes, self.dim, len(self.values.columns))
        logits = self._logits(embeddings)
        targets = [codes[:, a].masked_fill((codes[:, a] < 0) | (codes[:, a] >= n), MISSING) for a, n in self._each()]
        weights = self.weights.split(self.sizes)
        losses = torch.stack(
            [
                F.cross_entropy(head, target, weight, ignore_index=MISSING, reduction="none")
                for head, target, weight in zip(logits, targets, weights, strict=True)
            ],
            dim=1,
        )
        targets = torch.stack(targets, dim=1)
        known = targets != MISSING
        if self.training:
            self.right += (torch.stack([head.argmax(1) for head in logits], dim=1) == targets).sum(0)
            self.seen += known.sum(0)
        per_item = losses.sum(1) / known.sum(1).clamp(min=1)
        return per_item.sum() / known.any(1).sum().clamp(min=1)

    @torch.no_grad()
    def predict(self, embeddings: np.ndarray | Tensor) -> np.ndarray:
        """The likeliest values of embeddings (N, D): codes (N, A) int64 in the coding of the training items, -1 where an attribute has no head."""
        x = torch.as_tensor(embeddings).to(self.proxies.device)
        _check(x, None, self.dim, len(self.values.columns))
        parts = [torch.stack([head.argmax(1) for head in self._logits(part)], dim=1) for part in x.split(1 << 16)]
        codes = np.full((len(x), len(self.values.columns)), MISSING, np.int64)
        codes[:, self.heads] = torch.cat(parts).cpu().numpy()
        return codes

    def accuracy(self, embeddings: np.ndarray | Tensor, attributes: Attributes) -> pd.DataFrame:
        """How often the predicted values are right: a row an attribute.

        Columns: `values`, those that the training items have; `known`, the items whose value is known and one of these; of these items
        `accuracy`, the share that is right; `balanced_accuracy`, the mean of that share over the values that occur; `majority`, the share of
        their most frequent value, which is the accuracy of always guessing it. NaN where nothing is known or there is no head.

        Args:
            embeddings: (N, D).
            attributes: of these items, the same columns as in training; values are matched by name.
        """
        if len(embeddings) != len(attributes):
            raise HrlibError(
                f"{len(embeddings)} embeddings for attributes of {len(attributes)} items: expected as many"
            )
        found, truth = self.predict(embeddings), attributes.codes_like(self.values)
        rows = {}
        for a, (column, size) in enumerate(zip(self.values.columns, self.values.n_values, strict=True)):
            known = (truth[:, a] != MISSING) & (truth[:, a] < size)
            rows[column] = {"values": size, "known": int(known.sum())} | _scores(truth[known, a], found[known, a])
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("attribute")

    def report(self) -> dict[str, float]:
        """The accuracy of each attribute in training since the last report, on photos as augmented and before each step's update."""
        shares = (self.right / self.seen).tolist()  # 0 / 0 = NaN: nothing was known
        self.right.zero_()
        self.seen.zero_()
        return {f"accuracy.{self.values.columns[a]}": share for a, share in zip(self.heads, shares, strict=True)}

    def extra_repr(self) -> str:
        """The heads, for `print(loss)`."""
        return ", ".join(f"{self.values.columns[a]}: {n} values" for a, n in self._each())

    def _each(self) -> list[tuple[int, int]]:
        return list(zip(self.heads, self.sizes, strict=True))

    def _logits(self, embeddings: Tensor) -> tuple[Tensor, ...]:
        return (self.scale * cosines(embeddings, self.proxies)).split(self.sizes, dim=1)


def value_weights(codes: np.ndarray, values: int, balance: float, bound: float) -> np.ndarray:
    """The weight of each value (V,), float64, from the codes (N,) of the items: see `AttributeLoss`."""
    counts = np.bincount(codes[codes != MISSING], minlength=values)
    if not counts.any():
        return np.ones(values)
    weights = np.minimum((counts.max() / np.maximum(counts, 1)) ** balance, bound)
    return weights * counts.sum() / (weights @ counts)


def _scores(truth: np.ndarray, found: np.ndarray) -> dict[str, float]:
    if not len(truth) or found[0] == MISSING:
        return dict.fromkeys(("accuracy", "balanced_accuracy", "majority"), np.nan)
    counts, right = np.bincount(truth), np.bincount(truth, weights=truth == found)
    shares = right[counts > 0] / counts[counts > 0]
    return {
        "accuracy": right.sum() / len(truth),
        "balanced_accuracy": shares.mean(),
        "majority": counts.max() / len(truth),
    }


def _check(embeddings: Tensor, codes: Tensor | None, dim: int, columns: int) -> None:
    if embeddings.ndim != 2 or embeddings.shape[1] != dim or not len(embeddings):
        raise HrlibError(f"embeddings are {tuple(embeddings.shape)}: expected (B, {dim}), one or more")
    if codes is not None and (codes.shape != (len(embeddings), columns) or codes.dtype != torch.int64):
        raise HrlibError(
            f"attributes are {tuple(codes.shape)} {codes.dtype}: expected int64 of shape ({len(embeddings)}, {columns}), a code an attribute"
        )
