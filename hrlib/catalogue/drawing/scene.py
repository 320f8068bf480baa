"""A photo of a product: pose, light, background, and what hides a part of it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from hrlib.catalogue.drawing.pen import Pen, Point
from hrlib.catalogue.drawing.surface import COLOURS, FIXED, Colour, shade

SCALE = 3  # drawn this many times larger, then reduced: smooth edges
SCENES = ("plain wall", "wooden floor", "tiles", "shelf", "street")

Place = Callable[[Point], tuple[int, int]]


def pose(rng: random.Random, size: tuple[int, int]) -> tuple[Place, Point]:
    """Where points of the unit square come to lie, in whole pixels, and where the product's middle is in the frame (0..1).

    Turned by up to 22 degrees, sheared, mirrored half of the time, 55 to 95% of the frame, off the middle.
    """
    height, width = size
    side = min(height, width) * rng.uniform(0.6, 0.98)
    angle, lean = math.radians(rng.uniform(-22, 22)), rng.uniform(-0.14, 0.14)
    mirror = -1 if rng.random() < 0.5 else 1
    wide = rng.uniform(0.86, 1.06)  # seen a little from the side
    middle = (0.5 + rng.uniform(-0.13, 0.13), 0.5 + rng.uniform(-0.1, 0.1))
    cos, sin = math.cos(angle), math.sin(angle)

    def place(point: Point) -> tuple[int, int]:
        x, y = (point[0] - 0.5) * mirror * wide + (point[1] - 0.5) * lean, point[1] - 0.5
        return round(width * middle[0] + side * (x * cos - y * sin)), round(
            height * middle[1] + side * (x * sin + y * cos)
        )

    return place, middle


def background(rng: random.Random, scene: str, size: tuple[int, int]) -> Image.Image:
    """A scene without the product; its colours are muted and have nothing to do with the product's."""
    height, width = size
    tone = shade(
        COLOURS[rng.choice(("beige", "grey", "white", "teal", "navy", "pink", "brown"))], rng.uniform(1.2, 3.2)
    )
    image = Image.new("RGB", (width, height), tone)
    draw = ImageDraw.Draw(image)
    horizon = round(height * rng.uniform(0.55, 0.85))
    if scene == "wooden floor":
        boards = rng.randint(4, 7)
        for board in range(boards):
            top = horizon + (height - horizon) * board // boards
            draw.rectangle((0, top, width, height), fill=shade(FIXED["wood"], rng.uniform(0.8, 1.5)))
    elif scene == "tiles":
        step = width // rng.randint(3, 6)
        for x in range(0, width, step):
            for y in range(0, height, step):
                if (x // step + y // step) % 2:
                    draw.rectangle((x, y, x + step, y + step), fill=shade(tone, 0.86))
    elif scene == "shelf":
        draw.rectangle((0, horizon, width, horizon + height // 16), fill=shade(tone, 0.6))
        draw.rectangle((0, horizon + height // 16, width, height), fill=shade(tone, 0.8))
        _clutter(rng, draw, size, rng.randint(1, 3), horizon)
    elif scene == "street":
        draw.rectangle((0, horizon, width, height), fill=(146, 146, 150))
        _clutter(rng, draw, size, rng.randint(3, 6), horizon)
        image = image.filter(ImageFilter.BoxBlur(SCALE))
    elif rng.random() < 0.5:
        draw.rectangle((0, horizon, width, height), fill=shade(tone, 0.88))
    return image


def _clutter(rng: random.Random, draw: ImageDraw.ImageDraw, size: tuple[int, int], count: int, base: int) -> None:
    height, width = size
    for _ in range(count):
        x, wide, high = (
            rng.randint(0, width),
            rng.randint(width // 12, width // 4),
            rng.randint(height // 6, height // 2),
        )
        colour = shade(COLOURS[rng.choice(sorted(COLOURS))], rng.uniform(1.1, 1.8))
        box = (x - wide // 2, base - high, x + wide // 2, base)
        (draw.ellipse if rng.random() < 0.3 else draw.rectangle)(box, fill=colour)


def draw_product(
    image: Image.Image,
    shape: Pen,
    pattern: Pen,
    material: Pen,
    colours: tuple[Colour, Colour],
    place: Place,
    rng: random.Random,
) -> None:
    """Lay the product over the scene, its shadow first: pattern and material show on its main parts only."""
    main, second = colours
    palette = FIXED | {"main": main, "second": second, "dark": shade(main, 0.68), "light": shade(main, 1.7)}
    outline = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(outline)
    for points, _ in shape.polygons:
        pen.polygon([place(point) for point in points], fill=255)
    reach = 2 * SCALE
    shadow = ImageChops.offset(outline, rng.randint(-reach, reach), rng.randint(1, reach)).filter(
        ImageFilter.BoxBlur(reach)
    )
    image.paste((60, 60, 70), mask=shadow.point([value * 2 // 5 for value in range(256)]))

    cloth = Image.new("RGB", image.size, main)
    brush = ImageDraw.Draw(cloth)
    for layer, tints in (
        (pattern, {"second": second}),
        (material, {"dark": shade(main, 0.84), "light": shade(main, 1.35)}),
    ):
        for points, role in layer.polygons:
            brush.polygon([place(point) for point in points], fill=tints[role])
    top, mask = ImageDraw.Draw(image), Image.new("L", image.size, 0)
    for points, role in shape.polygons:
        spots = [place(point) for point in points]
        if role == "main":
            mask.paste(0, (0, 0, *mask.size))
            ImageDraw.Draw(mask).polygon(spots, fill=255)
            image.paste(cloth, mask=mask)
            top.line([*spots, spots[0]], fill=shade(main, 0.62), width=SCALE - 1)
        else:
            top.polygon(spots, fill=palette[role])


def occlude(rng: random.Random, image: Image.Image) -> None:
    """A price tag, a hand at the edge, or the rim of something else in front."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    kind = rng.choice(("tag", "hand", "rim"))
    if kind == "tag":
        x, y = round(width * rng.uniform(0.15, 0.7)), round(height * rng.uniform(0.1, 0.7))
        wide, high = width // 6, height // 9
        draw.rectangle((x, y, x + wide, y + high), fill=(250, 248, 240), outline=(120, 120, 120))
        draw.line((x + wide // 5, y + high // 2, x + wide * 4 // 5, y + high // 2), fill=(60, 60, 60), width=SCALE)
    elif kind == "hand":
        skin = rng.choice(((232, 190, 160), (198, 148, 112), (141, 98, 70), (96, 66, 50)))
        left = rng.random() < 0.5
        y = round(height * rng.uniform(0.35, 0.75))
        for finger in range(4):
            reach = round(width * rng.uniform(0.16, 0.3))
            box = (
                (-width // 10, y, reach, y + height // 14)
                if left
                else (width - reach, y, width + width // 10, y + height // 14)
            )
            draw.rounded_rectangle(box, radius=height // 28, fill=shade(skin, 1 - 0.04 * finger))
            y += height // 13
    else:
        colour = shade(COLOURS[rng.choice(sorted(COLOURS))], 1.2)
        corner = rng.choice(((0, 0), (width, 0), (0, height), (width, height)))
        radius = round(width * rng.uniform(0.18, 0.34))
        draw.ellipse((corner[0] - radius, corner[1] - radius, corner[0] + radius, corner[1] + radius), fill=colour)


def develop(rng: random.Random, image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Reduce to (height, width), then light from one side, a tint, blur and noise: (H, W, 3) uint8, in whole-number arithmetic."""
    height, width = size
    image = image.resize((width, height), Image.Resampling.BOX)
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 0.9)))
    light = rng.uniform(0.62, 1.18)
    tint = [rng.uniform(0.93, 1.07) for _ in range(3)]
    image = image.point([min(255, round(value * light * channel)) for channel in tint for value in range(256)])
    pixels = np.asarray(image).astype(np.int32)
    # a slope of light across the frame, in 256ths
    slope_x, slope_y = rng.randint(-70, 70), rng.randint(-50, 50)
    across = np.arange(width)[None, :, None] * slope_x // width + np.arange(height)[:, None, None] * slope_y // height
    pixels = pixels * (256 + across - (slope_x + slope_y) // 2) // 256
    strength = rng.randint(2, 9)
    noise = np.random.Generator(np.random.PCG64(rng.getrandbits(63))).integers(
        -strength, strength + 1, pixels.shape, dtype=np.int32
    )
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)
