"""The shop that the kit draws: what it sells, what a product looks like, its photos, and what is true of them in words."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from hrlib.catalogue.drawing import clothes, objects, scene, surface
from hrlib.catalogue.drawing.pen import Pen

WORDINGS = 6  # of a title

CLOTH = ("cotton", "denim", "knit", "silk")
SKIN = ("leather", "canvas", "velvet")
# department: (materials, {category: the function that draws it})
SHOP: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "apparel": (
        CLOTH,
        {
            "T-shirt": clothes.t_shirt,
            "hoodie": clothes.hoodie,
            "dress": clothes.dress,
            "trousers": clothes.trousers,
            "skirt": clothes.skirt,
            "jacket": clothes.jacket,
        },
    ),
    "footwear": (
        SKIN,
        {"sneaker": clothes.sneaker, "boot": clothes.boot, "sandal": clothes.sandal, "high heel": clothes.heel},
    ),
    "bags": (
        SKIN,
        {
            "backpack": clothes.backpack,
            "tote bag": clothes.tote,
            "clutch": clothes.clutch,
            "suitcase": clothes.suitcase,
        },
    ),
    "watches and jewellery": (
        ("leather", "steel", "ceramic", "enamel"),
        {
            "round watch": objects.round_watch,
            "square watch": objects.square_watch,
            "ring": objects.ring,
            "necklace": objects.necklace,
        },
    ),
    "furniture": (
        ("wood", "velvet", "rattan", "leather"),
        {
            "chair": objects.chair,
            "table": objects.table,
            "sofa": objects.sofa,
            "bookcase": objects.bookcase,
            "lamp": objects.lamp,
        },
    ),
    "kitchen": (
        ("ceramic", "enamel", "steel", "bamboo"),
        {
            "mug": objects.mug,
            "pan": objects.pan,
            "bottle": objects.bottle,
            "teapot": objects.teapot,
            "knife": objects.knife,
        },
    ),
}
CATEGORIES = {category: department for department, (_, categories) in SHOP.items() for category in categories}


@dataclass(frozen=True)
class Photo:
    """Which photo of which product: all that `draw` needs to know."""

    seed: int
    category: str
    product: int
    photo: int
    size: tuple[int, int]

    def rng(self, *what: object) -> random.Random:
        """Random numbers for a purpose; the same on every machine, whatever else was drawn."""
        return random.Random("/".join(map(str, (self.seed, self.category, self.product, *what))))


@dataclass(frozen=True)
class Look:
    """What a product keeps over its photos."""

    colour: str
    second: str
    pattern: str
    material: str
    scale: float
    phase: float


def look(photo: Photo) -> Look:
    """The look of the product on a photo."""
    rng = photo.rng("look")
    colour, second = rng.sample(sorted(surface.COLOURS), 2)
    materials = SHOP[CATEGORIES[photo.category]][0]
    return Look(
        colour, second, rng.choice(surface.PATTERNS), rng.choice(materials), rng.uniform(0.09, 0.2), rng.random()
    )


def draw(photo: Photo) -> np.ndarray:
    """The photo, (H, W, 3) uint8."""
    product, cut, rng = look(photo), photo.rng("cut"), photo.rng("photo", photo.photo)
    shape = Pen()
    SHOP[CATEGORIES[photo.category]][1][photo.category](shape, cut.uniform)
    tint = photo.rng("tint")
    colours = (surface.varied(tint, product.colour), surface.varied(tint, product.second))
    large = (photo.size[0] * scene.SCALE, photo.size[1] * scene.SCALE)
    image = scene.background(rng, scene_of(photo), large)
    place, _ = scene.pose(photo.rng("pose", photo.photo), large)
    pattern = surface.pattern_shapes(product.pattern, product.scale, product.phase)
    scene.draw_product(image, shape, pattern, surface.material_shapes(product.material), colours, place, rng)
    if rng.random() < 0.4:
        scene.occlude(rng, image)
    return scene.develop(rng, image, photo.size)


def scene_of(photo: Photo) -> str:
    """What the photo was taken before, one of `scene.SCENES`."""
    return photo.rng("scene", photo.photo).choice(scene.SCENES)


def captions_of(photo: Photo) -> list[str]:
    """The title, then the other wordings in a random order: `WORDINGS` texts that are true of the photo."""
    product, rng = look(photo), photo.rng("title", photo.photo)
    middle = scene.pose(photo.rng("pose", photo.photo), (64, 64))[1]
    side = "on the left" if middle[0] < 0.46 else "on the right" if middle[0] > 0.54 else "in the middle"
    kind, patterned = photo.category, f"{product.pattern} " if product.pattern != "plain" else ""
    article = "" if kind == "trousers" else "an " if product.colour[0] in "aeiou" else "a "
    wordings = (
        f"{product.colour} {patterned}{kind}",
        f"{patterned}{product.material} {kind} in {product.colour}",
        f"{kind}, {product.colour}, {product.material}",
        f"{article}{product.colour} {kind}" + (f" with {product.second} accents" if patterned else ""),
        f"{product.colour} {kind} {side}",
        f"{product.colour} {patterned}{kind}, {scene_of(photo)}",
    )
    first = rng.choice(wordings)
    others = [text for text in wordings if text != first]
    return [text[0].upper() + text[1:] for text in (first, *rng.sample(others, len(others)))]
