"""The graded triplet loss against a loop and against pytorch-metric-learning."""

import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import MeanReducer

import hrlib as hr
from hrlib.losses import GradedTripletLoss, graded_triplet


def made_up(seed=0, count=12, dim=6, triplets=40):
    """Embeddings of different lengths, and triplets of different items from ordered bins."""
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(count, dim, generator=generator) * (1 + torch.arange(count)[:, None])
    rows = torch.stack([torch.randperm(count, generator=generator)[:3] for _ in range(triplets)])
    nearer = torch.randint(0, 5, (triplets,), generator=generator)
    farther = nearer + 1 + (torch.rand(triplets, generator=generator) * (5 - nearer)).long()
    return embeddings.requires_grad_(), rows, torch.stack([nearer, farther], 1)


def by_loop(embeddings, triplets, bins, margin, average):
    unit = [x / x.norm() for x in embeddings]
    terms = []
    for (a, p, n), (nearer, farther) in zip(triplets.tolist(), bins.tolist(), strict=True):
        near, far = (unit[a] - unit[p]).square().sum(), (unit[a] - unit[n]).square().sum()
        terms.append(torch.clamp(near - far + margin * (farther - nearer), min=0))
    count = sum(term.item() > 0 for term in terms) if average == "violated" else len(terms)
    return sum(terms) / count


@pytest.mark.parametrize("average", ["violated", "all"])
@pytest.mark.parametrize("margin", [0.02, 0.3])
def test_value_and_gradient_are_those_of_a_loop(average, margin):
    embeddings, triplets, bins = made_up()
    ours = GradedTripletLoss(margin, average)(embeddings, triplets, bins)
    theirs = by_loop(embeddings, triplets, bins, margin, average)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, embeddings), torch.autograd.grad(theirs, embeddings))
    torch.testing.assert_close(graded_triplet(embeddings, triplets, bins, margin=margin, average=average), ours)


@pytest.mark.parametrize(("average", "reducer"), [("violated", None), ("all", MeanReducer())])
def test_one_step_is_the_triplet_loss_of_the_library(average, reducer):
    embeddings, triplets, bins = made_up(1)
    bins = bins[:, :1] + torch.tensor([0, 1])
    peer = TripletMarginLoss(0.2, distance=LpDistance(power=2), reducer=reducer)
    theirs = peer(embeddings, torch.arange(len(embeddings)), tuple(triplets.T))
    torch.testing.assert_close(graded_triplet(embeddings, triplets, bins, margin=0.2, average=average), theirs)


@pytest.mark.parametrize("average", ["violated", "all"])
def test_without_triplets_or_with_all_in_order_it_is_zero_and_attached(average):
    embeddings, triplets, bins = made_up()
    loss = GradedTripletLoss(average=average)
    none = loss(embeddings, triplets[:0], bins[:0])
    ordered = torch.tensor([[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0]], requires_grad=True)
    fulfilled = loss(ordered, torch.tensor([[0, 1, 2]]), torch.tensor([[1, 5]]))
    for value, x in ((none, embeddings), (fulfilled, ordered)):
        assert value == 0
        assert (torch.autograd.grad(value, x)[0] == 0).all()


def test_a_wider_step_asks_for_a_wider_margin():
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])  # positive and negative equally far
    values = [graded_triplet(x, torch.tensor([[0, 1, 2]]), torch.tensor([[0, b]]), margin=0.1) for b in (1, 2, 5)]
    torch.testing.assert_close(torch.stack(values), torch.tensor([0.1, 0.2, 0.5]))


def test_it_reports_the_share_of_violated_triplets_since_the_last_report():
    embeddings, triplets, bins = made_up()
    loss, margins = GradedTripletLoss(0.3), 0.3 * (bins[:, 1] - bins[:, 0])
    a, p, n = (torch.nn.functional.normalize(embeddings, dim=1)[triplets]).unbind(1)
    violated = ((a - p).square().sum(1) - (a - n).square().sum(1) + margins > 0).tolist()
    loss(embeddings, triplets[:30], bins[:30])
    loss(embeddings, triplets[30:], bins[30:])
    loss.eval()(embeddings, triplets, bins)  # not counted
    resumed = GradedTripletLoss(0.3)
    resumed.load_state_dict(loss.state_dict())
    for one in (loss, resumed):
        assert one.report() == {"violated": pytest.approx(sum(violated) / 40)}
    assert 0 < sum(violated) < 40 and loss.report() == {"violated": 0}


def test_bf16_is_computed_in_fp32():
    embeddings, triplets, bins = made_up()
    x = embeddings.detach().bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        value = graded_triplet(x, triplets, bins)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, graded_triplet(x.float(), triplets, bins))


def test_it_is_part_of_a_multi_task_loss():
    embeddings, triplets, bins = made_up()
    whole = hr.losses.MultiTaskLoss({"triplets": GradedTripletLoss(0.3)}, {"triplets": 2})
    assert whole.inputs == ("embeddings", "triplets", "bins")
    torch.testing.assert_close(
        whole(embeddings, triplets, bins), 2 * graded_triplet(embeddings, triplets, bins, margin=0.3)
    )
    assert 0 < whole.report()["triplets.violated"] < 1


def test_bad_input_is_refused():
    embeddings, triplets, bins = made_up()
    for settings in ({"margin": 0}, {"margin": float("nan")}, {"average": "active"}):
        with pytest.raises(hr.HrlibError, match="expected a margin above 0 and one of violated, all"):
            GradedTripletLoss(**settings)
    for bad in ((embeddings[0], triplets, bins), (embeddings, triplets[:, :2], bins), (embeddings, triplets, bins[1:])):
        with pytest.raises(hr.HrlibError, match=r"expected \(B, D\), \(T, 3\) and \(T, 2\)"):
            graded_triplet(*bad)
