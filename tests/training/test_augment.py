import numpy as np
import pytest
import torch
from torch import nn

import hrlib as hr
from hrlib import HrlibError
from hrlib.degradation import degrade_randomly
from hrlib.training.augment import NAMES, augmentation, degraded


@pytest.mark.parametrize("name", NAMES)
def test_keeps_shape_and_range_and_is_seeded(name):
    images = torch.rand(16, 3, 20, 12)
    augment = augmentation(name)
    torch.manual_seed(1)
    first = augment(images.clone())
    torch.manual_seed(1)
    again = augment(images.clone())
    assert first.shape == images.shape and first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, again)
    assert torch.equal(first, images) == (name == "none")


def test_photos_of_a_batch_are_changed_one_by_one():
    images = torch.rand(1, 3, 20, 12).expand(32, -1, -1, -1).clone()
    changed = augmentation("standard")(images)
    assert len({round(float(image.sum()), 3) for image in changed}) > 16


def test_captioned_keeps_sides_and_most_of_the_light():
    """What a text says of a photo stays true: no side becomes the other, dark does not become light."""
    images = torch.zeros(64, 3, 20, 12)
    images[:, :, :, 6:] = 0.5
    seen = augmentation("captioned")(images)
    left, right = seen[:, :, 5:15, :3].mean((1, 2, 3)), seen[:, :, 5:15, -3:].mean((1, 2, 3))
    assert (right > left + 0.3).all()
    grey = augmentation("captioned")(torch.full((64, 3, 20, 12), 0.5))
    assert (grey - 0.5).abs().max() < 0.16 and grey.std() > 0.01
    mirrored = augmentation("standard")(images)  # which does mirror: the test above can fail
    assert not (mirrored[:, :, 5:15, -3:].mean((1, 2, 3)) > mirrored[:, :, 5:15, :3].mean((1, 2, 3))).all()


def test_unknown_name():
    with pytest.raises(HrlibError, match="augment is 'heavy'.*standard, captioned, degraded, flip, none"):
        augmentation("heavy")


def test_degraded_half_of_a_batch_by_the_seed():
    pixels = np.random.default_rng(0).integers(256, size=(32, 20, 12, 3), dtype=np.uint8)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    before = images.clone()
    found = degraded(images, (3, 5))
    assert found.shape == images.shape and found.dtype == torch.float32 and torch.equal(images, before)
    expected = torch.from_numpy(degrade_randomly(pixels, (3, 5))).permute(0, 3, 1, 2) / 255
    assert torch.equal(found, expected)
    left_alone = (found == images).flatten(1).all(1)
    assert 5 < left_alone.sum() < 27


class Watched(nn.Module):
    """A network and a loss that keep what they are shown."""

    def __init__(self):
        super().__init__()
        self.encoder, self.seen = hr.models.image_encoder("small", dim=8, seed=0), []

    def forward(self, images):
        self.seen.append(images.clone())
        return self.encoder(images)


class Compared(nn.Module):
    inputs = ("embeddings", "images")

    def __init__(self):
        super().__init__()
        self.given = []

    def forward(self, embeddings, images):
        self.given.append(images.clone())
        return embeddings.square().sum()


@pytest.mark.parametrize("augment", ["standard", "degraded"])
def test_only_the_network_sees_degraded_photos(shop, augment):
    model, loss = Watched(), Compared()
    settings = {"epochs": 1, "batch_size": 24, "precision": "float32"}
    hr.fit(model, loss, shop, augment=augment, **settings)
    alone = torch.cat([(a == b).flatten(1).all(1) for a, b in zip(model.seen, loss.given, strict=True)])
    if augment == "standard":
        assert alone.all()
    else:
        for step, (seen, given) in enumerate(zip(model.seen, loss.given, strict=True)):
            assert torch.equal(seen, degraded(given, (0, step)))
    # what the loss is given is augmented by the same numbers, whether the network sees it degraded or not
    again, plain = Compared(), Watched()
    hr.fit(plain, again, shop, augment="standard", **settings)
    assert all(torch.equal(a, b) for a, b in zip(loss.given, again.given, strict=True))


class Twice(nn.Module):
    """A network that is shown both views and keeps them."""

    inputs = ("images", "images_b")

    def __init__(self):
        super().__init__()
        self.encoder, self.seen = hr.models.image_encoder("small", dim=8, seed=0), []

    def forward(self, images, images_b):
        self.seen.append((images.clone(), images_b.clone()))
        return self.encoder(images)


@pytest.mark.parametrize("augment", ["captioned", "degraded", "none"])
def test_two_views_of_the_same_photos(shop, augment):
    settings = {"epochs": 1, "batch_size": 24, "precision": "float32", "augment": augment}
    two, one, loss = Twice(), Watched(), Compared()
    hr.fit(two, Compared(), shop, views=2, **settings)
    hr.fit(one, loss, shop, **settings)
    # the first step's first view is what it is where there is only one
    assert torch.equal(two.seen[0][0], one.seen[0])
    for first, second in two.seen:
        same = (first == second).flatten(1).all(1)
        assert same.all() if augment == "none" else same.float().mean() < 0.3
        colours = [view.mean((2, 3)) for view in (first, second)]
        apart, from_others = ((colours[0] - colours[1].roll(shift, 0)).abs().mean() for shift in (0, 5))
        assert apart < 0.7 * from_others
    with pytest.raises(HrlibError, match="Twice learns from images_b.*: give fit views=2"):
        hr.fit(Twice(), Compared(), shop, **settings)


class Interrupted(nn.Module):
    def __init__(self, loss, at):
        super().__init__()
        self.loss, self.left = loss, at

    def forward(self, embeddings, labels):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return self.loss(embeddings, labels)


def test_a_degraded_run_resumes_exactly(shop, tmp_path):
    settings = {"epochs": 3, "batch_size": 24, "seed": 3, "augment": "degraded"}

    def new(at=-1):
        torch.manual_seed(0)
        model = hr.models.image_encoder("small", dim=8)
        return model, Interrupted(hr.losses.make("hpl-proxy-anchor", shop.hierarchy, 8), at)

    whole, first, second = new(), new(8), new()
    hr.fit(*whole, shop, **settings)
    with pytest.raises(KeyboardInterrupt):
        hr.fit(*first, shop, out_dir=tmp_path, **settings)
    hr.fit(*second, shop, out_dir=tmp_path, resume=True, **settings)
    for a, b in zip(whole, second, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
