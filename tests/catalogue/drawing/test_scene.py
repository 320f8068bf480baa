import random

import numpy as np
import pytest
from PIL import Image

from hrlib.catalogue.drawing import scene


@pytest.mark.parametrize("name", scene.SCENES)
def test_backgrounds(name):
    image = scene.background(random.Random(1), name, (96, 72))
    assert image.size == (72, 96) and image.mode == "RGB"
    assert image.tobytes() == scene.background(random.Random(1), name, (96, 72)).tobytes()


def test_poses_keep_the_product_in_sight_and_are_whole_pixels():
    for seed in range(100):
        place, (x, y) = scene.pose(random.Random(seed), (192, 192))
        middle = place((0.5, 0.5))
        assert all(isinstance(value, int) for value in middle)
        assert abs(middle[0] / 192 - x) < 0.01 and abs(middle[1] / 192 - y) < 0.01 and 0.35 < x < 0.65


def test_something_in_front_hides_a_part_only():
    for seed in range(30):
        image = Image.new("RGB", (192, 192), (1, 2, 3))
        scene.occlude(random.Random(seed), image)
        hidden = (np.asarray(image) != (1, 2, 3)).any(2).mean()
        assert 0.005 < hidden < 0.35


def test_developing_changes_light_and_keeps_the_range():
    image = Image.new("RGB", (192, 144), (128, 128, 128))
    photos = [scene.develop(random.Random(seed), image, (48, 64)) for seed in range(20)]
    assert all(photo.shape == (48, 64, 3) and photo.dtype == np.uint8 for photo in photos)
    assert np.std([photo.mean() for photo in photos]) > 5
