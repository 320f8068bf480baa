"""Sinkhorn against POT, and what its plans must be like."""

import numpy as np
import ot
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.losses.sinkhorn import sinkhorn


def made_up(samples=12, codes=5, seed=0, dtype=torch.float64):
    return (2 * torch.rand(samples, codes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1).to(
        dtype
    )


@pytest.mark.parametrize("eps", [0.05, 0.3])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_run_to_convergence_it_is_the_plan_of_pot(eps, dtype):
    scores = made_up(dtype=dtype)
    samples, codes = scores.shape
    uniform = np.full(samples, 1 / samples), np.full(codes, 1 / codes)
    cost = 1 - scores.double().numpy()
    theirs = ot.sinkhorn(*uniform, cost, eps, method="sinkhorn_log", stopThr=1e-12, numItermax=20_000)
    ours = sinkhorn(scores, eps, iterations=3000)
    assert ours.dtype == dtype
    # as distributions over the codes: the plan's own numbers are of the order of 1 / 60
    np.testing.assert_allclose(samples * ours.double().numpy(), samples * theirs, atol=1e-5)


def test_few_iterations_are_the_scalings_written_out():
    scores = made_up(4, 3)
    plan = np.exp(scores.numpy() / 0.2)
    for _ in range(3):
        plan /= 3 * plan.sum(0)
        plan /= 4 * plan.sum(1, keepdims=True)
    np.testing.assert_allclose(sinkhorn(scores, 0.2, 3).numpy(), plan, rtol=1e-12)


@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 99), st.sampled_from([0.05, 0.5]), st.integers(1, 5))
def test_rows_are_exact_and_neither_order_nor_a_constant_matters(samples, codes, seed, eps, iterations):
    scores = made_up(samples, codes, seed)
    plan = sinkhorn(scores, eps, iterations)
    assert (plan >= 0).all()
    torch.testing.assert_close(plan.sum(1), torch.full((samples,), 1 / samples).double())
    rows, columns = (torch.randperm(n, generator=torch.Generator().manual_seed(seed)) for n in (samples, codes))
    torch.testing.assert_close(sinkhorn(scores[rows][:, columns], eps, iterations), plan[rows][:, columns])
    torch.testing.assert_close(sinkhorn(scores - 1, eps, iterations), plan)
    torch.testing.assert_close(sinkhorn(scores + scores[:1], eps, iterations), plan)  # a constant a code


@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 99))
def test_columns_are_right_at_convergence(samples, codes, seed):
    plan = sinkhorn(made_up(samples, codes, seed), 0.3, 2000)
    torch.testing.assert_close(plan.sum(0), torch.full((codes,), 1 / codes).double(), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("scores", [torch.ones(6, 4), torch.eye(6), -torch.ones(6, 4), 2 * torch.eye(6)[:, :3] - 1])
def test_nothing_overflows_at_the_least_eps_and_the_greatest_similarity(scores):
    plan = sinkhorn(scores, 0.01)
    assert plan.dtype == torch.float32 and plan.isfinite().all()
    torch.testing.assert_close(plan.sum(1), torch.full((6,), 1 / 6))
    assert not torch.exp(scores.max() / 0.01).isfinite() or scores.max() < 1  # what would have overflowed


def test_no_gradient_flows_and_bf16_is_computed_in_float32():
    scores = made_up().requires_grad_()
    assert not sinkhorn(scores).requires_grad
    short = scores.detach().bfloat16()
    torch.testing.assert_close(sinkhorn(short), sinkhorn(short.float()))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,), (1, 2, 3)])
def test_scores_without_samples_or_codes_are_refused(shape):
    with pytest.raises(hr.HrlibError, match=r"expected \(N, K\)"):
        sinkhorn(torch.zeros(shape))


@pytest.mark.parametrize("settings", [{"eps": 0}, {"eps": float("nan")}, {"iterations": 0}, {"iterations": 2.5}])
def test_bad_settings_are_refused(settings):
    with pytest.raises(hr.HrlibError, match="expected a finite number above 0, and 1 iteration or more"):
        sinkhorn(torch.ones(2, 2), **settings)


def test_nan_stays_nan_so_that_fit_can_say_so():
    assert sinkhorn(torch.tensor([[float("nan"), 0.0], [0.0, 1.0]])).isnan().any()
