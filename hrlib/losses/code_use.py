"""How many codes of a codebook are in use, counted over an epoch."""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor, nn

from hrlib.losses.contrast import MODALITIES

STUCK, FEW = (
    0.95,
    0.1,
)  # a collapse: the loss above this share of ln K, fewer than this share of the codes used (chosen here)


class CodeUse(nn.Module):
    """Counts to which code each student's embedding is nearest: the raw argmax, with no transport that would even it out.

    In a batch of 128 no more than 128 of 512 codes can be used; so the counts run from report to report, and are in the checkpoint.
    """

    def __init__(self, codes: int):
        super().__init__()
        self.register_buffer("counts", torch.zeros(len(MODALITIES), codes, dtype=torch.int64))
        self.register_buffer("agreed", torch.zeros((), dtype=torch.int64))
        self.register_buffer("collapsed", torch.zeros((), dtype=torch.int64))  # reports in a row that looked so

    def update(self, image: Tensor, text: Tensor) -> None:
        """Count the cosines of a batch's B pairs and the codes, (B, K) each."""
        nearest = [image.argmax(1), text.argmax(1)]
        for counts, codes in zip(self.counts, nearest, strict=True):
            counts += torch.bincount(codes, minlength=len(counts))
        self.agreed += (nearest[0] == nearest[1]).sum()

    def report(self, cross_entropy: float | None = None) -> dict[str, float]:
        """Since the last report: the codes that were anybody's nearest, their perplexity exp(-sum p ln p), 1..K, of each modality, and the share of
        pairs whose image and text have the same nearest code.

        With the mean cross entropy of the swapped prediction also whether the codebook has collapsed: whether two reports in a row found few
        codes used and a loss that is still about ln K, what guessing costs. One may be the start. A warning says so once.
        """
        told, codes, seen = {}, self.counts.shape[1], max(1, int(self.counts[0].sum()))
        used = [int((counts > 0).sum()) for counts in self.counts]
        for modality, counts, number in zip(MODALITIES, self.counts.double(), used, strict=True):
            told |= {
                f"codes_used.{modality}": number,
                f"perplexity.{modality}": float(torch.special.entr(counts / seen).sum().exp()),
            }
        told["code_agreement"] = int(self.agreed) / seen
        if cross_entropy is not None:
            looks_so = cross_entropy > STUCK * math.log(codes) and min(used) < max(2, FEW * codes)
            self.collapsed.copy_((self.collapsed + 1) * looks_so)
            told["collapsed"] = float(self.collapsed > 1)
            if self.collapsed == 2:
                warnings.warn(
                    f"the codebook has collapsed: photos are nearest to {used[0]} of {codes} codes and texts to {used[1]}, and the swapped "
                    f"prediction costs {cross_entropy:.2f}, where guessing costs ln {codes} = {math.log(codes):.2f}. Try fewer codes, a lower "
                    "code_temperature or eps, or to train the codes from the start (frozen=0)",
                    stacklevel=3,
                )
        self.counts.zero_()
        self.agreed.zero_()
        return told
