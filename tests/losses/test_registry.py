"""Making and adding losses by name."""

import subprocess
import sys

import pytest
import torch
from torch import nn

import hrlib as hr
from hrlib.losses.registry import LOSSES, known


@pytest.fixture
def clean():
    """Whatever a test registers is gone after it."""
    before = dict(known())
    yield
    LOSSES.clear()
    LOSSES.update(before)


class ToCentre(nn.Module):
    def __init__(self, classes, dim, power):
        super().__init__()
        self.centres, self.power = nn.Parameter(torch.randn(classes, dim)), power

    def forward(self, embeddings, labels):
        return ((embeddings - self.centres[labels]).norm(dim=1) ** self.power).mean()


def test_the_kits_own_are_there_however_one_asks_first():
    """In one process, which forgets hrlib before each, but not torch: that would take seconds each time."""
    asked = ("hr.losses.names()", "hr.losses.LOSSES", "hr.losses.defaults('contrastive') and hr.losses.names()")
    code = "".join(
        "for name in [name for name in sys.modules if name.partition('.')[0] == 'hrlib']: del sys.modules[name]\n"
        f"import hrlib as hr; print('contrastive' in ({first}) and 'hpl-proxy-anchor' in hr.losses.LOSSES)\n"
        for first in asked
    )
    done = subprocess.run([sys.executable, "-c", f"import sys\n{code}"], capture_output=True, text=True)
    assert done.stdout.split() == ["True"] * 3, done.stdout + done.stderr


def test_one_function_adds_a_loss(tree, clean):
    @hr.losses.register("to-centre")
    def to_centre(hierarchy, dim, *, power: float = 2.0):
        return ToCentre(hierarchy.n_classes[0], dim, power)

    assert "to-centre" in hr.losses.names()
    assert hr.losses.defaults("to-centre") == {"power": 2.0}
    loss = hr.losses.make("to-centre", tree, 8, power=1.0)
    assert loss.power == 1.0 and loss(torch.randn(3, 8), torch.tensor([0, 1, 11])).shape == ()
    with pytest.raises(hr.HrlibError, match="the loss 'to-centre': power is 'two' .str.: expected float"):
        hr.losses.make("to-centre", tree, 8, power="two")


def test_a_cell_may_be_run_twice_but_a_name_is_taken_once(tree, clean):
    for dim in (2, 3):

        @hr.losses.register("mine")
        def mine(hierarchy, _, dim=dim):
            return ToCentre(hierarchy.n_classes[0], dim, 1)

    assert hr.losses.make("mine", tree, 8).centres.shape == (12, 3)
    with pytest.raises(hr.HrlibError, match="'csl' is there already .hrlib.losses.named.csl.: choose another name"):
        hr.losses.register("csl")(mine)
    with pytest.raises(
        hr.HrlibError, match=r"\(hierarchy\) cannot build a loss: expected a function of \(hierarchy, dim"
    ):
        hr.losses.register("short")(lambda hierarchy: None)
    assert "short" not in hr.losses.names()


def test_any_settings_reach_a_function_that_takes_any(tree, clean):
    hr.losses.register("open")(lambda hierarchy, dim, **settings: ToCentre(12, dim, **settings))
    assert hr.losses.make("open", tree, 8, power=3).power == 3
    assert hr.losses.defaults("open") == {}


def test_types_that_are_not_there_at_run_time_are_not_checked(tree, clean):
    def late(hierarchy: "Tree", dim: int, *, power: float = 1.0):  # noqa: F821 - imported for type checkers, as many do
        return ToCentre(12, dim, power)

    hr.losses.register("late")(late)
    assert hr.losses.make("late", tree, 8, power=2).power == 2
    with pytest.raises(hr.HrlibError, match="'powr' is no setting of the loss 'late'; did you mean 'power'"):
        hr.losses.make("late", tree, 8, powr=2)


def test_what_is_no_module_is_refused(tree, clean):
    hr.losses.register("text")(lambda hierarchy, dim: "a loss")
    with pytest.raises(hr.HrlibError, match="the loss 'text' gave a str: its function must return a torch.nn.Module"):
        hr.losses.make("text", tree, 8)


def test_bad_names_and_settings_are_named(tree):
    with pytest.raises(hr.HrlibError, match="no loss is called 'proxy-ancor'; did you mean 'proxy-anchor'.*csl"):
        hr.losses.make("proxy-ancor", tree, 8)
    with pytest.raises(hr.HrlibError, match="no loss is called 'arcfase'; did you mean 'arcface'"):
        hr.losses.defaults("arcfase")
    with pytest.raises(
        hr.HrlibError, match="'margn' is no setting of the loss 'arcface'; did you mean 'margin'.*scale"
    ):
        hr.losses.make("arcface", tree, 8, margn=0.1)
    with pytest.raises(hr.HrlibError, match="the loss 'hpl-proxy-anchor': weights is 0.3 .float."):
        hr.losses.make("hpl-proxy-anchor", tree, 8, weights=0.3)
    with pytest.raises(hr.HrlibError, match="hierarchy is a int: expected an hr.Hierarchy, such as train.hierarchy"):
        hr.losses.make("arcface", 12, 8)
    for dim in (0, 8.0, True):
        with pytest.raises(
            hr.HrlibError,
            match=f"dim is {dim}: expected an integer of 1 or more, the number of the embeddings' dimensions",
        ):
            hr.losses.make("arcface", tree, dim)
