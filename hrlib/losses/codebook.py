"""A codebook that images and texts share: what stands for a photo's code is to be told from its text, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.losses.code_use import CodeUse
from hrlib.losses.contrast import MODALITIES, WAYS, Pairs, check_contrast, ramped, similarities
from hrlib.losses.parts import FUSION, PAIRS, TEACHER, PartsLoss
from hrlib.losses.sinkhorn import check_transport, sinkhorn

SWAPPED = {"image": "text", "text": "image"}


def plans(
    image: Tensor, text: Tensor, eps: float = 0.05, iterations: int = 3, joint: bool = False
) -> dict[str, Tensor]:
    """The transport plans of N images and N texts to K codes, from their cosines (N, K): by modality, each with the sum 1.

    Separate plans make either modality use all codes alike; with `joint` both together do, in one plan of 2N rows.
    """
    if not joint:
        return {"image": sinkhorn(image, eps, iterations), "text": sinkhorn(text, eps, iterations)}
    both = 2 * sinkhorn(torch.cat([image, text]), eps, iterations)
    return dict(zip(MODALITIES, both.chunk(2), strict=True))


def transport_cost(plan: Tensor, cosines: Tensor) -> Tensor:
    """sum T (1 - cosine): what the plan (N, K) costs, 0..2; a scalar."""
    return (plan * (1 - cosines)).sum()


def swapped_prediction(plan: Tensor, cosines: Tensor, temperature: float) -> Tensor:
    """H(T, P): the mean cross entropy of the codes that a plan (N, K) takes its first B samples to, and P = softmax(cosines / temperature) (B, K)."""
    return F.cross_entropy(cosines / temperature, plan[: len(cosines)] * len(plan))


class CodebookLoss(PartsLoss):
    """L = L_code + contrast + ITM + MLM (CODIS: Duan et al., CVPR 2022, arXiv 2203.00048), each part switchable.

    * transport ("image", "text"): L_ot = sum T (1 - cos(z', c)), the cost of taking the teacher's features z' to the codes by the plan T. It moves
      the codes to where features are; no gradient flows through T or z'.
    * swapped ("image", "text": whose codes are told): H(T_image, P_text) + H(T_text, P_image), where P = softmax(z . C / code_temperature) of the
      student's embeddings z. This is what brings the modalities together by way of the codes.
    * cross ("i2t", "t2i") and within ("i2i", "t2t"): `contrast` with the teacher and its queues, softened by the teacher in all four.
    * matching (ITM) and words (MLM): of a fusion encoder.

    Verified: two views of one entity, codes as centres that are trained along, momentum teachers that guide the other's
    student, queues. With moderate confidence, remembered: these formulas, softness .4. Unknown: codes, code_temperature, transport steps; .1, .05 and 3
    are SwAV's, from memory. Chosen here: all parts weigh 1; the batch and its queue are taken to the codes together, so that K may be larger than the
    batch; frozen, ramp; titles that are the same share targets.

    Separate plans (the default; `plans`) are what the remembered formula has. They hide a constant offset between the modalities, as was
    measured here: two clouds with a gap between them still agree on codes. So `report` tells the agreement of raw argmax codes, and P, which
    learns, is no plan. With joint=True an offset is seen by the plan as well, and the modalities may then divide the codes between them.

    Args:
        codes: K, 2 or more, at most the batch and the queue together.
        dim: dimensions of the embeddings.
        transport, swapped, cross, within, matching, words: weights; True is 1, False 0. A part that is off is not asked for. "Contrast alone" is
            transport=False, swapped=False.
        code_temperature: of P.
        eps, iterations: of `sinkhorn`.
        joint: one plan for both modalities.
        frozen: the share of the run in which the codes stay as drawn, while features begin to mean something. 1: the control with a random codebook.
        teacher: False: the student stands in for the teacher, in the batch of its own embeddings, without queues and soft targets; K is then at
            most the batch, and there is no second view for `within`. (A teacher without momentum keeps views and queues: give the teacher m = 0.)
        softness, ramp, duplicates: of the targets of contrast, as of `TripleContrastiveLoss`.
        seed: of the codes that training begins with.

    While the queue fills there may be fewer samples than codes; a sample's target is then spread over several.

    Raises:
        HrlibError: settings beyond these, nothing that is on, more codes than places for samples, inputs whose shapes do not fit.
    """

    groups: ClassVar = {
        "transport": ("transport.image", "transport.text"),
        "swapped": ("swapped.image", "swapped.text"),
        "cross": ("cross.i2t", "cross.t2i"),
        "within": ("within.i2i", "within.t2t"),
        "matching": ("matching",),
        "words": ("words",),
    }

    def __init__(
        self,
        codes: int,
        dim: int,
        *,
        transport: float | bool = True,
        swapped: float | bool = True,
        cross: float | bool = True,
        within: float | bool = True,
        matching: float | bool = False,
        words: float | bool = False,
        code_temperature: float = 0.1,
        eps: float = 0.05,
        iterations: int = 3,
        joint: bool = False,
        frozen: float = 0.05,
        teacher: bool = True,
        softness: float = 0.4,
        ramp: float = 0.2,
        duplicates: Literal["share", "mask"] = "share",
        seed: int = 0,
    ):
        needs = dict.fromkeys(
            ("transport", "swapped", "cross", "within"), (*PAIRS, *(TEACHER if teacher else ()), "progress")
        )
        weights = {"transport": transport, "swapped": swapped, "cross": cross, "within": within}
        super().__init__(weights | {"matching": matching, "words": words}, needs | FUSION)
        if codes < 2 or dim < 1 or not 0 < code_temperature < float("inf") or not 0 <= frozen <= 1:
            raise HrlibError(
                f"codes={codes}, dim={dim}, code_temperature={code_temperature}, frozen={frozen}: expected 2 codes or more, a dim of 1 or more, a "
                "temperature above 0 and a share of the run from 0 to 1"
            )
        if self.weights.keys() == {"transport"}:
            raise HrlibError("transport alone moves codes, and no encoder learns: switch on another part as well")
        if within and not teacher:
            raise HrlibError("within=True without a teacher: the second view is the teacher's; give within=False")
        check_transport(eps, iterations)
        check_contrast(softness, ramp, duplicates)
        self.code_temperature, self.eps, self.iterations, self.joint = code_temperature, eps, iterations, joint
        self.frozen, self.teacher = frozen, teacher
        self.softness, self.ramp, self.duplicates = softness, ramp, duplicates
        self.coded = "transport" in self.weights or "swapped" in self.weights
        if self.coded:
            # of length sqrt(dim), so that a step of Adam at the rate lr turns a code by about lr radians at first
            start = torch.randn(codes, dim, generator=torch.Generator().manual_seed(seed))
            self.codes = nn.Parameter(start, requires_grad=frozen < 1)
            self.use = CodeUse(codes)

    def codebook(self) -> Tensor:
        """The codes as unit vectors (K, dim)."""
        if not self.coded:
            raise HrlibError("this loss has no codebook: transport and swapped are off")
        return F.normalize(self.codes, dim=1)

    def parts(self, known: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The parts that are on, by name: scalars."""
        found = self.fused(known)
        if self.weights.keys() <= FUSION.keys():
            return found
        pairs = Pairs(known, self.duplicates, self.teacher)
        softness = ramped(self.softness, self.ramp, known["progress"]) if self.teacher else None
        ways = [name for name in self.names if name.partition(".")[2] in WAYS]
        found |= {name: pairs.contrast(name.partition(".")[2], softness) for name in ways}
        return found | (self._codes(pairs, known["progress"]) if self.coded else {})

    def _codes(self, pairs: Pairs, progress: Tensor) -> dict[str, Tensor]:
        codes = self.codebook() if progress >= self.frozen else self.codebook().detach()
        keys = {m: pairs.keys[m].detach() for m in MODALITIES}
        if codes.shape[1] != keys["image"].shape[1]:
            raise HrlibError(
                f"embeddings of {keys['image'].shape[1]} dimensions, codes of {codes.shape[1]}: give the loss the model's dim"
            )
        if len(codes) > pairs.places:
            raise HrlibError(
                f"{len(codes)} codes for {pairs.places} samples, the batch and its queue: expected no more codes, since each is to be taken by as "
                "many samples; give fewer codes, a larger batch or a longer queue"
            )
        taken = {m: similarities(keys[m], codes) for m in MODALITIES}
        told = {m: similarities(pairs.student[m], codes) for m in MODALITIES}
        plan = plans(taken["image"].detach(), taken["text"].detach(), self.eps, self.iterations, self.joint)
        if self.training:
            self.use.update(told["image"], told["text"])
        found = {}
        for m in MODALITIES:
            if "transport" in self.weights:
                found[f"transport.{m}"] = transport_cost(plan[m], taken[m])
            if "swapped" in self.weights:
                found[f"swapped.{m}"] = swapped_prediction(plan[m], told[SWAPPED[m]], self.code_temperature)
        return found

    def report(self) -> dict[str, float]:
        """The mean of each part since the last report, unweighted, and what `CodeUse.report` tells."""
        told = super().report()
        if self.coded:
            swapped = [told[f"loss.swapped.{m}"] for m in MODALITIES] if "swapped" in self.weights else None
            told |= self.use.report(sum(swapped) / 2 if swapped else None)
        return told
