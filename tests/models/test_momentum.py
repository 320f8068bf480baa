"""The teacher against its formula written out, the queue against a list."""

from collections import deque

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hrlib import HrlibError
from hrlib.models.momentum import MomentumTeacher, Queue


def student(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(16, 2))


@pytest.mark.parametrize(("momentum", "warmup"), [(0.995, 10), (0.9, 1), (0.0, 10), (0.3, 10)])
def test_it_is_the_moving_average(momentum, warmup):
    model = student()
    teacher = MomentumTeacher(model, momentum, warmup)
    expected = {name: value.clone().double() for name, value in model.state_dict().items()}
    model.train()
    for n in range(6):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter))
        model(torch.randn(5, 3, 4, 4))  # which moves the averages of batch normalisation
        teacher.update(model)
        m = min(momentum, (n + 1) / (n + warmup))
        for name, value in model.state_dict().items():
            whole = not value.is_floating_point()
            expected[name] = value.double() if whole else m * expected[name] + (1 - m) * value.double()
    for name, value in teacher.model.state_dict().items():
        torch.testing.assert_close(value.double(), expected[name], rtol=1e-5, atol=1e-6)
    if momentum == 0:
        assert all(torch.equal(a, b) for a, b in zip(teacher.model.parameters(), model.parameters(), strict=True))


def test_always_in_evaluation_and_without_gradients():
    model = nn.ModuleDict({"student": student()})
    model["teacher"] = MomentumTeacher(model["student"])
    for mode in (True, False):
        model.train(mode)
        assert model["student"].training is mode
        assert not any(module.training for module in model["teacher"].modules())
    assert not any(parameter.requires_grad for parameter in model["teacher"].parameters())
    assert all(parameter.requires_grad for parameter in model["student"].parameters())
    images = torch.randn(3, 3, 4, 4)
    assert torch.equal(model["teacher"].model(images), model["teacher"].model(images))


def test_the_student_is_copied():
    model = student()
    teacher = MomentumTeacher(model)
    before = [parameter.clone() for parameter in teacher.parameters()]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert all(torch.equal(a, b) for a, b in zip(before, teacher.parameters(), strict=True))


def test_state_dict_has_all_of_it():
    model = student()
    teacher, other = MomentumTeacher(model), MomentumTeacher(student(1))
    for _ in range(3):
        teacher.update(student(2))
    other.load_state_dict(teacher.state_dict())
    for each in (teacher, other):
        each.update(student(3))
    assert all(
        torch.equal(a, b) for a, b in zip(teacher.state_dict().values(), other.state_dict().values(), strict=True)
    )


@given(st.integers(1, 7), st.lists(st.integers(0, 9), max_size=6))
def test_first_in_first_out(size, batches):
    """As a deque, whatever the sizes of the batches, also those larger than the queue."""
    queue, expected, number = Queue(size, 2), deque(maxlen=size), 0
    for batch in batches:
        titles = torch.arange(number, number + batch)
        queue.push(titles[:, None] * torch.tensor([1.0, -1.0]), titles)
        expected.extend(titles.tolist())
        number += batch
        there = queue.titles >= 0
        assert sorted(queue.titles[there].tolist()) == sorted(expected)
        assert torch.equal(queue.vectors[:, 0][there], queue.titles[there].float())
        assert not queue.vectors[~there].any() and (queue.titles[~there] == -1).all()


def test_places_go_round():
    queue = Queue(5, 1)
    for start in (0, 3, 6):
        titles = torch.arange(start, start + 3)
        queue.push(titles[:, None].float(), titles)
    assert queue.titles.tolist() == [5, 6, 7, 8, 4]
    again = Queue(5, 1)
    again.load_state_dict(queue.state_dict())
    for each in (queue, again):
        each.push(torch.ones(1, 1), torch.tensor([9]))
    assert again.titles.tolist() == queue.titles.tolist() == [5, 6, 7, 8, 9]


def test_what_is_pushed_has_no_gradient_and_becomes_float32():
    queue = Queue(4, 2)
    queue.push(torch.ones(2, 2, dtype=torch.bfloat16, requires_grad=True) * 2, torch.arange(2))
    assert queue.vectors.dtype == torch.float32 and not queue.vectors.requires_grad


def test_none_is_a_queue_too():
    queue = Queue(0, 3)
    queue.push(torch.ones(2, 3), torch.arange(2))
    assert queue.vectors.shape == (0, 3) and queue.titles.shape == (0,)


@pytest.mark.parametrize("settings", [{"momentum": 1.0}, {"momentum": -0.1}, {"warmup": 0}])
def test_bad_settings_are_named(settings):
    (name,) = settings
    with pytest.raises(HrlibError, match=f"{name} is {settings[name]}: expected"):
        MomentumTeacher(student(), **settings)
    with pytest.raises(HrlibError, match="a queue of -1"):
        Queue(-1, 2)
