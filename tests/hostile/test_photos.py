"""Hostile photos, one of each kind, through every reader of photos. (Mutated ones by the hundred thousand: tests/stress/test_fuzz_images.py.)"""

import numpy as np
import pytest

import hrlib as hr
from hrlib.explore.search_query import PhotoQuery
from hrlib.search.visual.queries import opened
from tests.hostile.corpus import PHOTOS


@pytest.fixture
def folder(tmp_path):
    (shop := tmp_path / "a shop" / "things").mkdir(parents=True)
    for name, (data, _) in PHOTOS.items():
        (shop / name).write_bytes(data)
    return tmp_path / "a shop"


def test_a_folder_of_them(folder, tmp_path, attempt, tally):
    (cache := tmp_path / "cache").mkdir()
    settings = {"image_size": (8, 8), "cache_dir": cache, "workers": 1}
    catalogue, _ = attempt(
        "hostile photos", "from_folder", lambda: hr.from_folder(folder, on_bad="skip", **settings), folder, cache
    )
    reasons = dict(zip(catalogue.skipped["id"].str.removeprefix("things/"), catalogue.skipped["reason"], strict=True))
    for name, (_, said) in PHOTOS.items():
        right = (name in reasons) == (said is not None) and (said is None or said in reasons[name])
        tally("hostile photos", "from_folder", failed=not right)
        assert right, (name, said, reasons.get(name))
    assert len(catalogue) == sum(said is None for _, said in PHOTOS.values())
    _, refusal = attempt("hostile photos", "from_folder", lambda: hr.from_folder(folder, **settings), folder, cache)
    assert f"{len(reasons)} of {len(PHOTOS)} photos cannot be used" in str(refusal)
    turned = catalogue.items["id"].tolist().index("things/turned.jpg")
    assert catalogue.images[turned].shape == (8, 8, 3) and np.ptp(catalogue.images[turned]) > 0


def test_a_table_of_them(folder, tmp_path, attempt):
    (cache := tmp_path / "cache").mkdir()
    (folder / "items.csv").write_text("image,class\n" + "".join(f'"things/{name}",a\n' for name in PHOTOS))
    settings = {"image_size": (8, 8), "cache_dir": cache, "workers": 1, "on_bad": "skip"}
    catalogue, _ = attempt(
        "hostile photos", "from_table", lambda: hr.from_table(folder / "items.csv", **settings), folder, cache
    )
    assert len(catalogue) == sum(said is None for _, said in PHOTOS.values())


@pytest.mark.parametrize("name", PHOTOS)
def test_uploaded_or_searched_for(name, folder, attempt):
    data, said = PHOTOS[name]
    for reader, call in (
        ("SearchDemo, an upload", lambda: PhotoQuery.of_file(name, data)),
        ("VisualSearch, bytes", lambda: opened(data)),
        ("VisualSearch, a path", lambda: opened(folder / "things" / name)),
    ):
        answer, refusal = attempt("hostile photos", reader, call, folder)
        assert (answer is None) == (said is not None) and (said is None or said in str(refusal)), (reader, refusal)


def test_files_beyond_all_measure(tmp_path, attempt):
    """A file of 200 MB that is called a photo is not read into memory."""
    shop, cache = tmp_path / "shop", tmp_path / "cache"
    (shop / "things").mkdir(parents=True)
    cache.mkdir()
    with open(shop / "things" / "large.jpg", "wb") as file:
        file.truncate(200_000_000)
    call = lambda: hr.from_folder(shop, image_size=(8, 8), cache_dir=cache, workers=1)  # noqa: E731
    _, refusal = attempt("hostile photos", "from_folder", call, shop, cache)
    assert "200,000,000 bytes, more than the cap of 128,000,000" in str(refusal)
