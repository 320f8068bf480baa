import pytest
import torch

import hrlib as hr


@pytest.mark.parametrize("size", [(16, 16), (64, 48), (33, 57)])
def test_unit_vectors_from_any_size(size):
    model = hr.models.image_encoder("small", dim=10, seed=0).eval()
    found = model(torch.rand(3, 3, *size))
    assert found.shape == (3, 10) and found.dtype == torch.float32
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3))


@pytest.mark.parametrize("size", [(32, 32), (64, 48), (33, 57)])
def test_local_features_are_those_of_each_cell(size):
    """Cells as adaptive pooling has them: cell c of n over L places spans floor(c L / n) to ceil((c + 1) L / n)."""
    model = hr.models.image_encoder("small", dim=10, seed=0).eval()
    images = torch.rand(2, 3, *size)
    features, cells = model.local_features(images, 3)
    torch.testing.assert_close(features, model.features(images))
    maps = model.maps(images)
    bounds = [[(c * length // 3, -(-(c + 1) * length // 3)) for c in range(3)] for length in maps.shape[2:]]
    expected = [
        torch.cat([maps[:, :, top:bottom, left:right].mean((2, 3)), maps[:, :, top:bottom, left:right].amax((2, 3))], 1)
        for top, bottom in bounds[0]
        for left, right in bounds[1]
    ]
    torch.testing.assert_close(cells, torch.stack(expected, 1))
    whole, one = model.local_features(images, 1)
    torch.testing.assert_close(one[:, 0], whole)


def test_channels_last_and_bf16_give_the_same():
    model = hr.models.image_encoder("small", dim=10, seed=0).eval()
    images = torch.rand(4, 3, 64, 48)
    with torch.no_grad():
        expected = model(images)
        model.to(memory_format=torch.channels_last)
        torch.testing.assert_close(
            model(images.contiguous(memory_format=torch.channels_last)), expected, rtol=1e-4, atol=1e-5
        )
        with torch.autocast("cpu", torch.bfloat16):
            found = model(images)
    # eight bits of mantissa through four convolutions
    assert found.dtype == torch.float32 and (found * expected).sum(1).min() > 0.999


def test_seed_fixes_the_weights_and_leaves_the_generator():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    first, again, other = (hr.models.image_encoder("small", seed=seed).head.weight for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.rand(2), expected)


def test_bad_names_and_dimensions():
    with pytest.raises(hr.HrlibError, match="no image encoder is called 'smal'; did you mean 'small'"):
        hr.models.image_encoder("smal")
    with pytest.raises(hr.HrlibError, match="dim is 1"):
        hr.models.image_encoder("small", dim=1)
