"""Intervals for the difference of two runs: how much better, and how sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hrlib.errors import HrlibError
from hrlib.settings import whole_number

CELLS = 1 << 20  # resamples x groups that are drawn at once: 8 MB of counts


@dataclass(frozen=True)
class Interval:
    """A mean difference b - a and its confidence interval; above zero, b is larger."""

    mean: float
    low: float
    high: float
    level: float  # such as 0.95
    seeds: int  # pairs of runs
    units: int | None  # groups (or queries) that were resampled; None where only the seeds count
    draws: int | None  # resamples; None for Student's t
    method: str  # "bootstrap" or "t"

    def __str__(self) -> str:
        return f"{self.mean:+.4g} [{self.low:+.4g}, {self.high:+.4g}]"


def paired_bootstrap(
    a: ArrayLike, b: ArrayLike, *, groups: Sequence | None = None, n: int = 10_000, level: float = 0.95, seed: int = 0
) -> Interval:
    """The mean of b - a with its percentile bootstrap interval: positive where b is larger.

    Seeds and groups are drawn with replacement, independently of each other (the bootstrap of crossed random effects:
    Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 2007), and all queries of a drawn group come along
    (cluster bootstrap). Give the queries' classes as `groups`: the queries of one class stand or fall together, and
    taken as independent they make the interval too narrow.

    Few seeds make it too narrow as well: of S runs a percentile interval shows about (S - 1) / S of the variance
    between them. For a claim about training anew with S = 3 or 5, look also at `paired_t`, which is the conservative
    one.

    Args:
        a: (Q,) values a query (a column of `per_query`), or (S, Q) for S seeds. NaN: no value.
        b: of the same shape: the same queries, and row by row the run that is paired with a's (same seed, same split).
        groups: (Q,) a label a query, such as its class; None: every query by itself.
        n: resamples.
        level: of the interval.
        seed: of the resampling; the same seed gives the same interval.

    A query that is NaN in either run is left out of that pair. So for severity, which has a value only where the first
    hit is wrong, the difference is over the queries that both runs get wrong, not the difference of the two tables.

    Raises:
        HrlibError: shapes that differ, infinite values, no pair with two values, groups of another length or missing, a
            bad n or level.
    """
    difference = _differences(a, b)
    if difference.ndim != 2:
        raise HrlibError(f"values of shape {np.shape(a)}: expected (Q,) or (S, Q), a value a query")
    n = whole_number("n", n, what="such as 10_000")
    known = ~np.isnan(difference)
    sums, counts = (
        _by_group(x, _codes(groups, difference.shape[1]))
        for x in (np.where(known, difference, 0.0), known.astype(float))
    )
    used = counts.any(axis=0)  # a group without a value in any run would only add empty draws
    means = _resampled_means(sums[:, used], counts[:, used], n, np.random.default_rng(seed))
    low, high = np.nanquantile(means, _tails(level))
    mean = float(sums.sum() / counts.sum())
    return Interval(mean, float(low), float(high), level, len(difference), int(used.sum()), n, "bootstrap")


def paired_t(a: ArrayLike, b: ArrayLike, *, level: float = 0.95) -> Interval:
    """The mean of b - a over seeds with Student's t interval of the seeds' means: positive where b is larger.

    It takes the test items as given and asks what training again would give; conservative with few seeds (with 5 its
    half width is 2.8 standard errors, with 2 it is 12.7).

    Args:
        a: (S,) one value a seed (a metric of the table), or (S, Q) values a query, averaged by seed without NaN.
        b: of the same shape, paired with a's by seed.
        level: of the interval.

    Raises:
        HrlibError: shapes that differ, fewer than two seeds, infinite values, a seed without any value, a bad level.
    """
    from scipy.special import stdtrit  # only now: it is a sixth of what this part's import takes

    difference = _differences(a, b, one_dimension_is_seeds=True)
    missing = np.flatnonzero(np.isnan(difference).all(axis=1))
    if len(difference) < 2 or len(missing):
        what = f"seeds {missing.tolist()} have no value" if len(missing) else "one seed"
        raise HrlibError(f"{what}: an interval over seeds takes at least two, each with a value; train with more seeds")
    means = np.nanmean(difference, axis=1)
    half = stdtrit(len(means) - 1, _tails(level)[1]) * means.std(ddof=1) / np.sqrt(len(means))
    return Interval(
        float(means.mean()), float(means.mean() - half), float(means.mean() + half), level, len(means), None, None, "t"
    )


def _differences(a: ArrayLike, b: ArrayLike, one_dimension_is_seeds: bool = False) -> np.ndarray:
    """b - a (S, Q), NaN where either is."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.ndim not in (1, 2) or not a.size:
        raise HrlibError(
            f"a has shape {a.shape} and b {b.shape}: expected the same, one value or more, in one or two dimensions"
        )
    if np.isinf(a).any() or np.isinf(b).any():
        raise HrlibError(
            f"{int(np.isinf(a).sum() + np.isinf(b).sum())} values are infinite: expected finite ones, or NaN for none"
        )
    difference = b - a
    if np.isnan(difference).all():
        raise HrlibError(f"all {a.size} pairs have a NaN: expected at least one with two values")
    if a.ndim == 1:
        return difference[:, None] if one_dimension_is_seeds else difference[None]
    return difference


def _tails(level: float) -> tuple[float, float]:
    if not 0 < level < 1:
        raise HrlibError(f"level is {level!r}: expected a share between 0 and 1, such as 0.95")
    return (1 - level) / 2, (1 + level) / 2


def _codes(groups: Sequence | None, n: int) -> np.ndarray:
    if groups is None:
        return np.arange(n)
    codes = pd.factorize(pd.Series(groups))[0] if np.ndim(groups) == 1 else np.array([])
    if len(codes) != n:
        raise HrlibError(f"groups of shape {np.shape(groups)} for {n} queries: expected one label a query")
    if len(missing := np.flatnonzero(codes < 0)):
        raise HrlibError(
            f"{len(missing)} queries have no group (first: {missing[:5].tolist()}): expected a label for each"
        )
    return codes


def _by_group(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Sums (S, G) of values (S, Q) by the group of each column."""
    return np.stack([np.bincount(codes, weights=row) for row in values])


def _resampled_means(sums: np.ndarray, counts: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """n means, each of a draw of seeds and of groups: as weighted sums, the weights being how often each was drawn."""
    seeds, groups = sums.shape
    parts, step = [], max(1, CELLS // groups)
    for start in range(0, n, step):
        size = min(step, n - start)
        by_seed, by_group = _draw_counts(rng, seeds, size), _draw_counts(rng, groups, size)
        total, weight = ((by_seed @ x * by_group).sum(axis=1) for x in (sums, counts))
        parts.append(np.divide(total, weight, out=np.full(size, np.nan), where=weight > 0))
    return np.concatenate(parts)


def _draw_counts(rng: np.random.Generator, units: int, size: int) -> np.ndarray:
    """How often each of `units` comes up in `units` draws, `size` times over: (size, units) float."""
    drawn = (
        rng.integers(units, size=(size, units)) + units * np.arange(size)[:, None]
    )  # much quicker than rng.multinomial
    return np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units).astype(float)
