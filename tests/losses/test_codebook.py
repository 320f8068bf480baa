"""The codebook loss against loops that are written out, its controls, and runs through `fit`."""

import math
import signal
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import hrlib as hr
from hrlib.losses import CodebookLoss
from hrlib.losses.codebook import plans, swapped_prediction, transport_cost
from hrlib.losses.inputs import call
from hrlib.losses.sinkhorn import sinkhorn
from tests.losses.conftest import _step, reordered
from tests.losses.test_contrast import by_loop
from tests.tiny import tiny_shop

CODES = 4
SETTINGS = {"frozen": 0.0, "matching": True, "words": True}


def made(codes=CODES, dim=6, **settings):
    return CodebookLoss(codes, dim, **{**SETTINGS, **settings}).double()


def transported(cosines, eps=0.05, iterations=3):
    """Sinkhorn in a loop over plain numbers."""
    plan = [[math.exp(s / eps) for s in row] for row in cosines]
    for _ in range(iterations):
        columns = [sum(row[k] for row in plan) for k in range(len(plan[0]))]
        plan = [[p / columns[k] / len(columns) for k, p in enumerate(row)] for row in plan]
        plan = [[p / sum(row) / len(plan) for p in row] for row in plan]
    return plan


def codes_by_loop(known, codes, joint):
    """What CodebookLoss says of the codes, from unit codes (K, D): name to number."""
    filled = known["title_queue"] >= 0
    keys = {m: torch.cat([known[f"teacher_{m}"], known[f"{m}_queue"][filled]]) for m in ("image", "text")}
    cosines = {m: [[float(x @ c) for c in codes] for x in keys[m]] for m in keys}
    count = len(cosines["image"])
    if joint:
        both = [[2 * p for p in row] for row in transported(cosines["image"] + cosines["text"])]
        plan = {"image": both[:count], "text": both[count:]}
    else:
        plan = {m: transported(cosines[m]) for m in keys}
    found = {}
    for m, other in (("image", "text"), ("text", "image")):
        pairs = [zip(*rows, strict=True) for rows in zip(plan[m], cosines[m], strict=True)]
        found[f"transport.{m}"] = sum(t * (1 - s) for row in pairs for t, s in row)
        terms = []
        for b, z in enumerate(known[other]):
            logits = [float(z @ c) / 0.1 for c in codes]
            total = math.log(sum(math.exp(x) for x in logits))
            terms.append(-sum(count * t * (x - total) for t, x in zip(plan[m][b], logits, strict=True)))
        found[f"swapped.{m}"] = sum(terms) / len(terms)
    return found


@pytest.mark.parametrize("joint", [False, True])
def test_it_is_the_loop(step, joint):
    for seed in range(3):
        known, loss = step(seed), made(joint=joint, seed=seed)
        codes = [c / c.norm() for c in loss.codes.detach()]
        parts = codes_by_loop(known, codes, joint)
        parts |= {f"cross.{way}": by_loop(known, way, 0.4 * 0.1 / 0.2) for way in ("i2t", "t2i")}
        parts |= {f"within.{way}": by_loop(known, way, 0.4 * 0.1 / 0.2) for way in ("i2i", "t2t")}
        parts["matching"] = F.cross_entropy(known["match_logits"], known["match_labels"]).item()
        parts["words"] = F.cross_entropy(known["word_logits"], known["word_labels"]).item()
        assert call(loss, known).item() == pytest.approx(sum(parts.values()), rel=1e-7)
        told = loss.report()
        assert {f"loss.{name}": pytest.approx(value, rel=1e-6) for name, value in parts.items()}.items() <= told.items()
        weights = {"transport": 0.5, "swapped": 2, "cross": False, "words": 3, "matching": False, "within": False}
        weighted = sum(weights[name.partition(".")[0]] * value for name, value in parts.items())
        assert call(made(joint=joint, seed=seed, **weights), known).item() == pytest.approx(weighted, rel=1e-7)


def test_gradients_are_right():
    x = torch.rand(2, 4, 3, generator=torch.manual_seed(0), dtype=torch.float64).requires_grad_()
    plan = sinkhorn(torch.rand(6, 3, dtype=torch.float64))
    assert torch.autograd.gradcheck(lambda s: swapped_prediction(plan, s, 0.1), x[0])
    assert torch.autograd.gradcheck(lambda s: transport_cost(plan[:4], s), x[1])


def test_who_learns_from_what(step):
    """Transport moves the codes alone; the swapped prediction both; teachers and queues nothing. While the codes are frozen only the student."""
    known = {n: v.requires_grad_() if v.is_floating_point() and n != "progress" else v for n, v in step().items()}
    names = ("image", "text", "teacher_image", "teacher_text", "image_queue", "text_queue")
    both = made(matching=False, words=False, cross=False, within=False, frozen=0.2)
    for progress, reached in ((0.19, "image text"), (0.2, "image text codes")):
        value = call(both, known | {"progress": torch.tensor(progress)})
        wanted = [known[n] for n in names] + [both.codes]
        found = torch.autograd.grad(value, wanted, allow_unused=True)
        assert [n for n, g in zip([*names, "codes"], found, strict=True) if g is not None] == reached.split()
    random = made(frozen=1.0)
    assert not random.codes.requires_grad and call(random, known | {"progress": torch.tensor(0.99)}).requires_grad


def test_a_gap_between_the_modalities_is_hidden_by_separate_plans_and_seen_by_a_joint_one_and_by_raw_codes():
    """The trap: a constant offset is a constant a code in the scores, which the first scaling of the columns takes out."""
    g = torch.Generator().manual_seed(0)
    codes = F.normalize(torch.randn(8, 16, generator=g, dtype=torch.float64), dim=1)
    x = F.normalize(torch.randn(200, 16, generator=g, dtype=torch.float64), dim=1)
    image, text = x @ codes.T, (x + codes[0]) @ codes.T
    separate, joint = plans(image, text), plans(image, text, joint=True)
    torch.testing.assert_close(separate["image"], separate["text"])

    def agree(a, b):
        return (a.argmax(1) == b.argmax(1)).double().mean().item()

    assert agree(separate["image"], separate["text"]) == 1
    assert agree(image, text) < 0.6 and agree(joint["image"], joint["text"]) < 0.8
    for plan in (*separate.values(), *joint.values()):
        torch.testing.assert_close(plan.sum(1), torch.full((200,), 1 / 200).double())


@given(st.integers(0, 99), st.booleans())
def test_neither_the_order_nor_empty_places_matter(seed, joint):
    known, loss = _step(seed), made(joint=joint)
    value = call(loss, known)
    torch.testing.assert_close(call(loss, reordered(known, seed)), value)
    for name in ("image_queue", "text_queue"):
        known[name][known["title_queue"] < 0] = float("nan")
    torch.testing.assert_close(call(loss, known), value)


def test_aligned_pairs_cost_less_than_shuffled_ones_part_by_part(step):
    known = step(titles=range(12), batch=12)
    known |= {name: known["image"] for name in ("text", "teacher_image", "teacher_text")}
    aligned, shuffled = (made(8, matching=False, words=False) for _ in range(2))
    call(aligned, known)
    call(shuffled, known | {name: known[name].roll(1, 0) for name in ("image", "text")})
    better, worse = aligned.report(), shuffled.report()
    for name in better:
        if name.startswith("loss.") and "transport" not in name:  # which sees the teacher alone
            assert better[name] < worse[name]


def test_contrast_alone_and_without_a_teacher_are_settings(step):
    known = step(titles=range(5))
    plain = CodebookLoss(CODES, 6, transport=False, swapped=False, within=False, teacher=False)
    assert set(plain.inputs) == {"image", "text", "titles", "temperature", "progress"} and not list(plain.parameters())
    logits = known["image"] @ known["text"].T / 0.2
    both_ways = sum(F.cross_entropy(m, torch.arange(5)) for m in (logits, logits.T))
    torch.testing.assert_close(call(plain, known), both_ways)
    with pytest.raises(hr.HrlibError, match="no codebook: transport and swapped are off"):
        plain.codebook()
    coded = CodebookLoss(CODES, 6, within=False, teacher=False).double()
    own = known | {"teacher_image": known["image"], "teacher_text": known["text"], "title_queue": torch.full((7,), -1)}
    theirs = codes_by_loop(own, list(coded.codebook().detach()), joint=False)
    torch.testing.assert_close(call(coded, known).item(), both_ways.item() + sum(theirs.values()))
    fused = CodebookLoss(CODES, 6, transport=0, swapped=0, cross=0, within=0, words=True)
    assert fused.inputs == ("word_logits", "word_labels")
    torch.testing.assert_close(call(fused, known), F.cross_entropy(known["word_logits"], known["word_labels"]))


def test_codes_are_unit_vectors_drawn_by_the_seed():
    torch.testing.assert_close(made(50).codebook().norm(dim=1), torch.ones(50).double())
    assert torch.equal(made(seed=3).codes, made(seed=3).codes) and not torch.equal(made(seed=3).codes, made().codes)


def test_it_reports_the_codes_in_use_over_all_batches_since_the_last_report(step):
    loss, batches = made(), [step(seed) for seed in range(4)]
    for known in batches:
        call(loss, known)
    call(loss.eval(), step(9))  # not counted
    resumed = made(seed=1)
    resumed.load_state_dict(loss.state_dict())
    nearest = {
        m: torch.cat([(k[m] @ loss.codebook().T).argmax(1) for k in batches]).tolist() for m in ("image", "text")
    }
    for one in (loss, resumed):
        told = one.report()
        for m, own in nearest.items():
            shares = [own.count(code) / len(own) for code in set(own)]
            assert told[f"codes_used.{m}"] == len(shares)
            assert told[f"perplexity.{m}"] == pytest.approx(math.exp(-sum(p * math.log(p) for p in shares)))
        same = [a == b for a, b in zip(*nearest.values(), strict=True)]
        assert told["code_agreement"] == pytest.approx(sum(same) / len(same)) and told["collapsed"] == 0
        assert one.report()["codes_used.image"] == 0  # counted anew


def test_a_collapse_is_said_once_and_only_when_it_lasts(step):
    loss, known = made(8, matching=False, words=False), step(batch=20)
    point = F.normalize(torch.ones(1, 6, dtype=torch.float64) / 6, dim=1)
    collapsed = known | {n: point.expand(len(known[n]), 6) for n in known if n.endswith(("image", "text"))}
    collapsed |= {n: point.expand(7, 6) for n in ("image_queue", "text_queue")}
    told = []
    for number in range(3):
        call(loss, collapsed)
        if number == 1:
            with pytest.warns(UserWarning, match="the codebook has collapsed: photos are nearest to 1 of 8 codes"):
                told.append(loss.report())
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                told.append(loss.report())
    assert [row["collapsed"] for row in told] == [0, 1, 1]
    assert min(row["loss.swapped.image"] for row in told) > 0.95 * math.log(8)
    call(loss, known)
    assert loss.report()["collapsed"] == 0


@pytest.mark.parametrize("temperature", [0.001, 0.5])
@pytest.mark.parametrize("joint", [False, True])
def test_float32_and_bf16(step, temperature, joint):
    """Finite at the extremes, with one pair, with one title; bf16 inputs are computed in float32."""
    for known in (
        step(dtype=torch.float32),
        step(batch=1, dtype=torch.float32),
        step(titles=[2] * 5, dtype=torch.float32),
    ):
        known |= {"temperature": torch.tensor(temperature)}
        short = {n: v.bfloat16() if v.dtype == torch.float32 else v for n, v in known.items()}
        short["image"].requires_grad_()
        loss = CodebookLoss(CODES, 6, **SETTINGS, joint=joint, eps=0.01)
        with torch.autocast("cpu", torch.bfloat16):
            value = call(loss, short)
        assert value.dtype == torch.float32 and value.isfinite()
        value.backward()
        assert short["image"].grad.isfinite().all() and loss.codes.grad.isfinite().all()
        long = {n: v.detach().float() if v.dtype == torch.bfloat16 else v for n, v in short.items()}
        torch.testing.assert_close(value, call(loss, long))


def test_the_loss_leads_both_modalities_to_the_same_codes():
    """64 pairs whose text is the photo turned by a random rotation: raw codes agree by chance, and after training mostly. No contrast helps."""
    g = torch.Generator().manual_seed(0)
    photos = F.normalize(torch.randn(64, 8, generator=g), dim=1)
    texts = photos @ torch.linalg.qr(torch.randn(8, 8, generator=g)).Q
    torch.manual_seed(0)
    towers = nn.ModuleDict({"image": nn.Linear(8, 8), "text": nn.Linear(8, 8)})
    loss = CodebookLoss(8, 8, cross=False, within=False, teacher=False, frozen=0.1)
    optimizer = torch.optim.Adam([*towers.parameters(), *loss.parameters()], lr=0.03)
    known = {"titles": torch.arange(64), "temperature": torch.tensor(0.07)}
    told = []
    for number in range(150):
        known |= {m: F.normalize(towers[m](x), dim=1) for m, x in (("image", photos), ("text", texts))}
        value = call(loss, known | {"progress": torch.tensor(number / 150)})
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        told.append(loss.report())
    assert told[0]["code_agreement"] < 0.4 and told[-1]["code_agreement"] > 0.8
    assert told[-1]["perplexity.image"] > 6 and told[-1]["loss.swapped.text"] < 0.5 * told[0]["loss.swapped.text"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"codes": 1}, "expected 2 codes or more"),
        ({"code_temperature": 0}, "a temperature above 0"),
        ({"frozen": 1.5}, "a share of the run from 0 to 1"),
        ({"eps": 0}, "expected a finite number above 0"),
        ({"duplicates": "drop"}, "one of share, mask"),
        ({"softness": 2}, "expected shares from 0 to 1"),
        ({"teacher": False}, "give within=False"),
        ({"cross": -1}, "'cross': -1"),
        ({"swapped": 0, "cross": 0, "within": 0, "matching": 0, "words": 0}, "no encoder learns"),
        (
            dict.fromkeys(("transport", "swapped", "cross", "within", "matching", "words"), False),
            "one part of the loss at least",
        ),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(hr.HrlibError, match=message):
        made(**settings)


def test_more_codes_than_samples_and_other_dimensions_are_refused(step):
    call(made(12), step())  # 5 pairs and a queue of 7, of which 4 are there
    with pytest.raises(hr.HrlibError, match="13 codes for 12 samples, the batch and its queue"):
        call(made(13), step())
    with pytest.raises(hr.HrlibError, match="6 codes for 5 samples"):
        call(made(6, teacher=False, within=False), step())
    with pytest.raises(hr.HrlibError, match="embeddings of 6 dimensions, codes of 7"):
        call(made(dim=7), step())


class TinyPairs(nn.Module):
    """Photos by their 4 x 4 mean colours, "texts" by the mean colours of their two halves; a queue of what it gave before."""

    def __init__(self):
        super().__init__()
        self.towers = nn.ModuleList([nn.Linear(48, 8), nn.Linear(6, 8)])
        for name in ("image_queue", "text_queue"):
            self.register_buffer(name, torch.zeros(48, 8))
        self.register_buffer("places", torch.zeros(48, dtype=torch.int64))  # 0: empty
        self.spoilt = 1.0

    def forward(self, images):
        sizes = zip(self.towers, ((4, 4), (2, 1)), strict=True)
        image, text = (
            F.normalize(tower(F.adaptive_avg_pool2d(images, size).flatten(1)), dim=1) for tower, size in sizes
        )
        known = {
            "image": image * self.spoilt,
            "text": text,
            "teacher_image": image.detach(),
            "teacher_text": text.detach(),
        }
        known |= {
            "image_queue": self.image_queue.clone(),
            "text_queue": self.text_queue.clone(),
            "title_queue": self.places - 1,
        }
        with torch.no_grad():
            for name, new in (
                ("image_queue", image),
                ("text_queue", text),
                ("places", torch.arange(1, 1 + len(image)) * 1000),
            ):
                old = getattr(self, name)
                old.copy_(torch.cat([new, old])[: len(old)])
        return known | {"temperature": torch.tensor(0.1)}


class InterruptedAt(CodebookLoss):
    """Presses Ctrl-C in the middle of a step."""

    def __init__(self, at=None):
        super().__init__(12, 8, frozen=0.3)
        self.countdown = at

    def forward(self, *values):
        if self.countdown is not None:
            if self.countdown == 0:
                signal.raise_signal(signal.SIGINT)
            self.countdown -= 1
        return super().forward(*values)


def new(at=None):
    torch.manual_seed(0)
    return TinyPairs(), InterruptedAt(at)


FIT = {"epochs": 3, "batch_size": 24, "targets": {"titles": np.arange(120) // 2}, "augment": "none"}


@pytest.mark.parametrize("at", [2, 7])
def test_a_resumed_run_equals_one_left_alone(tmp_path, at):
    """Interrupted while the codes are frozen (the first 4 of 15 steps), and after, in the middle of an epoch: weights, codes and what is reported."""
    shop, whole, first, second = tiny_shop(), new(), new(at), new()
    expected = hr.fit(*whole, shop, **FIT)
    with pytest.raises(KeyboardInterrupt):
        hr.fit(*first, shop, out_dir=tmp_path, **FIT)
    start = new()[1].codes
    assert torch.equal(first[1].codes, start) == (at == 2)
    run = hr.fit(*second, shop, out_dir=tmp_path, resume=True, **FIT)
    states = [[v for module in pair for v in module.state_dict().values()] for pair in (whole, second)]
    assert all(torch.equal(a, b) for a, b in zip(*states, strict=True))
    told = [name for name in run.history if name.startswith(("loss", "codes", "perplexity", "code_agreement"))]
    assert len(told) == 1 + 8 + 5 and run.history[told].equals(expected.history[told])


def test_a_loss_that_is_not_finite_is_fit_s_error():
    model, loss = new()
    model.spoilt = float("nan")
    with pytest.raises(hr.HrlibError, match="the loss is nan at step 0"):
        hr.fit(model, loss, tiny_shop(), **FIT)
