import numpy as np
import pytest
import torch

import hrlib as hr
from hrlib.training.embed import embed_photos, to_batch


def test_one_unit_vector_an_item_in_order(shop):
    model = hr.models.image_encoder("small", dim=8, seed=0)
    model.train()
    found = hr.embed(model, shop, batch_size=50, precision="float32")
    assert found.shape == (120, 8) and found.dtype == np.float32 and model.training
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    model.eval()
    with torch.no_grad():
        alone = model(to_batch(shop.images[77:78]))[0].numpy()
    np.testing.assert_allclose(found[77], alone, atol=1e-5)


def test_batch_size_does_not_matter_and_bf16_is_near(shop):
    model = hr.models.image_encoder("small", dim=8, seed=0)
    exact = hr.embed(model, shop, precision="float32")
    np.testing.assert_allclose(hr.embed(model, shop, batch_size=7, precision="float32"), exact, atol=1e-5)
    # bf16 keeps 8 bits: cosines of the two versions of a vector stay above .999
    assert (hr.embed(model, shop, precision="bf16") * exact).sum(1).min() > 0.999


def test_unknown_precision():
    with pytest.raises(hr.HrlibError, match="precision is 'fp8'"):
        hr.embed(torch.nn.Identity(), None, precision="fp8")
    with pytest.raises(hr.HrlibError, match="precision is 'fp8'"):
        embed_photos(torch.nn.Identity(), np.zeros((1, 2, 2, 3), np.uint8), precision="fp8")


def test_photos_can_be_changed_on_the_way(shop):
    model, asked = hr.models.image_encoder("small", dim=8, seed=0), []

    def upside_down(pixels, rows):
        np.testing.assert_array_equal(pixels, shop.images[rows])
        asked.append(rows)
        return pixels[:, ::-1].copy()

    found = hr.embed(model, shop, batch_size=50, precision="float32", photos=upside_down)
    assert np.concatenate(asked).tolist() == list(range(120)) and len(asked) == 3
    turned = hr.Catalogue("turned", shop.items, hr.ImageStore.from_array(shop.images[:][:, ::-1]), shop.hierarchy)
    np.testing.assert_allclose(found, hr.embed(model, turned, precision="float32"), atol=1e-5)


def test_a_batch_of_photos_is_embedded_as_those_of_a_catalogue(shop):
    model = hr.models.image_encoder("small", dim=8, seed=0).train()
    found = embed_photos(model, shop.images[:5], precision="float32")
    np.testing.assert_allclose(found, hr.embed(model, shop, precision="float32")[:5], atol=1e-5)
    assert model.training


def test_embeddings_can_go_to_a_file(shop, tmp_path):
    model = hr.models.image_encoder("small", dim=8, seed=0)
    expected = hr.embed(model, shop, batch_size=50, precision="float32")
    found = hr.embed(model, shop, batch_size=50, precision="float32", out=tmp_path / "new" / "e.npy")
    assert isinstance(found, np.memmap) and np.array_equal(found, expected)
    assert np.array_equal(np.load(tmp_path / "new" / "e.npy"), expected)

    def broken(pixels, rows):
        if rows[0]:
            raise OSError("no photo")
        return pixels

    with pytest.raises(OSError, match="no photo"):
        hr.embed(model, shop, batch_size=50, photos=broken, out=tmp_path / "new" / "e.npy")
    assert np.array_equal(np.load(tmp_path / "new" / "e.npy"), expected)  # the old one, whole
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["e.npy"]
