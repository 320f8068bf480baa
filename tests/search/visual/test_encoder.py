"""Photos and texts as they are embedded for a store: prepared as the catalogue's were, checked before they are used."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from hrlib import HrlibError, ImageStore
from hrlib.catalogue.images import resize
from hrlib.search.visual.encoder import GREY, QueryEncoder

PHOTO = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
STORE = ImageStore.from_array(np.zeros((1, 16, 12, 3), np.uint8))


class Means(nn.Module):
    """The mean of each channel beside 1, of unit length."""

    scale = 1.0

    def forward(self, images):
        x = torch.cat([images.mean((2, 3)), torch.ones(len(images), 1)], dim=1)
        return self.scale * x / x.norm(dim=1, keepdim=True)


class WithTexts(Means):
    def encode_texts(self, texts):
        return np.eye(4, dtype=np.float32)[[len(text) for text in texts]]


def test_a_photo_is_brought_to_the_catalogues_size_as_its_own_were():
    encoder = QueryEncoder(Means().eval(), STORE, 4)
    whole = encoder.prepared(PHOTO)
    np.testing.assert_array_equal(whole, np.array(resize(Image.fromarray(PHOTO), (16, 12), STORE.fit)))
    np.testing.assert_array_equal(encoder.prepared(Image.fromarray(PHOTO)), whole)
    part = encoder.prepared(PHOTO, (10, 5, 50, 35))
    np.testing.assert_array_equal(part, encoder.prepared(PHOTO[5:35, 10:50]))
    unknown = encoder.prepared(None)
    assert unknown.shape == (16, 12, 3) and (unknown == GREY).all()
    with pytest.raises(HrlibError, match="a crop of an item whose photo is not known"):
        encoder.prepared(None, (0, 0, 5, 5))


def test_photos_and_texts_become_unit_vectors():
    encoder = QueryEncoder(WithTexts().eval(), STORE, 4)
    pixels = np.stack([encoder.prepared(PHOTO), encoder.prepared(PHOTO[::2])])
    found, means = encoder.photos(pixels), np.column_stack([pixels.mean((1, 2)) / 255, np.ones(2)])
    np.testing.assert_allclose(found, means / np.linalg.norm(means, axis=1, keepdims=True), atol=0.02)
    assert encoder.takes_texts and encoder.text("ab").tolist() == [[0, 0, 1, 0]]


def test_what_does_not_fit_is_refused():
    encoder = QueryEncoder(Means().eval(), STORE, 4)
    assert not encoder.takes_texts
    with pytest.raises(HrlibError, match="text: a Means embeds photos only: expected a model with encode_texts"):
        encoder.text("a")
    pixels = encoder.prepared(PHOTO)[None]
    with pytest.raises(HrlibError, match="the photos' embeddings have 4 dimensions and the store has 5"):
        QueryEncoder(Means().eval(), STORE, 5).photos(pixels)
    long = Means().eval()
    long.scale = 2.0
    with pytest.raises(HrlibError, match="the photos' embeddings"):
        QueryEncoder(long, STORE, 4).photos(pixels)
