"""Reconstructions and traversals: which photo stands where, and that they are drawn as a PNG."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

import hrlib as hr
from hrlib.evaluation.posterior import dimensions, posterior
from hrlib.explore import reconstructions, to_png, traversal
from hrlib.explore.photo_sheet import jpeg
from hrlib.explore.traversal import decoded
from tests.tiny import tiny_shop


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


@pytest.fixture(scope="module")
def model(shop):
    made = hr.models.VariationalAutoencoder(hr.models.image_encoder("small", dim=8, seed=0), (16, 12), seed=0)
    hr.fit(made, hr.losses.ReconstructionLoss(), shop, epochs=4, batch_size=24, augment="none", lr=3e-3)
    return made


def drawn(source):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))), int)


def texts(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def near(image, pixels):
    """The same photo as a JPEG, but for a rounding of the arithmetic of another batch."""
    return np.abs(drawn(image.source) - drawn(jpeg(pixels))).mean() < 0.5


def test_photos_above_and_what_is_made_of_them_below(shop, model):
    rows = [5, 60, 119]
    figure = reconstructions(model, shop, rows)
    images = figure.layout.images
    with torch.no_grad():
        photos = torch.from_numpy(np.stack([shop.images[row] for row in rows])).permute(0, 3, 1, 2) / 255
        made = model.eval().reconstruct(photos).permute(0, 2, 3, 1).mul(255).round().byte().numpy()
    assert len(images) == 6 and texts(figure) == ["photo", "reconstruction"]
    assert not near(images[1], made[1])  # each has its own
    for place in range(3):
        above, below = images[2 * place], images[2 * place + 1]
        assert near(above, shop.images[rows[place]]) and near(below, made[place])
        assert above.x == below.x == place and above.y < below.y


def test_many_photos_go_on_in_further_lines(shop, model):
    figure = reconstructions(model, shop, range(23))
    assert len(figure.layout.images) == 46 and len(texts(figure)) == 6
    places = {(image.x, image.y) for image in figure.layout.images}
    assert len(places) == 46 and max(x for x, _ in places) == 9
    assert len(reconstructions(model, shop, [7]).layout.images) == 2


def test_a_row_moves_one_dimension_through_the_aggregate_posterior(shop, model):
    figure = traversal(model, shop, 30, dims=[2, 6], steps=3)
    means, log_variances = posterior(model, shop)
    images = figure.layout.images
    assert len(images) == 2 + 2 * 3
    assert near(images[0], shop.images[30]) and near(images[1], decoded(model, means[30:31])[0])
    number = 2
    for dim in (2, 6):
        deviation = np.sqrt(np.var(means[:, dim]) + np.mean(np.exp(log_variances[:, dim])))
        for step in (-3, 0, 3):
            z = means[30:31].copy()
            z[0, dim] = np.mean(means[:, dim]) + step * deviation
            assert near(images[number], decoded(model, z)[0])
            number += 1
    assert not near(images[2], decoded(model, z)[0])  # a dimension changes the picture
    found = texts(figure)
    assert found[2:5] == ["−3 sd", "mean", "+3 sd"]
    assert [text.split("<br>")[0] for text in found if "dimension" in text] == ["dimension 2", "dimension 6"]
    triangles = [note for note in figure.layout.annotations if note.text == "▲"]
    left = images[2].x + 0.45  # the middle of the first picture, -3
    place = (means[30, 2] - means[:, 2].mean()) / np.sqrt(means[:, 2].var() + np.exp(log_variances[:, 2]).mean())
    assert triangles[0].x == pytest.approx(left + (np.clip(place, -3, 3) + 3) / 3, abs=1e-3)


def test_without_dims_the_most_informative_ones(shop, model):
    figure = traversal(model, shop, 0, count=3)
    best = dimensions(*posterior(model, shop))["kl"]
    expected = [f"dimension {dim}<br>{best[dim]:.2f} nats" for dim in best.index[:3]]
    assert [text for text in texts(figure) if "dimension" in text] == expected
    assert sum("dimension" in text for text in texts(traversal(model, shop, 0, count=50, steps=2))) == 8


def test_they_are_drawn_and_the_mode_is_kept(shop, model):
    model.train()
    for figure in (traversal(model, shop, 3, count=2, steps=5), reconstructions(model, shop, [1, 2])):
        picture = np.asarray(Image.open(io.BytesIO(to_png(figure))).convert("RGB"))
        assert picture.shape[:2] == (figure.layout.height, figure.layout.width)
        assert (picture < 250).any(2).mean() > 0.1
    assert model.training and model.decoder.training


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 1}, "steps is 1: expected 2 to 9"),
        ({"dims": []}, r"dims \[\]: expected some of 0 to 7"),
        ({"row": 120}, "rows from 120 to 120: expected 0 to 119"),
        ({"dims": [0, 8, -1]}, r"dims \[0, 8, -1\]: expected some of 0 to 7"),
        ({"model": hr.models.image_encoder("small")}, "a SmallEncoder has no posterior"),
    ],
)
def test_bad_arguments_are_refused(shop, model, settings, message):
    with pytest.raises(hr.HrlibError, match=message):
        traversal(**{"model": model, "catalogue": shop, "row": 0, **settings})
