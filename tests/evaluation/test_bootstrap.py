"""Intervals: against scipy, their coverage on simulated runs, and the errors of bad input."""

import numpy as np
import pytest
import scipy.stats

from hrlib.errors import HrlibError
from hrlib.evaluation import Interval, paired_bootstrap, paired_t

RNG = np.random.default_rng(0)
A, B = RNG.random(80), RNG.random(80)


def test_the_difference_is_b_minus_a():
    result = paired_bootstrap(A, A + 0.5)
    assert (result.mean, result.low, result.high) == pytest.approx((0.5, 0.5, 0.5))
    assert paired_t([0.1, 0.2], [0.6, 0.7]).mean == pytest.approx(0.5)
    assert isinstance(result, Interval) and (result.seeds, result.units, result.draws, result.level) == (
        1,
        80,
        10_000,
        0.95,
    )
    assert str(Interval(0.0123, -0.001, 0.02, 0.95, 5, None, None, "t")) == "+0.0123 [-0.001, +0.02]"


def test_a_seed_gives_the_same_interval_and_swapping_the_runs_changes_the_sign():
    assert paired_bootstrap(A, B, seed=3) == paired_bootstrap(A, B, seed=3)
    assert paired_bootstrap(A, B, seed=3) != paired_bootstrap(A, B, seed=4)
    there, back = paired_bootstrap(A, B), paired_bootstrap(B, A)
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))


def test_scipy_gives_the_same_interval():
    expected = scipy.stats.bootstrap(
        (B - A,), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    result = paired_bootstrap(A, B, n=20_000)
    width = expected.high - expected.low
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=0.03 * width)
    assert result.mean == pytest.approx(np.mean(B - A))


def test_groups_are_drawn_whole():
    groups = np.repeat(["x", "y", "z", "w"], 20)
    by_group = np.array([2.0, -1.0, 0.5, 4.0])
    result = paired_bootstrap(np.zeros(80), np.repeat(by_group, 20), groups=groups)
    expected = scipy.stats.bootstrap(
        (by_group,), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=0.1)
    assert result.units == 4
    alone = paired_bootstrap(np.zeros(80), np.repeat(by_group, 20))
    assert result.high - result.low > 3 * (alone.high - alone.low)  # queries taken as independent: far too narrow


def test_drawn_means_are_those_of_a_draw_written_out(monkeypatch):
    a, b = RNG.random((3, 7)), RNG.random((3, 7))
    a[0, 2] = b[1, 5] = np.nan
    groups = np.array([0, 0, 1, 1, 2, 2, 2])
    draws = [([0, 0, 2], [1, 2, 2]), ([1, 2, 1], [0, 0, 1])]
    given = iter(
        [
            np.array([np.bincount(s, minlength=3) for s, _ in draws], float),
            np.array([np.bincount(g, minlength=3) for _, g in draws], float),
        ]
    )
    monkeypatch.setattr("hrlib.evaluation.bootstrap._draw_counts", lambda *_: next(given))
    result = paired_bootstrap(a, b, groups=groups, n=2)
    means = []
    for seeds, chosen in draws:
        values = [b[s, q] - a[s, q] for s in seeds for g in chosen for q in np.flatnonzero(groups == g)]
        means.append(np.nanmean(values))
    assert (result.low, result.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


def test_nan_is_left_out_pairwise():
    a, b = A.copy(), B.copy()
    a[3], b[10] = np.nan, np.nan
    keep = np.delete(np.arange(80), [3, 10])
    assert paired_bootstrap(a, b) == paired_bootstrap(A[keep], B[keep])
    assert paired_bootstrap(a, b).units == 78


def test_resamples_do_not_depend_on_how_many_are_made_at_once_by_much(monkeypatch):
    whole = paired_bootstrap(A, B)
    monkeypatch.setattr("hrlib.evaluation.bootstrap.CELLS", 1000)
    parts = paired_bootstrap(A, B)
    assert (parts.low, parts.high) == pytest.approx((whole.low, whole.high), abs=0.01)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng, truth, covered, naive = np.random.default_rng(1), 0.3, 0, 0
    groups = np.repeat(np.arange(40), 5)
    for trial in range(200):
        difference = (
            truth + np.repeat(rng.standard_normal(40), 5) + 0.5 * rng.standard_normal(200)
        )  # classes differ, queries little
        clustered = paired_bootstrap(np.zeros(200), difference, groups=groups, n=400, seed=trial)
        single = paired_bootstrap(np.zeros(200), difference, n=400, seed=trial)
        covered += clustered.low <= truth <= clustered.high
        naive += single.low <= truth <= single.high
    assert 0.89 <= covered / 200 <= 0.98  # 0.93 in a long run: a percentile interval of 40 groups
    assert naive / 200 < 0.75


def test_few_seeds_make_the_percentile_interval_narrow_and_not_the_t_interval():
    rng, boot, t = np.random.default_rng(1), 0, 0
    for trial in range(200):
        difference = 0.1 + rng.standard_normal((4, 1)) + 0.1 * rng.standard_normal((4, 30))  # what varies is the seed
        a = np.zeros_like(difference)
        wide, narrow = paired_t(a, difference), paired_bootstrap(a, difference, n=400, seed=trial)
        t += wide.low <= 0.1 <= wide.high
        boot += narrow.low <= 0.1 <= narrow.high
    assert 0.9 <= t / 200 <= 0.99
    assert boot / 200 < 0.9


def test_paired_t_is_scipys():
    a, b = RNG.random((5, 30)), RNG.random((5, 30))
    b[2, 7] = np.nan
    expected = scipy.stats.ttest_1samp(np.nanmean(b - a, axis=1), 0).confidence_interval(0.9)
    result = paired_t(a, b, level=0.9)
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))
    flat = paired_t(a[:, 0], b[:, 0])
    assert flat == paired_t(a[:, :1], b[:, :1])
    assert (flat.seeds, flat.units, flat.draws, flat.method) == (5, None, None, "t")


@pytest.mark.parametrize(
    ("a", "b", "settings", "message"),
    [
        (A, B[:-1], {}, r"a has shape \(80,\) and b \(79,\): expected the same"),
        ([], [], {}, r"a has shape \(0,\)"),
        (np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), {}, "in one or two dimensions"),
        (A, np.full(80, np.nan), {}, "all 80 pairs have a NaN"),
        (A, np.full(80, np.inf), {}, "80 values are infinite"),
        (A, B, {"groups": [1, 2]}, r"groups of shape \(2,\) for 80 queries"),
        (A, B, {"groups": np.zeros((80, 1))}, r"groups of shape \(80, 1\)"),
        (A, B, {"groups": ["x"] * 78 + [None, np.nan]}, r"2 queries have no group \(first: \[78, 79\]\)"),
        (A, B, {"n": 0}, "n is 0"),
        (A, B, {"level": 95}, "level is 95: expected a share"),
    ],
)
def test_bad_input(a, b, settings, message):
    with pytest.raises(HrlibError, match=message):
        paired_bootstrap(a, b, **settings)


def test_bad_input_of_paired_t():
    with pytest.raises(HrlibError, match="one seed: an interval over seeds takes at least two"):
        paired_t([0.1], [0.2])
    with pytest.raises(HrlibError, match=r"seeds \[1\] have no value"):
        paired_t([0.1, np.nan], [0.2, 0.3])
