"""What losses are called with."""

import pytest
import torch
from torch import nn

import hrlib as hr
from hrlib.losses.inputs import call, inputs


class Difference(nn.Module):
    inputs = ("images", "embeddings")

    def forward(self, images, embeddings):
        return images - embeddings


def test_a_loss_is_called_with_what_it_names():
    assert inputs(nn.Identity()) == ("embeddings", "labels")
    assert inputs(Difference()) == ("images", "embeddings")
    known = {"embeddings": torch.tensor(1.0), "images": torch.tensor(3.0), "rows": None}
    assert call(Difference(), known) == 2


def test_what_is_not_known_is_named_with_who_could_bring_it():
    with pytest.raises(
        hr.HrlibError, match=r"Difference learns from images, and here only embeddings .*targets={'images'"
    ):
        call(Difference(), {"embeddings": torch.tensor(1.0)})
