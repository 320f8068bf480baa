"""Sums of parts that are switched on by their weight; the losses made of them have tests of their own."""

import math
from typing import ClassVar

import pytest
import torch

import hrlib as hr
from hrlib.losses.inputs import call
from hrlib.losses.parts import PartsLoss, classification


class Powers(PartsLoss):
    """The first group: x and x^2; the second: y^3."""

    groups: ClassVar = {"low": ("low.one", "low.two"), "high": ("high.three",)}

    def __init__(self, **weights):
        super().__init__(weights, {"low": ("x",), "high": ("y",)})

    def parts(self, known):
        found = {"high.three": known["y"] ** 3} if "high" in self.weights else {}
        return found | ({"low.one": known["x"], "low.two": known["x"] ** 2} if "low" in self.weights else {})


X = {"x": torch.tensor(3.0), "y": torch.tensor(2.0), "more": torch.tensor(9.0)}


def test_it_is_the_weighted_sum_of_the_groups_that_are_on():
    both, low = Powers(low=0.5, high=True), Powers(low=1, high=False)
    assert (both.inputs, low.inputs) == (("x", "y"), ("x",))
    assert call(both, X) == 0.5 * (3 + 9) + 8 and call(low, X) == 12
    assert str(both) == "Powers(low=0.5, high=1)"


def test_it_reports_means_unweighted_since_the_last_report_in_training_alone():
    loss = Powers(low=0.5, high=True)
    call(loss, X)
    call(loss, X | {"x": torch.tensor(5.0)})
    call(loss.eval(), X)
    resumed = Powers(low=0.5, high=True)
    resumed.load_state_dict(loss.state_dict())
    assert loss.report() == resumed.report() == {"loss.low.one": 4, "loss.low.two": 17, "loss.high.three": 8}
    assert loss.report() == {"loss.low.one": 0, "loss.low.two": 0, "loss.high.three": 0}


@pytest.mark.parametrize("weights", [{}, {"low": 0}, {"low": -1}, {"low": math.inf}, {"low": math.nan}, {"low": "1"}])
def test_bad_weights_are_refused(weights):
    with pytest.raises(hr.HrlibError, match="expected True, False or finite weights of 0 or more"):
        Powers(**weights)


def test_classification_of_none_is_zero_and_attached_and_bf16_is_float32():
    logits = torch.randn(6, 4, generator=torch.manual_seed(0))
    labels = torch.tensor([0, 3, 1, 1, 2, 0])
    by_hand = -sum(logits[i].softmax(0)[label].log() for i, label in enumerate(labels)) / 6
    torch.testing.assert_close(classification(logits, labels), by_hand)
    assert classification(logits.bfloat16(), labels) == classification(logits.bfloat16().float(), labels)
    none = classification(logits[:0].requires_grad_(), labels[:0])
    assert none == 0 and none.requires_grad
