"""Products and their photos: the same bytes everywhere, and words that are true of them."""

import hashlib

import numpy as np

from hrlib.catalogue.drawing import scene
from hrlib.catalogue.drawing.shop import CATEGORIES, WORDINGS, Photo, captions_of, draw, look


def test_the_same_bytes_on_every_machine():
    """If a new version of Pillow or of the drawings changes this, raise VERSION in synthetic.py and write the new sum here."""
    photos = [
        draw(Photo(0, category, 0, photo, (64, 64)))
        for category in ("T-shirt", "boot", "ring", "mug")
        for photo in range(3)
    ]
    assert hashlib.sha256(np.stack(photos).tobytes()).hexdigest()[:16] == "c9afa559a1e031e8"


def test_every_wording_is_true_of_the_photo():
    """What is said of colour, material, scene and place is what the photo was drawn with, for each of the wordings."""
    places = {"on the left": (0, 0.46), "in the middle": (0.46, 0.54), "on the right": (0.54, 1)}
    for category in CATEGORIES:
        photo = Photo(1, category, 0, 1, (64, 64))
        texts, drawn = captions_of(photo), look(photo)
        assert len(set(texts)) == WORDINGS and all(category.lower() in text.lower() for text in texts)
        assert (
            all(drawn.colour in text.lower() for text in texts)
            and sum(drawn.material in text.lower() for text in texts) >= 2
        )
        (side,) = {place for place in places if any(text.endswith(place) for text in texts)}
        middle = scene.pose(photo.rng("pose", photo.photo), (64, 64))[1][0]
        assert places[side][0] <= middle <= places[side][1]


def test_any_size():
    assert draw(Photo(0, "sofa", 0, 0, (64, 48))).shape == (64, 48, 3)
    assert draw(Photo(0, "sofa", 0, 0, (32, 80))).shape == (32, 80, 3)


def test_every_category_can_be_drawn_and_told():
    for category in CATEGORIES:
        photo = Photo(3, category, 5, 2, (64, 64))
        assert draw(photo).std() > 10 and category.lower() in captions_of(photo)[0].lower() and look(photo).colour


def test_a_title_is_grammatical():
    photos = [Photo(0, category, product, 0, (64, 64)) for category in CATEGORIES for product in range(200)]
    texts = [text.lower() for photo in photos for text in captions_of(photo)]  # as a catalogue of 6 captions has them
    articles = [text.split()[:2] for text in texts if text.split()[0] in ("a", "an")]
    assert articles and all((word[0] in "aeiou") == (article == "an") for article, word in articles)
    assert any(text.startswith("an ") for text in texts)
    assert not [text for text in texts if text.split()[0] in ("a", "an") and "trousers" in text]
