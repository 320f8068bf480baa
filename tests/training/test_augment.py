import pytest
import torch

from hrlib import HrlibError
from hrlib.training.augment import NAMES, augmentation


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


def test_unknown_name():
    with pytest.raises(HrlibError, match="augment is 'heavy'.*standard, flip, none"):
        augmentation("heavy")
