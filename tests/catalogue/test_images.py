"""Decoding: what photos there are in the world, made here."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from hrlib import BadImage, HrlibError
from hrlib.catalogue.images import decode, resize


def picture(width=20, height=10):
    """Red above, blue below: which way up it is can be seen."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] = 255
    pixels[height // 2 :, :, 2] = 255
    return Image.fromarray(pixels)


def encoded(image, kind="PNG", **settings):
    data = io.BytesIO()
    image.save(data, kind, **settings)
    return data.getvalue()


def huge_header():
    """A PNG that says it is 65,000 x 65,000 and has no pixels at all."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 65000, 65000, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"")
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_formats(kind):
    image = decode(encoded(picture(), kind))
    assert image.mode == "RGB" and image.size == (20, 10)
    top, bottom = np.asarray(image)[1].mean(0), np.asarray(image)[-2].mean(0)
    assert top[0] > 200 > top[2] and bottom[2] > 200 > bottom[0]


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "1", "CMYK"])
def test_other_modes_become_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = decode(encoded(picture().convert(mode), kind))
    assert image.mode == "RGB" and image.size == (20, 10)


def test_transparency_lies_on_white():
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert np.asarray(decode(encoded(image))).min() == 255
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([10, 20, 30] * 256)
    assert np.asarray(decode(encoded(palette, transparency=0))).min() == 255


def test_16_bits_are_scaled_and_not_clipped():
    image = Image.fromarray(np.full((4, 4), 0x8000, np.uint16))
    assert np.unique(np.asarray(decode(encoded(image)))).tolist() == [128]


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    pixels = np.asarray(decode(encoded(picture(), "JPEG", exif=exif)))
    assert pixels[1, :, 2].mean() > 200 and pixels[-2, :, 0].mean() > 200


def test_the_first_picture_of_a_phone_s_jpeg_is_taken():
    data = encoded(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (20, 10))])
    assert Image.open(io.BytesIO(data)).n_frames == 2
    pixels = np.asarray(decode(data))
    assert pixels.shape == (10, 20, 3) and pixels[1, :, 0].mean() > 200


def test_damaged_exif_data_leave_the_picture_as_it_lies(recwarn):
    sound = encoded(picture(), "JPEG", exif=b"Exif\0\0no TIFF at all")
    cut = encoded(picture(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12")
    for data in (sound, cut):
        assert np.asarray(decode(data))[1, :, 0].mean() > 200
    assert not recwarn.list


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"hello, I am text", "not a JPEG, PNG or WEBP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "but SVG"),
        (b"%PDF-1.7", "but PDF"),
        (encoded(picture(), "GIF"), "but GIF"),
        (encoded(picture(), "BMP"), "but BMP"),
        (encoded(picture(), "TIFF"), "but TIFF"),
        (huge_header(), "more than the cap of 64,000,000 pixels"),
        (encoded(picture(400, 300), "JPEG")[:1500], "cut off or damaged"),
        (encoded(picture())[:20], "PNG that cannot be decoded, cut off or damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG that cannot be decoded, cut off or damaged"),
        (encoded(picture(200, 200))[:80], "cut off or damaged"),
        (encoded(picture(), "PNG", save_all=True, append_images=[picture()]), "animated, 2 frames"),
        (encoded(picture(), "WEBP", save_all=True, append_images=[picture().rotate(180)]), "animated, 2 frames"),
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "pdf",
        "gif",
        "bmp",
        "tiff",
        "huge",
        "cut jpeg",
        "cut png header",
        "no jpeg",
        "cut png",
        "apng",
        "animated webp",
    ],
)
def test_refused_by_name(data, says):
    with pytest.raises(BadImage, match=f"shop/a b.jpg: .*{says}"):
        decode(data, name="shop/a b.jpg")


def test_the_cap_is_an_argument():
    with pytest.raises(BadImage, match="20 x 10, more than the cap of 199 pixels"):
        decode(encoded(picture()), max_pixels=199)


def test_every_cut_of_a_jpeg_is_an_image_or_our_error():
    data = encoded(picture(64, 48), "JPEG")
    for end in range(0, len(data), 7):
        with contextlib.suppress(BadImage):
            decode(data[:end])


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("size", [(10, 20), (64, 48), (7, 7)])
def test_resize(fit, size):
    pixels = resize(picture(), size, fit)
    assert pixels.shape == (*size, 3) and pixels.dtype == np.uint8


def test_pad_keeps_everything_on_the_border_s_colour():
    image = Image.new("RGB", (40, 10), (9, 99, 199))
    image.paste((255, 255, 255), (10, 3, 30, 7))
    pixels = resize(image, (40, 40), "pad")
    assert (pixels[0, 0] == (9, 99, 199)).all() and (pixels[-1, -1] == (9, 99, 199)).all() and pixels.max() == 255


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_a_picture_of_the_size_is_taken_as_it_is(fit):
    pixels = np.random.default_rng(0).integers(0, 256, (10, 20, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resize(Image.fromarray(pixels), (10, 20), fit), pixels)


@pytest.mark.parametrize("size", [(4, 4), (10, 20)])
def test_unknown_fit(size):
    with pytest.raises(HrlibError, match="fit is 'squeeze'"):
        resize(picture(), size, "squeeze")
