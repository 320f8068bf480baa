"""Hostile photos get a sentence, and change nothing."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from hrlib import BadImage
from hrlib.search import Item
from hrlib.search.visual import queries
from hrlib.search.visual.queries import cropped, opened
from tests.search.visual.shop import encoded

NOISE = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)


def huge_header() -> bytes:
    """A PNG of 60,000 x 60,000 pixels, it says, in a hundred bytes."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def animated(form: str) -> bytes:
    frames = [Image.fromarray(NOISE // (n + 1)) for n in range(3)]
    return encoded(NOISE, form, save_all=True, append_images=frames[1:])


HOSTILE = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello", "not a JPEG, PNG or WEBP picture; convert it to one of these"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "picture but SVG"),
    "gif": (encoded(NOISE, "GIF"), "picture but GIF"),
    "truncated": (encoded(NOISE, "JPEG")[:-9000], "JPEG that cannot be decoded, cut off or damaged"),
    "only a start": (encoded(NOISE, "JPEG")[:20], "JPEG that cannot be decoded, cut off or damaged"),
    "huge": (huge_header(), "60000 x 60000, more than the cap of|more than the cap of 64,000,000 pixels"),
    "animated png": (animated("PNG"), "animated, 3 frames; give a still picture"),
    "animated webp": (animated("WEBP"), "animated, 3 frames; give a still picture"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_photos_get_a_sentence(visual, tmp_path, name):
    data, said = HOSTILE[name]
    (path := tmp_path / "upload.jpg").write_bytes(data)
    before = visual.store.ids()
    for call in (lambda: visual.search(data), lambda: visual.search(path), lambda: visual.add("bad", data)):
        with pytest.raises(BadImage, match=said) as caught:
            call()
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
    assert visual.store.ids() == before


def test_a_file_is_called_by_its_name(visual, tmp_path):
    (path := tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(BadImage, match="^cat.jpg: the file is empty$"):
        visual.search(str(path))


def test_files_beyond_all_measure_are_not_read(visual, tmp_path, monkeypatch):
    monkeypatch.setattr(queries, "MAX_BYTES", 1000)
    (path := tmp_path / "a.png").write_bytes(encoded(NOISE))
    with pytest.raises(BadImage, match=r"a.png: 1\d\d,\d\d\d bytes, more than the cap of 1,000; make it smaller"):
        visual.search(path)


def test_pictures_of_pillow_are_held_to_the_same(tmp_path):
    (path := tmp_path / "a.gif").write_bytes(animated("GIF"))
    with pytest.raises(BadImage, match="animated, 3 frames"):
        opened(Image.open(path))
    with pytest.raises(BadImage, match="9000 x 9000, more than the cap"):
        opened(Image.new("1", (9000, 9000)))
    with pytest.raises(BadImage, match="0 x 5: a picture without a pixel"):
        opened(Image.new("RGB", (0, 5)))
    (path := tmp_path / "b.jpg").write_bytes(HOSTILE["truncated"][0])
    with pytest.raises(BadImage, match="cut off or damaged"):
        opened(Image.open(path))


def test_a_crop_holds_the_pixels_that_it_says():
    image = Image.fromarray(NOISE)
    np.testing.assert_array_equal(np.asarray(cropped(image, (10, 20, 30.4, 60.6))), NOISE[20:61, 10:30])
    assert cropped(image, None) is image


def test_ids_are_checked_where_an_item_is_made():
    assert Item(np.int64(3)) == Item(3) != Item("3")
    for wrong in (3.5, None, [1]):
        with pytest.raises(ValueError, match="expected strings or integers"):
            Item(wrong)
