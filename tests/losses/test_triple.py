"""Triple contrastive learning against loops that are written out, and its control."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.losses import TripleContrastiveLoss, local_contrast
from hrlib.losses.inputs import call
from hrlib.losses.triple import others
from tests.losses.conftest import _step, reordered
from tests.losses.test_contrast import by_loop

ONLY = dict.fromkeys(("cma", "imc", "lmi", "matching", "words"), False)


def local_by_loop(wholes, locals_, titles, temperature, mask):
    """Sample by sample, local by local, in Python's numbers."""

    def dot(a, b):
        return sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)) / temperature

    means, batch, count = [], len(wholes), locals_.shape[1]
    for i in range(batch):
        others_ = [(n, k) for n in range(batch) if titles[n] != titles[i] for k in range(count) if mask[n, k]]
        negatives = sum(math.exp(dot(wholes[i], locals_[n, k])) for n, k in others_)
        own = [math.exp(dot(wholes[i], locals_[i, j])) for j in range(count) if mask[i, j]]
        if own:
            means.append(sum(-math.log(e / (e + negatives)) for e in own) / len(own))
    return sum(means) / max(1, len(means))


def local_arguments(known, modality="text"):
    return known[modality], known[f"{modality}_locals"], known["titles"], 0.2


def test_a_whole_with_its_parts_is_the_loop(step):
    for seed in range(4):
        known = step(seed)
        mask = known["text_locals_mask"]
        expected = local_by_loop(*local_arguments(known), mask)
        assert local_contrast(*local_arguments(known), mask).item() == pytest.approx(expected, rel=1e-9)
        expected = local_by_loop(*local_arguments(known, "image"), torch.ones(5, 3))
        assert local_contrast(*local_arguments(known, "image")).item() == pytest.approx(expected, rel=1e-9)


def test_with_different_titles_it_is_a_softmax_over_the_own_local_and_all_of_the_others(step):
    """The form of TCL's own code: a cross entropy whose first class is the positive."""
    known = step(titles=range(5))
    wholes, locals_, *_ = local_arguments(known, "image")
    s = torch.einsum("id,nkd->ink", wholes, locals_) / 0.2
    rows = [torch.cat([s[i, i, j : j + 1], s[i][torch.arange(5) != i].flatten()]) for i in range(5) for j in range(3)]
    expected = F.cross_entropy(torch.stack(rows), torch.zeros(15, dtype=torch.int64))
    torch.testing.assert_close(local_contrast(*local_arguments(known, "image")), expected)


@given(st.integers(0, 99), st.integers(0, 3))
def test_padding_never_changes_it(seed, more):
    known = _step(seed)
    value = local_contrast(*local_arguments(known), known["text_locals_mask"])
    padded = known | {"text_locals": F.pad(known["text_locals"], (0, 0, 0, more), value=float("nan"))}
    mask = F.pad(known["text_locals_mask"], (0, more), value=False)
    padded["text_locals"][~mask] = float("nan")
    whole = padded["text"].requires_grad_()
    again = local_contrast(*local_arguments(padded), mask)
    torch.testing.assert_close(again, value)
    assert torch.autograd.grad(again, whole)[0].isfinite().all()


def test_the_same_title_is_never_a_negative(step):
    """What item 0 learns, the gradient of its own embedding, does not depend on the locals of item 2, which has its title."""
    known = step(titles=[0, 1, 0, 2, 3])
    wholes, locals_, titles, _ = local_arguments(known, "image")
    wholes.requires_grad_()
    changed = locals_.clone()
    changed[2] = -changed[2]

    def learnt(locals_, titles):
        return torch.autograd.grad(local_contrast(wholes, locals_, titles, 0.2), wholes)[0][0]

    assert torch.equal(learnt(changed, titles), learnt(locals_, titles))
    assert not torch.allclose(learnt(changed, torch.arange(5)), learnt(locals_, torch.arange(5)))


def test_a_text_without_tokens_is_left_out_and_without_negatives_there_is_no_loss(step):
    known = step(titles=range(5))
    wholes, locals_, titles, _ = local_arguments(known)
    mask = known["text_locals_mask"].clone()
    mask[1] = False
    rest = torch.tensor([0, 2, 3, 4])
    expected = local_contrast(wholes[rest], locals_[rest], titles[rest], 0.2, mask[rest])
    torch.testing.assert_close(local_contrast(wholes, locals_, titles, 0.2, mask), expected)
    wholes = wholes.requires_grad_()
    for one in (
        local_contrast(wholes, locals_, torch.zeros(5).long(), 0.2),
        local_contrast(wholes[:1], locals_[:1], titles[:1], 0.2),
        local_contrast(wholes, locals_, titles, 0.2, torch.zeros_like(mask)),
    ):
        assert one == 0 and not torch.autograd.grad(one, wholes)[0].any()


def test_gradients_are_right(step):
    known = step(1)
    mask, temperature = known["text_locals_mask"], known["temperature"].requires_grad_()
    wholes, locals_ = known["text"].requires_grad_(), known["text_locals"].requires_grad_()
    assert torch.autograd.gradcheck(
        lambda g, x, t: local_contrast(g, x, known["titles"], t, mask), (wholes, locals_, temperature)
    )


def test_the_whole_is_the_formula_and_its_parts_are_told(step):
    for seed in range(3):
        known, loss = step(seed), TripleContrastiveLoss()
        parts = {f"cma.{way}": by_loop(known, way, 0.2) for way in ("i2t", "t2i")}
        parts |= {f"imc.{way}": by_loop(known, way) for way in ("i2i", "t2t")}
        parts["lmi.image"] = local_by_loop(*local_arguments(known, "image"), torch.ones(5, 3))
        parts["lmi.text"] = local_by_loop(*local_arguments(known), known["text_locals_mask"])
        sixth = sum(parts.values()) / 6
        parts["matching"] = F.cross_entropy(known["match_logits"], known["match_labels"]).item()
        parts["words"] = F.cross_entropy(known["word_logits"], known["word_labels"]).item()
        assert call(loss, known).item() == pytest.approx(parts["words"] + sixth + parts["matching"], rel=1e-7)
        assert loss.report() == {f"loss.{name}": pytest.approx(value, rel=1e-6) for name, value in parts.items()}
        for group in ONLY:
            value = sum(part for name, part in parts.items() if name.startswith(group))
            value /= 1 if group in ("matching", "words") else 6
            one = TripleContrastiveLoss(**ONLY | {group: 2.0})
            assert call(one, known).item() == pytest.approx(2 * value, rel=1e-7)
            assert all(name.startswith(f"loss.{group}") for name in one.report())


def test_a_part_that_is_off_is_not_asked_for():
    def asked(**on):
        return set(TripleContrastiveLoss(**ONLY | on).inputs)

    pair, queues = {"image", "text", "titles", "temperature"}, {"image_queue", "text_queue", "title_queue"}
    assert asked(imc=True) == pair | queues | {"teacher_image", "teacher_text"}
    assert asked(cma=True) == asked(imc=True) | {"progress"} == asked(cma=True, imc=True)
    assert asked(lmi=True) == pair | {"image_locals", "text_locals", "text_locals_mask"}
    assert asked(matching=True) == {"match_logits", "match_labels"}


def test_the_mean_of_an_epoch_is_told_and_is_in_the_checkpoint(step):
    loss, resumed = TripleContrastiveLoss(), TripleContrastiveLoss()
    alone = []
    for seed in range(3):
        call(loss, step(seed))
        one = TripleContrastiveLoss()
        call(one, step(seed))
        alone.append(one.report())
    call(loss.eval(), step(9))  # not counted
    resumed.load_state_dict(loss.state_dict())
    mean = {name: pytest.approx(sum(row[name] for row in alone) / 3) for name in alone[0]}
    assert loss.report() == mean == resumed.report()
    assert not any(loss.report().values())


def test_only_the_student_and_the_temperature_learn(step):
    known = {n: v.requires_grad_() if v.is_floating_point() and n != "progress" else v for n, v in step().items()}
    floats = [n for n, v in known.items() if v.requires_grad]
    found = torch.autograd.grad(call(TripleContrastiveLoss(), known), [known[n] for n in floats], allow_unused=True)
    learns = {n for n, g in zip(floats, found, strict=True) if g is not None}
    assert learns == {"image", "text", "temperature", "match_logits", "word_logits"}


@given(st.integers(0, 99))
def test_neither_the_order_nor_empty_places_matter(seed):
    known, loss = _step(seed), TripleContrastiveLoss()
    value = call(loss, known)
    for name in ("image_queue", "text_queue"):
        known[name][known["title_queue"] < 0] = float("nan")
    torch.testing.assert_close(call(loss, reordered(known, seed)), value)


@given(st.integers(2, 40), st.integers(0, 99))
def test_the_control_gives_each_another_s_locals(count, seed):
    torch.manual_seed(seed)
    order = others(count)
    assert sorted(order.tolist()) == list(range(count)) and (order != torch.arange(count)).all()
    assert others(1).tolist() == [0]


def test_shuffled_locals_are_those_of_others_and_drawn_by_the_seed(step):
    """Locals that are like their whole: with the control they are nobody's, as many and the same ones."""
    known = step(titles=range(8), batch=8)
    near = {m: known[m][:, None] + 0.3 * known[f"{m}_locals"] for m in ("image", "text")}
    known |= {f"{m}_locals": F.normalize(x, dim=2) for m, x in near.items()}
    plain, control = (TripleContrastiveLoss(**ONLY | {"lmi": True}, shuffle_locals=on) for on in (False, True))
    torch.manual_seed(3)
    value = call(control, known)
    torch.manual_seed(3)
    orders = {m: others(8) for m in ("image", "text")}
    expected = local_by_loop(
        known["image"], known["image_locals"][orders["image"]], known["titles"], 0.2, torch.ones(8, 3)
    )
    mask = known["text_locals_mask"][orders["text"]]
    expected += local_by_loop(known["text"], known["text_locals"][orders["text"]], known["titles"], 0.2, mask)
    assert value.item() == pytest.approx(expected / 6, rel=1e-9)
    assert call(plain, known) < value - 0.3


def test_aligned_pairs_cost_less_than_shuffled_ones_part_by_part(step):
    known = step(titles=range(12), batch=12)
    known |= {name: known["image"] for name in ("text", "teacher_image", "teacher_text")}
    known |= {
        f"{m}_locals": F.normalize(known["image"][:, None] + 0.3 * known[f"{m}_locals"], dim=2)
        for m in ("image", "text")
    }
    settings = {"matching": False, "words": False}
    aligned, shuffled = TripleContrastiveLoss(**settings), TripleContrastiveLoss(**settings)
    call(aligned, known)
    call(shuffled, known | {name: known[name].roll(1, 0) for name in ("image", "text")})
    better, worse = aligned.report(), shuffled.report()
    assert len(better) == 6 and all(better[name] < worse[name] for name in better)


@pytest.mark.parametrize("temperature", [0.001, 0.5])
@pytest.mark.parametrize("duplicates", ["share", "mask"])
def test_float32_and_bf16(step, temperature, duplicates):
    """Finite at the extremes, with one pair, with one title, with an empty queue; bf16 inputs are computed in float32."""
    cases = ({}, {"batch": 1}, {"titles": [2] * 5}, {"filled": 0})
    for known in (step(dtype=torch.float32, **case) for case in cases):
        known |= {"temperature": torch.tensor(temperature)}
        short = {n: v.bfloat16() if v.dtype == torch.float32 else v for n, v in known.items()}
        short["image"].requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            value = call(TripleContrastiveLoss(duplicates=duplicates), short)
        assert value.dtype == torch.float32 and value.isfinite()
        assert torch.autograd.grad(value, short["image"])[0].isfinite().all()
        long = {n: v.detach().float() if v.dtype == torch.bfloat16 else v for n, v in short.items()}
        torch.testing.assert_close(value, call(TripleContrastiveLoss(duplicates=duplicates), long))


def test_without_masked_words_their_part_is_zero_and_attached():
    logits = torch.zeros(0, 9, requires_grad=True)
    value = TripleContrastiveLoss(**ONLY | {"words": True})(logits, torch.zeros(0, dtype=torch.int64))
    assert value == 0 and value.requires_grad


@pytest.mark.parametrize("name", ["image", "teacher_text", "text_queue", "image_locals", "match_logits"])
def test_nan_stays_nan_so_that_fit_can_say_so(step, name):
    known = step()
    known[name][0] = float("nan")
    assert call(TripleContrastiveLoss(), known).isnan()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ONLY, "one part of the loss at least"),
        ({"cma": float("nan")}, "'cma': nan"),
        ({"lmi": "yes"}, "'lmi': 'yes'"),
        ({"softness": -0.1}, "expected shares from 0 to 1"),
        ({"ramp": 2}, "expected shares from 0 to 1"),
        ({"duplicates": "drop"}, "one of share, mask"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(hr.HrlibError, match=message):
        TripleContrastiveLoss(**settings)


@pytest.mark.parametrize(
    "change",
    [
        {"text_locals": torch.zeros(5, 4, 7)},
        {"text_locals_mask": torch.ones(5, 3).bool()},
        {"text_locals_mask": torch.ones(5, 4)},
    ],
)
def test_bad_locals_are_named(step, change):
    with pytest.raises(hr.HrlibError, match=r"expected \(B, D\), \(B, J, D\) and bool \(B, J\)"):
        call(TripleContrastiveLoss(), step() | change)
