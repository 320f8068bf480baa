"""Contrast of images and texts, across and within the modalities, where items with the same title are never negatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from hrlib.errors import HrlibError

MODALITIES = ("image", "text")
WAYS = {"i2t": ("image", "text"), "t2i": ("text", "image"), "i2i": ("image", "image"), "t2t": ("text", "text")}
DUPLICATES = ("share", "mask")


def wide(x: Tensor) -> Tensor:
    """x in float32 or wider: bf16, as autocast makes it, keeps two digits of a logit."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def similarities(queries: Tensor, keys: Tensor) -> Tensor:
    """The inner products of rows (B, D) and (N, D): (B, N), in float32 or wider also under autocast."""
    with torch.autocast(queries.device.type, enabled=False):
        return wide(queries) @ wide(keys).T


def title_masks(
    titles: Tensor, key_titles: Tensor, duplicates: Literal["share", "mask"] = "share"
) -> tuple[Tensor, Tensor]:
    """Which keys are positives of which queries, and which do not count: two (B, N) bool.

    A title says the same of every item that bears it: of two black T-shirts, each with the title "black T-shirt", neither photo is wrong for
    either text. With "share" they are all positives, each with its part of the target (one that has more than that of the softmax makes room for
    the others); with "mask" only the query's own pair is, and the others are left out of the softmax.

    Args:
        titles: (B,) int64, the queries' titles as numbers.
        key_titles: (N,) int64, the keys'; the first B are the queries' own pairs, in their order.
    """
    positive = titles[:, None] == key_titles
    if duplicates == "share":
        return positive, torch.zeros_like(positive)
    own = torch.eye(*positive.shape, dtype=torch.bool, device=positive.device)
    return own, positive & ~own


def contrast(
    queries: Tensor,
    keys: Tensor,
    positive: Tensor,
    ignored: Tensor,
    temperature: Tensor | float,
    *,
    guide: Tensor | None = None,
    softness: Tensor | float = 0.0,
) -> Tensor:
    """The mean of -sum_n y_n log softmax(query . keys / temperature)_n over the queries: a scalar.

    y = softness softmax(guide . keys / temperature) + (1 - softness) positives, each query's positives sharing 1 alike. That is the momentum
    contrast of ALBEF (arXiv 2107.07651) and TCL (Yang et al., CVPR 2022, arXiv 2202.10401), as in the latter's own code; that items of one
    title share the target is chosen here, since there every other item is a negative.

    Args:
        queries: (B, D) unit vectors.
        keys: (N, D) unit vectors; gradients flow into them too, where they have any.
        positive, ignored: (B, N) bool, see `title_masks`; each query has a positive that is not ignored.
        temperature: above 0.
        guide: (B, D), the teacher's view of the queries, which softens the targets. No gradient flows through targets.
        softness: 0..1.
    """
    logits = (similarities(queries, keys) / temperature).masked_fill(ignored, -torch.inf)
    with torch.no_grad():
        targets = positive / positive.sum(1, keepdim=True, dtype=logits.dtype)
        if guide is not None:
            soft = (similarities(guide, keys) / temperature).masked_fill(ignored, -torch.inf).softmax(1)
            targets = softness * soft + (1 - softness) * targets
    # 0 x -inf would be NaN: what is ignored has the target 0
    return -(targets * logits.log_softmax(1).masked_fill(ignored, 0)).sum(1).mean()


def ramped(top: float, ramp: float, progress: Tensor | float) -> Tensor | float:
    """`top`, reached in a line when the share `ramp` of the run is done; with ramp = 0 at once."""
    return top * torch.as_tensor(progress / ramp).clamp(max=1) if ramp else top


class Pairs:
    """The pairs of a step, what they are contrasted with, and which of that is positive.

    Args:
        known: image, text (B, D), titles (B,), temperature (); with a teacher also teacher_image, teacher_text (B, D), image_queue,
            text_queue (Q, D) and title_queue (Q,), -1 where the queue is still empty: such places are left out.
        teacher: contrast with the teacher's features and the queues; else with the batch of the student's own.

    Raises:
        HrlibError: shapes that do not fit, or a title below 0.
    """

    def __init__(
        self, known: Mapping[str, Tensor], duplicates: Literal["share", "mask"] = "share", teacher: bool = True
    ):
        _check(known, teacher)
        self.temperature = known["temperature"]
        self.student = {m: wide(known[m]) for m in MODALITIES}
        self.teacher = {m: wide(known[f"teacher_{m}"].detach()) for m in MODALITIES} if teacher else None
        self.keys, titles = self.student, known["titles"]
        self.places = len(titles) + (len(known["title_queue"]) if teacher else 0)
        if teacher:
            there = known["title_queue"] >= 0
            titles = torch.cat([titles, known["title_queue"][there]])
            self.keys = {m: torch.cat([self.teacher[m], wide(known[f"{m}_queue"].detach()[there])]) for m in MODALITIES}
        self.positive, self.ignored = title_masks(known["titles"], titles, duplicates)

    def contrast(self, way: str, softness: Tensor | float | None = None) -> Tensor:
        """The contrast "i2t", "t2i", "i2i" or "t2t"; with a softness the teacher guides the targets."""
        query, key = WAYS[way]
        settings = {} if softness is None else {"guide": self.teacher[query], "softness": softness}
        pair = self.student[query], self.keys[key], self.positive, self.ignored
        return contrast(*pair, self.temperature, **settings)


def _check(known: Mapping[str, Tensor], teacher: bool) -> None:
    shape, titles = known["image"].shape, known["titles"]
    names = [*MODALITIES, *(f"teacher_{m}" for m in MODALITIES)] if teacher else MODALITIES
    wrong = [f"{name} {tuple(known[name].shape)}" for name in names if known[name].shape != shape]
    if len(shape) != 2 or not shape[0] or wrong or titles.shape != shape[:1]:
        raise HrlibError(
            f"image {tuple(shape)}, titles {tuple(titles.shape)}{''.join(', ' + name for name in wrong)}: expected (B, D) of the same B pairs, "
            "one or more, in all, and titles (B,)"
        )
    if titles.is_floating_point() or (titles < 0).any():
        raise HrlibError(
            f"titles are {titles.dtype} from {titles.min()}: expected whole numbers from 0, as Captions.titles has them"
        )
    if teacher:
        queues = [known[f"{m}_queue"].shape for m in MODALITIES]
        if any(queue != (len(known["title_queue"]), shape[1]) for queue in queues):
            raise HrlibError(
                f"image_queue {tuple(queues[0])}, text_queue {tuple(queues[1])}, title_queue {tuple(known['title_queue'].shape)}: expected "
                f"(Q, {shape[1]}), (Q, {shape[1]}) and (Q,)"
            )


def check_contrast(softness: float, ramp: float, duplicates: str) -> None:
    """Refuse settings of a contrast that cannot be."""
    if not 0 <= softness <= 1 or not 0 <= ramp <= 1 or duplicates not in DUPLICATES:
        raise HrlibError(
            f"softness={softness!r}, ramp={ramp!r}, duplicates={duplicates!r}: expected shares from 0 to 1, and one of {', '.join(DUPLICATES)}"
        )
