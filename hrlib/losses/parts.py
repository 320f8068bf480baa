"""A loss of several parts, each switched on by its weight and logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.losses.contrast import wide

PAIRS = ("image", "text", "titles", "temperature")
TEACHER = ("teacher_image", "teacher_text", "image_queue", "text_queue", "title_queue")
FUSION = {"matching": ("match_logits", "match_labels"), "words": ("word_logits", "word_labels")}


class PartsLoss(nn.Module):
    """sum_g weight_g (sum of the parts of group g). A group without weight is neither computed nor asked for in `inputs`.

    A subclass says in `groups` what its groups are made of, and gives the parts by name, "group.part", in `parts`.

    Args:
        weights: of the groups: True and False are 1 and 0.
        needs: what each group is computed from, as `hrlib.losses.inputs` names it.

    Raises:
        HrlibError: a weight that is no finite number of 0 or more, or no group with one above 0.
    """

    groups: ClassVar[dict[str, tuple[str, ...]]]

    def __init__(self, weights: Mapping[str, float | bool], needs: Mapping[str, tuple[str, ...]]):
        super().__init__()
        weights = dict(weights)
        wrong = {g: w for g, w in weights.items() if not isinstance(w, int | float) or not 0 <= w < float("inf")}
        if wrong or not any(weights.values()):
            raise HrlibError(
                f"{wrong or weights}: expected True, False or finite weights of 0 or more, and one part of the loss at least that is on"
            )
        self.weights = {group: float(weight) for group, weight in weights.items() if weight}
        self.names = [name for group in self.weights for name in self.groups[group]]
        self.inputs = tuple(dict.fromkeys(name for group in self.weights for name in needs[group]))
        self.register_buffer("sums", torch.zeros(len(self.names), dtype=torch.float64))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def parts(self, known: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The parts that are on, by name: scalars."""
        raise NotImplementedError

    def forward(self, *values: Tensor) -> Tensor:
        """The weighted sum, from what `inputs` names: a scalar."""
        known = dict(zip(self.inputs, values, strict=True))
        parts = self.parts(known)
        if self.training:
            self.sums += torch.stack([parts[name].detach().double() for name in self.names])
            self.calls += 1
        return sum(self.weights[name.partition(".")[0]] * parts[name] for name in self.names)

    def report(self) -> dict[str, float]:
        """The mean of each part since the last report, unweighted."""
        means = (self.sums / self.calls.clamp(min=1)).tolist()
        self.sums.zero_()
        self.calls.zero_()
        return {f"loss.{name}": mean for name, mean in zip(self.names, means, strict=True)}

    def extra_repr(self) -> str:
        """The weights, for `print(loss)`."""
        return ", ".join(f"{group}={weight:g}" for group, weight in self.weights.items())

    def fused(self, known: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The parts over a fusion encoder that are on: "matching" tells pairs (1) from hard negatives (0), "words" finds masked words."""
        return {name: classification(*(known[n] for n in FUSION[name])) for name in FUSION if name in self.weights}


def classification(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean cross entropy of logits (M, C) and labels (M,), in float32 or wider; 0, attached to the graph, without any (M = 0)."""
    return F.cross_entropy(wide(logits), labels, reduction="sum") / max(1, len(labels))
