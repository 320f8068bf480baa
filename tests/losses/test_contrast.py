"""The contrast of images and texts against loops that are written out; who is a negative and who never."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.losses.contrast import WAYS, Pairs, contrast, ramped, title_masks
from tests.losses.conftest import _step, reordered


def by_loop(known, way, softness=0.0, duplicates="share"):
    """Key by key, in Python's numbers: (query's title, feature) against (title, feature) of the batch and of the queue's filled places."""
    query, key = WAYS[way]

    def dot(a, b):
        return sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)) / known["temperature"].item()

    keys = list(zip(known["titles"].tolist(), known[f"teacher_{key}"], strict=True))
    keys += [(t, x) for t, x in zip(known["title_queue"].tolist(), known[f"{key}_queue"], strict=True) if t != -1]
    total = 0.0
    for i, title in enumerate(known["titles"].tolist()):
        counts = [n for n, (other, _) in enumerate(keys) if duplicates == "share" or n == i or other != title]
        positives = [n for n in counts if keys[n][0] == title]
        sum_student = sum(math.exp(dot(known[query][i], keys[n][1])) for n in counts)
        guide = known[f"teacher_{query}"][i]
        sum_teacher = sum(math.exp(dot(guide, keys[n][1])) for n in counts)
        for n in counts:
            y = softness * math.exp(dot(guide, keys[n][1])) / sum_teacher
            y += (1 - softness) * (n in positives) / len(positives)
            total -= y * (dot(known[query][i], keys[n][1]) - math.log(sum_student))
    return total / len(known["titles"])


@pytest.mark.parametrize("duplicates", ["share", "mask"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("softness", [None, 0.0, 0.4, 1.0])
def test_it_is_the_loop(step, way, softness, duplicates):
    for seed in range(3):
        known = step(seed)
        expected = by_loop(known, way, softness or 0.0, duplicates)
        assert Pairs(known, duplicates).contrast(way, softness).item() == pytest.approx(expected, rel=1e-9)


def test_without_queue_and_duplicates_it_is_the_cross_entropy_of_the_batch(step):
    known = step(titles=range(5), queue=0, filled=0)
    logits = known["image"] @ known["teacher_text"].T / 0.2
    torch.testing.assert_close(Pairs(known).contrast("i2t"), F.cross_entropy(logits, torch.arange(5)))


@pytest.mark.parametrize("way", WAYS)
def test_a_duplicate_title_is_never_a_negative(step, way):
    """In the batch (items 0 and 2) and in the queue (place 1). How the loss of item 0 changes with its similarity to each key is p - y: what
    pushes a key away from 0 is p, and a duplicate is pulled by its share of 1, or with "mask" not touched at all."""
    known = step(titles=[0, 1, 0, 2, 3])
    known["title_queue"][:4] = torch.tensor([9, 0, 8, 1])
    query, key = WAYS[way]
    first = known[query][:1]
    keys = torch.cat([known[f"teacher_{key}"], known[f"{key}_queue"][:4]]).requires_grad_()
    titles = torch.cat([known["titles"], known["title_queue"][:4]])
    same = torch.tensor([True, False, True, False, False, False, True, False, False])
    for duplicates, counts in (("share", torch.ones(9)), ("mask", (~same).double().index_fill(0, torch.tensor(0), 1))):
        positive, ignored = title_masks(known["titles"], titles, duplicates)
        value = contrast(first, keys, positive[:1], ignored[:1], 0.2)
        change = 0.2 * torch.autograd.grad(value, keys)[0] @ first[0]  # by a similarity
        p = counts * torch.exp(keys.detach() @ first[0] / 0.2)
        torch.testing.assert_close(change, p / p.sum() - same * counts / (same * counts).sum())


@given(st.integers(0, 99), st.integers(0, 7), st.sampled_from(list(WAYS)), st.sampled_from(["share", "mask"]))
def test_empty_places_never_count(seed, filled, way, duplicates):
    known = _step(seed, filled=filled)
    cut = dict(known)
    for name in ("image_queue", "text_queue", "title_queue"):
        cut[name] = known[name][:filled]
        if name != "title_queue":
            known[name][filled:] = float("nan")
    torch.testing.assert_close(Pairs(known, duplicates).contrast(way, 0.4), Pairs(cut, duplicates).contrast(way, 0.4))


@given(st.integers(0, 99), st.sampled_from(list(WAYS)), st.sampled_from(["share", "mask"]))
def test_the_order_of_the_batch_and_of_the_queue_do_not_matter(seed, way, duplicates):
    known = _step(seed)
    mixed = reordered(known, seed)
    torch.testing.assert_close(Pairs(mixed, duplicates).contrast(way, 0.4), Pairs(known, duplicates).contrast(way, 0.4))


def test_aligned_pairs_cost_less_than_shuffled_ones(step):
    known = step(titles=range(5))
    known |= {"text": known["image"], "teacher_image": known["image"], "teacher_text": known["image"]}
    shuffled = known | {name: known[name].roll(1, 0) for name in ("teacher_text", "teacher_image")}
    for way in WAYS:
        assert Pairs(known).contrast(way) < Pairs(shuffled).contrast(way) - 1


@pytest.mark.parametrize("duplicates", ["share", "mask"])
def test_one_pair_and_a_batch_of_one_title(step, duplicates):
    """Alone there is nothing to tell apart. All of one title: nothing with "mask"; with "share" the least there is, ln B, where all are alike."""
    one = step(batch=1, filled=0, patches=1)
    one["image"].requires_grad_()
    value = Pairs(one, duplicates).contrast("i2t", 0.4)
    assert value.item() == 0 and not torch.autograd.grad(value, one["image"])[0].any()
    same = step(titles=[7] * 5, filled=0)
    same |= {"image": same["image"][:1].repeat(5, 1), "teacher_text": same["image"][:1].repeat(5, 1)}
    same["image"].requires_grad_()
    value = Pairs(same, duplicates).contrast("i2t")
    assert value.item() == pytest.approx(0 if duplicates == "mask" else math.log(5))
    assert torch.autograd.grad(value, same["image"])[0].abs().max() < 1e-12


@pytest.mark.parametrize("duplicates", ["share", "mask"])
def test_gradients_are_right_and_reach_the_student_and_the_temperature_alone(step, duplicates):
    known = {n: v.requires_grad_() if v.is_floating_point() and n != "progress" else v for n, v in step(1).items()}

    def loss(image, temperature):
        pairs = Pairs(known | {"image": image, "temperature": temperature}, duplicates)
        return pairs.contrast("i2t", 0.0) + pairs.contrast("i2i")

    assert torch.autograd.gradcheck(loss, (known["image"], known["temperature"]))
    value = Pairs(known, duplicates).contrast("i2t", 0.4)
    others = [known[name] for name in ("teacher_image", "teacher_text", "text_queue")]
    assert torch.autograd.grad(value, others, allow_unused=True) == (None,) * 3
    # targets are constants: with them held, the gradient is that of the cross entropy
    keys = torch.cat([known["teacher_text"], known["text_queue"][:4]]).detach()
    logits = known["image"] @ keys.T / known["temperature"]
    masks = title_masks(known["titles"], torch.cat([known["titles"], known["title_queue"][:4]]), duplicates)
    logits = logits.masked_fill(masks[1], -torch.inf)
    soft = (
        (known["teacher_image"] @ keys.T / known["temperature"]).masked_fill(masks[1], -torch.inf).softmax(1).detach()
    )
    targets = 0.4 * soft + 0.6 * masks[0] / masks[0].sum(1, keepdim=True)
    theirs = -(targets * logits.log_softmax(1).masked_fill(masks[1], 0)).sum(1).mean()
    for a, b in zip(
        *(torch.autograd.grad(v, (known["image"], known["temperature"])) for v in (value, theirs)), strict=True
    ):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("temperature", [0.001, 0.5])
@pytest.mark.parametrize("duplicates", ["share", "mask"])
def test_the_extremes_of_the_temperature_are_finite_in_float32(step, temperature, duplicates):
    known = step(dtype=torch.float32) | {"temperature": torch.tensor(temperature, requires_grad=True)}
    known["image"].requires_grad_()
    value = sum(Pairs(known, duplicates).contrast(way, 0.4) for way in WAYS)
    gradients = torch.autograd.grad(value, (known["image"], known["temperature"]))
    assert value.isfinite() and all(g.isfinite().all() for g in gradients)


def test_bf16_is_computed_in_float32(step):
    short = {n: v.bfloat16() if v.dtype == torch.float32 else v for n, v in step(dtype=torch.float32).items()}
    long = {n: v.float() if v.dtype == torch.bfloat16 else v for n, v in short.items()}
    with torch.autocast("cpu", torch.bfloat16):
        value = Pairs(short).contrast("i2t", 0.4)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, Pairs(long).contrast("i2t", 0.4))


def test_without_a_teacher_it_is_the_batch_and_both_sides_learn(step):
    known = {name: step(titles=range(5))[name] for name in ("image", "text", "titles", "temperature")}
    known["text"].requires_grad_()
    value = Pairs(known, teacher=False).contrast("i2t")
    torch.testing.assert_close(value, F.cross_entropy(known["image"] @ known["text"].T / 0.2, torch.arange(5)))
    assert torch.autograd.grad(value, known["text"])[0].any()


def test_softness_rises_in_a_line():
    progress = torch.tensor([0.0, 0.05, 0.2, 0.9])
    torch.testing.assert_close(torch.stack([ramped(0.4, 0.2, p) for p in progress]), torch.tensor([0, 0.1, 0.4, 0.4]))
    assert ramped(0.4, 0, progress[0]) == 0.4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": torch.zeros(4, 6)}, r"text \(4, 6\): expected \(B, D\) of the same B pairs"),
        ({"titles": torch.zeros(4).long()}, r"titles \(4,\)"),
        ({"titles": torch.tensor([0, 1, -1, 2, 3])}, "titles are torch.int64 from -1"),
        ({"titles": torch.zeros(5)}, "titles are torch.float32"),
        ({"text_queue": torch.zeros(6, 6)}, r"text_queue \(6, 6\), title_queue \(7,\): expected"),
        ({"image": torch.zeros(0, 6)}, "one or more"),
    ],
)
def test_bad_input_is_named(step, change, message):
    with pytest.raises(hr.HrlibError, match=message):
        Pairs(step() | change)
