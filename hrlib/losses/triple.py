"""Triple contrastive learning: across the modalities, within each, and of a whole with its own parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from hrlib.errors import HrlibError
from hrlib.losses.contrast import MODALITIES, Pairs, check_contrast, ramped, similarities, wide
from hrlib.losses.parts import FUSION, PAIRS, TEACHER, PartsLoss


def local_contrast(
    wholes: Tensor, locals_: Tensor, titles: Tensor, temperature: Tensor | float, mask: Tensor | None = None
) -> Tensor:
    """The mean over samples i and their locals j of -log e^{g_i.l_ij/tau} / (e^{g_i.l_ij/tau} + sum_{n,k} e^{g_i.l_nk/tau}): a scalar.

    n runs over the samples of the batch with another title than i's; in TCL's own code over all but i, which is the same where titles differ.
    A sample without locals (a text of which no token counts) is left out; where nobody is a negative the loss is 0.

    Args:
        wholes: (B, D) unit vectors g.
        locals_: (B, J, D) unit vectors l: patches, or tokens.
        titles: (B,) int64.
        mask: (B, J) bool, False for padding, whatever stands there; None: all count.

    Raises:
        HrlibError: shapes that do not fit.
    """
    batch, dim = wholes.shape
    mask = torch.ones(locals_.shape[:2], dtype=torch.bool, device=locals_.device) if mask is None else mask
    if (
        locals_.ndim != 3
        or locals_.shape[::2] != (batch, dim)
        or mask.shape != locals_.shape[:2]
        or mask.dtype != torch.bool
    ):
        raise HrlibError(
            f"wholes {tuple(wholes.shape)}, locals {tuple(locals_.shape)}, mask {mask.dtype} {tuple(mask.shape)}: expected (B, D), (B, J, D) "
            "and bool (B, J)"
        )
    locals_ = wide(locals_).masked_fill(~mask[:, :, None], 0)
    s = (similarities(wholes, locals_.flatten(0, 1)) / temperature).view(batch, batch, -1)
    left_out = (titles[:, None] == titles)[:, :, None] | ~mask
    # the least number instead of -inf, whose gradient would be NaN where a row has no negative
    negatives = s.masked_fill(left_out, torch.finfo(s.dtype).min).flatten(1).logsumexp(1)
    losses = -F.logsigmoid(s.diagonal().T - negatives[:, None]).masked_fill(~mask, 0)
    counts = mask.sum(1)
    return (losses.sum(1) / counts.clamp(min=1)).sum() / (counts > 0).sum().clamp(min=1)


def others(count: int, device: torch.device | str = "cpu") -> Tensor:
    """For each of `count` samples another one, drawn at random, each once (count,) int64; a single sample has only itself."""
    order = torch.randperm(count, device=device)
    return torch.empty_like(order).index_copy_(0, order, order.roll(1))


class TripleContrastiveLoss(PartsLoss):
    """L = MLM + (CMA's two + IMC's two + LMI's two) / 6 + ITM (Yang et al., CVPR 2022, arXiv 2202.10401), each part switchable.

    * cma, across modalities ("i2t", "t2i"): `contrast` with the other teacher's features and its queue, targets softened by the teacher.
    * imc, within ("i2i", "t2t"): the same with the own modality's teacher, which sees another view of the photo (for a text, the student's
      dropout makes the difference); hard targets.
    * lmi, a whole with its own parts ("image", "text"): `local_contrast` of the student's embedding with the teacher's patches and tokens, with
      the other items of the batch as negatives.
    * matching (ITM) and words (MLM): of a fusion encoder, which gives the logits and chooses the hard negatives and the masked words.

    Verified in the authors' code: all of the formula. Chosen here: items with the same title share targets and are no negatives;
    the ramp in shares of the run (theirs is the first epoch, from memory); divided by 6 whatever is on, so that switching a part off does not weigh
    the others anew.

    Args:
        cma, imc, lmi, matching, words: weights; True is 1, False 0. A part that is off is not asked for.
        softness: a, the teacher's share of CMA's targets.
        ramp: the share of the run over which a rises from 0.
        duplicates: what items with the same title are to each other, see `title_masks`.
        shuffle_locals: the control of LMI: each sample gets the locals of another sample of the batch (one whose title may be the same).

    Raises:
        HrlibError: settings beyond these, nothing that is on, inputs whose shapes do not fit.
    """

    groups: ClassVar = {
        "cma": ("cma.i2t", "cma.t2i"),
        "imc": ("imc.i2i", "imc.t2t"),
        "lmi": ("lmi.image", "lmi.text"),
        "matching": ("matching",),
        "words": ("words",),
    }

    def __init__(
        self,
        cma: float | bool = True,
        imc: float | bool = True,
        lmi: float | bool = True,
        matching: float | bool = True,
        words: float | bool = True,
        *,
        softness: float = 0.4,
        ramp: float = 0.2,
        duplicates: Literal["share", "mask"] = "share",
        shuffle_locals: bool = False,
    ):
        needs = {
            "cma": (*PAIRS, *TEACHER, "progress"),
            "imc": (*PAIRS, *TEACHER),
            "lmi": (*PAIRS, "image_locals", "text_locals", "text_locals_mask"),
        }
        super().__init__({"cma": cma, "imc": imc, "lmi": lmi, "matching": matching, "words": words}, needs | FUSION)
        self.weights |= {group: self.weights[group] / 6 for group in needs if group in self.weights}
        check_contrast(softness, ramp, duplicates)
        self.softness, self.ramp, self.duplicates = softness, ramp, duplicates
        self.shuffle_locals = shuffle_locals

    def parts(self, known: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The parts that are on, by name: scalars."""
        found = self.fused(known)
        if "cma" in self.weights or "imc" in self.weights:
            pairs = Pairs(known, self.duplicates)
            if "cma" in self.weights:
                softness = ramped(self.softness, self.ramp, known["progress"])
                found |= {f"cma.{way}": pairs.contrast(way, softness) for way in ("i2t", "t2i")}
            if "imc" in self.weights:
                found |= {f"imc.{way}": pairs.contrast(way) for way in ("i2i", "t2t")}
        if "lmi" in self.weights:
            found |= {f"lmi.{modality}": self._local(known, modality) for modality in MODALITIES}
        return found

    def _local(self, known: Mapping[str, Tensor], modality: str) -> Tensor:
        locals_, mask = known[f"{modality}_locals"].detach(), known["text_locals_mask"] if modality == "text" else None
        if self.shuffle_locals:
            order = others(len(locals_), locals_.device)
            locals_, mask = locals_[order], mask if mask is None else mask[order]
        return local_contrast(known[modality], locals_, known["titles"], known["temperature"], mask)
