"""What the model gives in a step, in which order, and what a run leaves of it."""

import signal

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import hrlib as hr
from hrlib.catalogue.captions import Captions
from hrlib.training import PairBatches
from tests.tiny import tiny_shop

QUEUE, DIM = 50, 8


@pytest.fixture(scope="module")
def shop():
    """The tiny shop, whose titles name product and category; five photos share one."""
    tiny = tiny_shop()
    titles = "product number " + tiny.items["product"] + " of kind " + tiny.items["category"]
    items = tiny.items.assign(title=titles)
    return hr.Catalogue("captioned", items, tiny.images, tiny.hierarchy, caption="title")


@pytest.fixture(scope="module")
def captions(shop):
    return Captions.of(shop)


@pytest.fixture(scope="module")
def tokenizer(captions):
    return hr.models.Tokenizer.train(captions.flat, 80)


def new(tokenizer, fusion=False, **settings):
    student = hr.models.dual_encoder(tokenizer, dim=DIM, width=16, length=12, seed=0)
    pairs = hr.models.fusion_encoder(student, seed=0) if fusion else None
    return hr.models.CrossModalModel(student, queue=QUEUE, fusion=pairs, **settings)


def step(tokenizer, captions, size=6, seed=0):
    torch.manual_seed(seed)
    batch = next(iter(PairBatches(captions, tokenizer, size, seed).epoch(0)))
    known = {name: torch.from_numpy(values) for name, values in batch.items()}
    return torch.rand(size, 3, 16, 12), torch.rand(size, 3, 16, 12), known["tokens"], known["titles"]


@pytest.mark.parametrize("fusion", [False, True])
def test_shapes_and_unit_length(tokenizer, captions, fusion):
    model, given = new(tokenizer, fusion).train(), step(tokenizer, captions)
    told, length = model(*given), given[2].shape[1]
    shapes = {
        **dict.fromkeys(("embeddings", "image", "text", "teacher_image", "teacher_text"), (6, DIM)),
        **dict.fromkeys(("image_queue", "text_queue"), (QUEUE, DIM)),
        "title_queue": (QUEUE,),
        "image_locals": (6, 16, DIM),
        "text_locals": (6, length, DIM),
        "text_locals_mask": (6, length),
        "temperature": (),
    }
    pairs, hidden = 18, len(told.get("word_labels", ()))
    if fusion:
        shapes |= {"match_logits": (pairs, 2), "match_labels": (pairs,), "word_labels": (hidden,)}
        shapes |= {"word_logits": (hidden, tokenizer.size)}
        assert hidden > 0 and told["match_labels"].tolist() == [1] * 6 + [0] * 12
    assert {name: tuple(values.shape) for name, values in told.items()} == shapes
    for name in ("image", "text", "teacher_image", "teacher_text", "image_locals", "text_locals"):
        torch.testing.assert_close(told[name].norm(dim=-1), torch.ones(told[name].shape[:-1]))
    learning = {"embeddings", "image", "text", "temperature", "match_logits", "word_logits"}
    assert {name for name, values in told.items() if values.requires_grad} == learning & set(told)
    assert (told["title_queue"] == -1).all() and not told["image_queue"].any()


def test_teacher_first_then_queues_then_enqueued(tokenizer, captions):
    """The teacher is updated, then speaks; the queues are as they were, and hold this batch in the next step."""
    model = new(tokenizer, momentum=0.5).train()
    first, second = step(tokenizer, captions, seed=0), step(tokenizer, captions, seed=1)
    told = model(*first)
    expected = model.teacher.model.encode_images(first[1])[0]
    torch.testing.assert_close(told["teacher_image"], expected)
    with torch.no_grad():
        for parameter in model.student.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    before = [parameter.clone() for parameter in model.teacher.parameters()]
    after = [m / 11 * 2 + s / 11 * 9 for m, s in zip(before, model.student.parameters(), strict=True)]
    again = model(*second)
    for mine, theirs in zip(model.teacher.parameters(), after, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(again["teacher_text"], model.teacher.model.encode_tokens(second[2])[0])
    for name in ("image", "text"):
        assert torch.equal(again[f"{name}_queue"][:6], told[f"teacher_{name}"])
        assert not again[f"{name}_queue"][6:].any()
    assert torch.equal(again["title_queue"][:6], first[3]) and (again["title_queue"][6:] == -1).all()
    assert torch.equal(told["title_queue"], torch.full((QUEUE,), -1))  # what was told is a copy


def test_queues_are_filled_from_a_share_of_the_run_on(tokenizer, captions):
    model = new(tokenizer, queue_from=0.5).train()
    for progress, held in ((0.0, 0), (0.49, 0), (0.5, 6), (0.9, 12)):
        model(*step(tokenizer, captions), torch.tensor(progress))
        assert (model.image_queue.titles >= 0).sum() == (model.text_queue.titles >= 0).sum() == held
    with pytest.raises(hr.HrlibError, match="queue_from is 1.5: expected a share of the run, 0 to 1"):
        new(tokenizer, queue_from=1.5)


def test_dropout_makes_the_student_s_texts_differ_and_not_the_teacher_s(tokenizer, captions):
    model, given = new(tokenizer, momentum=0.0).train(), step(tokenizer, captions)
    first, second = model(*given), model(*given)
    assert not torch.allclose(first["text"], second["text"], atol=1e-3)
    assert torch.equal(first["teacher_text"], second["teacher_text"])


def test_in_evaluation_photos_alone(tokenizer, captions, shop):
    model, images = new(tokenizer).eval(), torch.rand(3, 3, 16, 12)
    assert torch.equal(model(images), model.student(images))
    assert hr.embed(model, shop).shape == (120, DIM)
    assert np.array_equal(model.encode_texts(["product 3"]), model.student.encode_texts(["product 3"]))
    assert int(model.teacher.updates) == 0 and (model.image_queue.titles == -1).all()


def test_gradients_reach_all_that_learns(tokenizer, captions):
    model = new(tokenizer, fusion=True).train()
    told = model(*step(tokenizer, captions))
    logits = told["image"] @ told["text"].T / told["temperature"]
    loss = F.cross_entropy(logits, torch.arange(6)) + F.cross_entropy(told["match_logits"], told["match_labels"])
    (loss + F.cross_entropy(told["word_logits"], told["word_labels"])).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith("teacher."), name
        assert name.startswith("teacher.") or parameter.grad.isfinite().all()


def test_scores(tokenizer, captions, shop):
    model = new(tokenizer, fusion=True).train()
    cells = hr.embed(hr.models.ImageLocals(model), shop.subset(range(4)), precision="float32")
    texts = [captions.flat[row] for row in (0, 5, 50)]
    tokens = torch.from_numpy(tokenizer.encode(texts, 12))
    found = model.score(torch.from_numpy(cells)[:3], tokens)
    assert (
        model.training and found.shape == (3,) and torch.equal(found, model.score(torch.from_numpy(cells)[:3], tokens))
    )
    model.eval()
    with torch.no_grad():
        states = model.student.text(tokens)[1]
        logits = model.fusion.match(states, tokens == 0, torch.from_numpy(cells)[:3])
    chance = logits.softmax(1)[:, 1]
    torch.testing.assert_close(found.sigmoid(), chance)
    images, rows = np.array([3, 1]), np.array([[0, 2], [1, 1]])
    table = model.reranker(cells, texts)(images, rows)
    expected = [
        [model.score(torch.from_numpy(cells[[image]]), tokens[[row]]).item() for row in own]
        for image, own in zip(images, rows, strict=True)
    ]
    np.testing.assert_allclose(table, expected, atol=1e-5)
    with pytest.raises(hr.HrlibError, match="a model without fusion cannot tell"):
        new(tokenizer).score(torch.from_numpy(cells)[:3], tokens)


class Contrast(torch.nn.Module):
    """Contrast against teacher and queue, in a line; presses Ctrl-C in the given step."""

    inputs = ("image", "text", "teacher_image", "teacher_text", "image_queue", "text_queue", "temperature")

    def __init__(self, at=None):
        super().__init__()
        self.left = at

    def forward(self, image, text, teacher_image, teacher_text, image_queue, text_queue, temperature):
        if self.left is not None:
            if self.left == 0:
                signal.raise_signal(signal.SIGINT)
            self.left -= 1
        own = torch.arange(len(image))
        to_text = image @ torch.cat([teacher_text, text_queue]).T / temperature
        to_image = text @ torch.cat([teacher_image, image_queue]).T / temperature
        return F.cross_entropy(to_text, own) + F.cross_entropy(to_image, own)


@pytest.mark.parametrize("fusion", [False, True])
def test_resumed_equals_uninterrupted(tokenizer, captions, shop, tmp_path, fusion):
    """Interrupted when the queue is in its second round; teacher, queues and tokenizer are in the checkpoint."""
    settings = {"epochs": 2, "views": 2, "augment": "captioned", "precision": "float32"}
    whole, first, second = (new(tokenizer, fusion, queue_from=0.1) for _ in range(3))
    batches = PairBatches(captions, tokenizer, 32)
    hr.fit(whole, Contrast(), shop, batches=batches, **settings)
    with pytest.raises(KeyboardInterrupt, match="stopped after step 4 of 8"):
        hr.fit(first, Contrast(3), shop, batches=batches, out_dir=tmp_path, **settings)
    hr.fit(second, Contrast(), shop, batches=batches, out_dir=tmp_path, resume=True, **settings)
    assert int(whole.teacher.updates) == 8 and (whole.image_queue.titles >= 0).all()
    for (name, a), b in zip(whole.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    again = new(tokenizer, fusion)
    hr.training.load_checkpoint(tmp_path / "last", {"model": again})
    np.testing.assert_array_equal(again.encode_texts(captions.flat[:9]), whole.encode_texts(captions.flat[:9]))


def test_it_learns_which_text_is_whose(tokenizer, captions, shop):
    """With teacher, queue and two views: recall from near chance to most of it, on the tiny shop that it has seen."""
    model = new(tokenizer, warmup=10)
    settings = {"epochs": 16, "views": 2, "augment": "none", "lr": 5e-3}
    owner, titles = captions.owner, captions.titles

    def recall():
        found = hr.evaluation.evaluate_crossmodal(
            hr.embed(model, shop), model.encode_texts(captions.flat), owner, titles=titles
        )
        return found.loc["mean", "recall@1"]

    before = recall()
    hr.fit(model, Contrast(), shop, batches=PairBatches(captions, tokenizer, 32), **settings)
    after = recall()
    assert before < 0.15 and after > 0.4


def test_fusion_needs_a_mask_token(tokenizer):
    student = hr.models.dual_encoder(tokenizer, dim=DIM, width=16)
    fusion = hr.models.fusion_encoder(student)
    student.text.tokenizer = type("Without", (), {"mask": None})()
    with pytest.raises(hr.HrlibError, match="fusion hides words, and the text encoder's tokenizer has no mask token"):
        hr.models.CrossModalModel(student, fusion=fusion)


def test_what_fit_lacks_is_named(tokenizer, captions, shop):
    with pytest.raises(hr.HrlibError, match="CrossModalModel learns from images_b.*give fit views=2"):
        hr.fit(new(tokenizer), Contrast(), shop, batches=PairBatches(captions, tokenizer, 32), epochs=1)
    with pytest.raises(hr.HrlibError, match="CrossModalModel learns from tokens, titles.*PairBatches"):
        hr.fit(new(tokenizer), Contrast(), shop, views=2, epochs=1)
