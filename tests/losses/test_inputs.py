"""What losses are called with."""

import pytest
import torch
from torch import nn

import hrlib as hr
from hrlib.losses.inputs import arguments, call, inputs


class Difference(nn.Module):
    inputs = ("images", "embeddings")

    def forward(self, images, embeddings):
        return images - embeddings


def test_a_loss_is_called_with_what_it_names():
    assert inputs(nn.Identity()) == ("embeddings", "labels")
    assert inputs(Difference()) == ("images", "embeddings")
    known = {"embeddings": torch.tensor(1.0), "images": torch.tensor(3.0), "rows": None}
    assert call(Difference(), known) == 2


def test_a_model_is_called_with_what_it_names():
    known = {"images": 1, "tokens": 2}
    assert arguments(nn.Identity(), known, ("images",)) == (1,)
    model = nn.Identity()
    model.inputs = ("tokens", "images")
    assert arguments(model, known, ("images",)) == (2, 1)


@pytest.mark.parametrize(
    ("name", "says"), [("images_b", "give fit views=2"), ("tokens", "give fit batches=.*PairBatches")]
)
def test_the_setting_that_brings_it_is_named(name, says):
    model = nn.Identity()
    model.inputs = ("images", name)
    with pytest.raises(hr.HrlibError, match=f"Identity learns from {name}, and here only images are known: {says}"):
        arguments(model, {"images": 1}, ("images",))


def test_what_is_not_known_is_named_with_who_could_bring_it():
    with pytest.raises(
        hr.HrlibError, match=r"Difference learns from images, and here only embeddings .*targets={'images'"
    ):
        call(Difference(), {"embeddings": torch.tensor(1.0)})
