"""A row of photos: what the browser is told, and what it says."""

import numpy as np

from hrlib.explore.photo_strip import PhotoStrip


def test_photos_are_offered_and_chosen():
    strip, chosen = PhotoStrip(), []
    strip.on_choice(chosen.append)
    strip.show([(7, np.zeros((5, 4, 3), np.uint8), "item 7"), ("b", np.ones((5, 4, 3), np.uint8), "item b")])
    assert [one["alt"] for one in strip.photos] == ["item 7", "item b"] and strip.ids == (7, "b")
    assert all(one["source"].startswith("data:image/jpeg;base64,") for one in strip.photos)
    strip._handle_custom_msg({"place": 0}, [])
    assert chosen == [7]
