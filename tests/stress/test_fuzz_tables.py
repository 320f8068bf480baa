"""from_table and from_folder on odd input: our error, or a catalogue that is whole."""

import warnings

import numpy as np
import pytest
from PIL import Image

from hrlib import HrlibError
from hrlib.catalogue import from_folder, from_table
from tests.stress.mutations import mutated

NAMES = [
    "a.png",
    "a b.png",
    "ü 写真.png",
    "quote'\".png",
    "comma,semi;.png",
    "-rf.png",
    "%s{}.png",
    "<b>.png",
    "tab\tx.png",
    "né\u0301.png",
]
PIECES = [
    b",",
    b'"',
    b'""',
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b";",
    b"\t",
    b"\xef\xbb\xbf",
    b"\xff",
    b"nan",
    b"../",
    b"/",
    b" ",
    b"class",
    b"image",
    b"id",
    b"1e999",
    b"=1+1",
]
COUNTS = [pytest.param(200, id="quick"), pytest.param(10_000, id="many", marks=pytest.mark.stress)]


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "my shop ü"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        Image.new("RGB", (9, 7), (20 * number, 0, 0)).save(folder / name)
    return folder


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def check(catalogue):
    assert len(catalogue) == len(catalogue.images) == len(catalogue.hierarchy) == len(catalogue.items) > 0
    assert catalogue.items["id"].is_unique and catalogue.images[:].shape == (len(catalogue), 8, 8, 3)
    assert repr(catalogue)


def test_names_of_all_kinds_are_found(shop, tmp_path):
    rows = "".join(f"{quoted(name)},{quoted(name[0])}\n" for name in NAMES)
    (shop / "items.csv").write_text("\ufeffimage,class\n" + rows, encoding="utf-8")
    catalogue = from_table(shop / "items.csv", image_size=(8, 8), cache_dir=tmp_path / "cache", workers=1)
    check(catalogue)
    assert catalogue.items["image"].tolist() == NAMES
    assert catalogue.images[:][..., 0].mean((1, 2)).tolist() == [20 * number for number in range(len(NAMES))]


@pytest.mark.parametrize("count", COUNTS)
def test_mutated_tables(shop, tmp_path, tally, count):
    rng = np.random.default_rng(count)
    rows = "".join(f"{quoted(name)},{number // 3},{number // 6},{number}\n" for number, name in enumerate(NAMES))
    sound = ("image,class,superclass,price\n" + rows).encode()
    settings = {"levels": ["class", "superclass"], "image_size": (8, 8), "workers": 1, "cache_dir": tmp_path / "cache"}
    seen = {"catalogue": 0, "HrlibError": 0}
    for number in range(count):
        data = sound
        for _ in range(rng.integers(0, 4)):
            place = rng.integers(len(data) + 1)
            data = data[:place] + PIECES[rng.integers(len(PIECES))] + data[place + rng.integers(0, 2) :]
        if number % 5 == 0:
            data = mutated(data, sound, rng)
        (shop / "items.csv").write_bytes(data)
        tally("mutated tables", "from_table")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # tells how many rows were skipped
                check(
                    from_table(
                        shop / "items.csv", on_bad=["raise", "skip"][number % 2], on_conflict="majority", **settings
                    )
                )
            seen["catalogue"] += 1
        except HrlibError as error:
            assert len(str(error)) > 10
            seen["HrlibError"] += 1
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} from {data!r}") from error
    assert min(seen.values()) > count / 20, seen


@pytest.mark.parametrize(
    "count", [pytest.param(60, id="quick"), pytest.param(10_000, id="many", marks=pytest.mark.stress)]
)
def test_folders_grown_at_random(tmp_path, tally, count):
    rng = np.random.default_rng(count)
    seen = {"catalogue": 0, "HrlibError": 0}
    for number in range(count):
        shop = tmp_path / f"{number}"
        for _ in range(rng.integers(1, 6)):
            _grow(shop, rng)
        tally("folders of photos, rubbish, links and loops", "from_folder")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                settings = {"image_size": (8, 8), "workers": 1, "cache_dir": tmp_path / "cache"}
                check(from_folder(shop, on_bad="skip", **settings))
            seen["catalogue"] += 1
        except HrlibError as error:
            assert len(str(error)) > 10
            seen["HrlibError"] += 1
    assert min(seen.values()) > 1, seen


def _grow(shop, rng):
    """Put one thing into the folder: mostly a photo, else rubbish, a link or a loop."""
    folder = shop.joinpath(*(NAMES[place] for place in rng.integers(len(NAMES), size=1 if rng.random() < 0.9 else 2)))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"photo {NAMES[rng.integers(len(NAMES))]}"
    if path.exists() or path.is_symlink():
        return
    match rng.integers(12):
        case 0:
            path.write_bytes(rng.bytes(100))
        case 1:
            path.symlink_to(path)
        case 2:
            path.symlink_to(shop)
        case 3:
            path.symlink_to("../nowhere")
        case 4:
            path.mkdir()
        case _:
            Image.new("RGB", (9, 7)).save(path)
