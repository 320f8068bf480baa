"""Results as they are ranked: the nearest items, ranked again by the likely category if that is wanted, near-duplicates grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hrlib.errors import HrlibError
from hrlib.search.checks import Id
from hrlib.search.store import Where
from hrlib.search.visual import groups
from hrlib.search.visual.stock import Near, Stock
from hrlib.search.visual.votes import agreement, neighbour_votes

# items fetched: POOL times k and at least LEAST; MORE times as many where they make too few groups
POOL, LEAST, MORE = 4, 50, 4


@dataclass(frozen=True)
class VisualSettings:
    """What a search is like.

    Attributes:
        near_duplicate: the cosine from which on results are grouped as near-duplicates; None: they are not.
        group_by: a column whose value the items of one group share, such as "product"; it then decides alone.
        level: of the hierarchy, by name or number: the classes that are predicted, and that the table calls the category.
        voters: neighbours that vote on the category; chosen here.
        temperature: of their votes, see `votes.neighbour_votes`.
        weight: of the predicted classes where results are ranked again, see `votes.agreement`; chosen here.
    """

    near_duplicate: float | None = 0.99
    group_by: str | None = None
    level: str | int = 0
    voters: int = 10
    temperature: float = 0.07
    weight: float = 0.1

    def __post_init__(self):
        if self.near_duplicate is not None and not -1 <= self.near_duplicate <= 1:
            raise HrlibError(f"near_duplicate is {self.near_duplicate}: expected a cosine, -1 to 1, or None")
        if self.voters < 1 or not self.temperature > 0 or not self.weight >= 0:
            raise HrlibError(
                f"voters {self.voters}, temperature {self.temperature}, weight {self.weight}: expected at least 1, more than 0, "
                "and 0 or more"
            )


@dataclass(frozen=True)
class Result:
    """An item that is shown: its place in `Near`, what it is ranked by, and the near-duplicates grouped under it."""

    place: int
    score: float
    others: list[Id]


def pool(settings: VisualSettings, k: int) -> int:
    """How many items are fetched at first for k results."""
    return max(POOL * k, LEAST, settings.voters)


def ranked(
    stock: Stock,
    settings: VisualSettings,
    vector: np.ndarray,
    near: Near,
    k: int,
    where: Where | None,
    shares: Sequence[np.ndarray] | None,
    group: bool,
) -> tuple[Near, list[Result]]:
    """The k best results near a vector (D,), and the items that they are of.

    Ranking again moves only items that were fetched, the nearest: at least POOL * k.

    Args:
        near: the nearest `pool` items; more are fetched where they make fewer than k groups.
        shares: of the classes on each level, by which results are ranked again; None: by similarity alone.
        group: near-duplicates are one result, the best of them.
    """
    n = pool(settings, k)
    while True:
        scores = near.similarities
        if shares is not None:
            labels = stock.classes.labels(stock.records(near.ids, near.frame))
            scores = scores + settings.weight * agreement(labels, shares)
        order = np.argsort(-scores, kind="stable")
        best = near.taken(order)
        leaders = _leaders(stock, best, settings, k) if group else np.arange(len(best))
        shown = np.unique(leaders)[:k]  # a leader's place is its own
        if len(shown) == k or len(near) < n:
            break
        n *= MORE
        near = stock.near(vector, n, where)
    others = [[best.ids[place] for place in np.flatnonzero(leaders == one) if place != one] for one in shown]
    scores = scores[order].astype(float)
    return best, [Result(int(one), float(scores[one]), ids) for one, ids in zip(shown, others, strict=True)]


def _leaders(stock: Stock, near: Near, settings: VisualSettings, k: int) -> np.ndarray:
    if settings.group_by is not None:
        return groups.by_value([record.get(settings.group_by) for record in stock.records(near.ids, near.frame)])
    if settings.near_duplicate is not None:
        return groups.by_similarity(near.vectors, settings.near_duplicate, k)
    return np.arange(len(near))


def category_votes(stock: Stock, settings: VisualSettings, near: Near, without: Sequence[Id]) -> list[np.ndarray]:
    """The votes of the nearest items on the classes of each level; items that are themselves the query have none."""
    near = near.taken([place for place, one in enumerate(near.ids) if one not in without][: settings.voters])
    labels = stock.classes.labels(stock.records(near.ids, near.frame))
    return neighbour_votes(near.similarities, labels, stock.catalogue.hierarchy.n_classes, settings.temperature)
