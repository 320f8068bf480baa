"""Items that are added are found and shown at once, survive a save, and a crash in it."""

import numpy as np
import pytest

import hrlib as hr
from hrlib.search import Item, VisualSearch
from tests.search.visual.shop import contents, encoded


@pytest.fixture
def search(trained):
    """A search over 40 items that a test may change."""
    shop, model = trained
    return VisualSearch.index(model, shop.subset(range(40)), near_duplicate=None)


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(1).integers(0, 255, (6, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("id", ["new/../één", 7])
def test_what_is_added_comes_first_at_once(search, photos, id):
    large = np.random.default_rng(2).integers(0, 255, (80, 50, 3), dtype=np.uint8)
    shop = search.catalogue
    search.add(id, encoded(large), {"product": shop.items["product"][0], "colour": "red", "title": "A photo"})
    found = search.search(large, 3)
    first = found.table.iloc[0]
    assert first["id"] == id and first["similarity"] == pytest.approx(1, abs=1e-3)
    assert first["path"] == " > ".join(shop.hierarchy.path(0)) and first["category"] == shop.items["product"][0]
    np.testing.assert_array_equal(search.photo(id), found.query)
    assert id in list(search.search(large, 3, where={"colour": "red", "department": "apparel"}).table["id"])
    assert "colour: red" in search.search(Item(id)).table["matched"][0]


def test_the_photo_of_an_item_can_be_added_under_another_id(search):
    one = search.catalogue.items["id"][3]
    search.add("twin", Item(one), {"colour": "red"})
    np.testing.assert_array_equal(search.photo("twin"), search.catalogue.images[3])
    assert search.known(["twin", one]) == [{"colour": "red"}, search.known([one])[0]]
    assert search.known([one])[0]["product"] == search.catalogue.items["product"][3]
    search.store.upsert(["bare"], search.store.get([one])[0])
    with pytest.raises(hr.HrlibError, match="the photo of 'bare' is not known: give the photo itself"):
        search.add("other", Item("bare"))


def test_an_id_that_is_there_is_replaced_whole(search, photos):
    one = search.catalogue.items["id"][3]
    search.add(one, photos[0], {"category": "hoodie"})
    first = search.search(photos[0], 1).table.iloc[0]
    assert (first["id"], first["path"], first["category"]) == (one, "apparel > hoodie", None)
    np.testing.assert_array_equal(search.photo(one), photos[0])
    search.add(one, photos[1])
    assert search.search(photos[1], 1).table[["id", "path"]].iloc[0].tolist() == [one, ""]
    assert search.store.count() == 40 and len(search._stock.added._pixels) == 1
    assert search.search(photos[1], 1, where={"category": "hoodie"}).table["similarity"].max() < 0.999


def test_what_is_removed_is_not_found(search, photos):
    one = search.catalogue.items["id"][3]
    search.add("a", photos[0])
    search.add("b", photos[0])
    assert search.remove(["a", one, "nobody", "a"]) == 2 and search.remove([]) == 0
    assert search.search(photos[0], 99).table["id"][0] == "b" and search.store.count() == 40
    np.testing.assert_array_equal(search.photo("b"), photos[0])
    assert search.remove(["b"]) == 1 and not search._stock.added._pixels, "photos of removed items take no memory"
    with pytest.raises(hr.HrlibError, match="'b' is an item neither of the store nor of the catalogue"):
        search.photo("b")
    np.testing.assert_array_equal(search.photo(one), search.catalogue.images[3])


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"product": "hoodi 000"}, "product 'hoodi 000' is no class of the catalogue; did you mean 'hoodie 000'"),
        (
            {"product": "hoodie 000", "department": "footwear"},
            "'hoodie 000' lies under department 'apparel', not under 'footwear'",
        ),
        ({"color": "red"}, "'color' is no column of the catalogue or the store; did you mean 'colour'"),
        ({"added_photo": "x"}, "'added_photo' is no column"),
        ({"colour": ["red", "blue"]}, "expected one value"),
        ({"colour": 3}, "column 'colour' holds text values and integer ones were given"),
        (["red"], "metadata is a list: expected a mapping"),
    ],
)
def test_metadata_that_do_not_fit_are_refused_and_nothing_changes(search, photos, metadata, error):
    search.add("there", photos[0], {"product": "hoodie 001"})
    before = contents(search)
    for id in ("new", "there"):
        with pytest.raises(hr.HrlibError, match=error):
            search.add(id, photos[1], metadata)
    assert contents(search) == before and len(search._stock.added._pixels) == 1


def test_missing_metadata_are_none_given(search, photos):
    search.add("a", photos[0], {"product": None, "category": float("nan"), "colour": " ", "department": "footwear"})
    assert search.search(photos[0], 1).table[["path", "matched"]].iloc[0].tolist() == ["footwear", []]


def test_added_items_survive_a_restart(search, trained, photos, tmp_path):
    search.add("a", photos[0], {"product": "hoodie 001", "colour": "red"})
    search.add(7, photos[1])
    search.add(search.catalogue.items["id"][0], photos[2])
    search.remove([search.catalogue.items["id"][1]])
    before = contents(search)
    assert search.save(tmp_path / "kept") == tmp_path / "kept"
    again = VisualSearch.open(tmp_path / "kept", trained[1], search.catalogue)
    assert contents(again) == before and again.settings == search.settings
    found = again.search(encoded(photos[0]), 2)
    assert found.table["id"][0] == "a" and found.table["similarity"][0] == pytest.approx(1, abs=1e-3)
    again.add("b", photos[3])
    again.remove(["a"])
    before = contents(again)
    again.save(tmp_path / "kept")
    again.save(tmp_path / "copy")
    for folder in ("kept", "copy"):
        assert contents(VisualSearch.open(tmp_path / folder, trained[1], search.catalogue)) == before
        assert len(list((tmp_path / folder / "photos").iterdir())) == 3, "the photo of what was removed is gone"
    other = VisualSearch.open(tmp_path / "kept", trained[1], search.catalogue, near_duplicate=0.5, level=1)
    assert (other.settings.near_duplicate, other.settings.level) == (0.5, 1)


@pytest.mark.parametrize("at", ["photos", "store", "afterwards"])
def test_a_crash_while_saving_leaves_what_was_saved(search, trained, photos, tmp_path, monkeypatch, at):
    search.add("a", photos[0])
    search.add("b", photos[1])
    search.save(tmp_path)
    before = contents(search)
    search.remove(["a"])
    search.add("b", photos[2])
    search.add("c", photos[3])
    after = contents(search)

    def killed(*args):
        raise KeyboardInterrupt

    owner, name = {
        "photos": ("hrlib.search.visual.added", "write"),
        "store": ("hrlib.search.faiss_snapshot", "_put"),
        "afterwards": ("hrlib.search.visual.added.AddedPhotos", "remove_unused"),
    }[at]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"{owner}.{name}", killed)
        search.save(tmp_path)
    opened = VisualSearch.open(tmp_path, trained[1], search.catalogue)
    assert contents(opened) == (after if at == "afterwards" else before)
    (tmp_path / "photos" / "mine.png").write_bytes(b"somebody else's")
    opened.save(tmp_path)  # a new process removes what the killed one left, and nothing else
    assert contents(VisualSearch.open(tmp_path, trained[1], search.catalogue)) == contents(opened)
    assert len(list((tmp_path / "photos").iterdir())) == 2 + 1
    (tmp_path / "photos" / "mine.png").unlink()
    search.save(tmp_path)
    assert contents(VisualSearch.open(tmp_path, trained[1], search.catalogue)) == after
    assert len(list((tmp_path / "photos").iterdir())) == 2


def test_a_photo_that_is_lost_or_damaged_is_named_and_the_search_goes_on(search, trained, photos, tmp_path):
    search.add("a", photos[0])
    search.save(tmp_path)
    again = VisualSearch.open(tmp_path, trained[1], search.catalogue)
    (path,) = (tmp_path / "photos").iterdir()
    path.write_bytes(encoded(photos[1]))
    with pytest.raises(hr.HrlibError, match=f"{path.name} is damaged"):
        again.photo("a")
    path.unlink()
    with pytest.raises(hr.HrlibError, match=f"photo of an added item is missing .*{path.name}"):
        again.photo("a")
    assert again.search(photos[0], 1).table["id"][0] == "a"
