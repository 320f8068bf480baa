"""Visual search finds, ranks, groups and explains what loops over all items say it should."""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import hrlib as hr
from hrlib.search import FaissStore, Found, Item, VisualSearch
from hrlib.training.embed import embed_photos
from tests.search.visual.shop import encoded


@pytest.fixture(scope="module")
def vectors(trained):
    shop, model = trained
    return hr.embed(model, shop)


def order(scores, k=None):
    return np.argsort(-scores, kind="stable")[:k]


def check(found: Found, ids, scores, k):
    """The table has the k best of all items by the scores; equal ones may come in any order."""
    by_id = dict(zip(ids, scores, strict=True))
    assert list(found.table["score"]) == pytest.approx(sorted(scores, reverse=True)[:k], abs=1e-5)
    assert [by_id[one] for one in found.table["id"]] == pytest.approx(list(found.table["score"]), abs=1e-5)
    assert found.table["id"].is_unique


@pytest.mark.parametrize("where", [None, {"department": "apparel"}, {"colour": ["red", "blue"], "pattern": "striped"}])
def test_the_nearest_among_those_that_are_chosen(visual, vectors, where):
    items, query = visual.catalogue.items, 255 - visual.catalogue.images[40]
    mask = np.ones(len(items), bool)
    for name, wanted in (where or {}).items():
        mask &= items[name].isin([wanted] if isinstance(wanted, str) else wanted).to_numpy()
    found = visual.search(query, 7, where=where)
    (vector,) = embed_photos(visual.model, query[None])
    assert mask.any() and len(found.table) == min(7, mask.sum())
    check(found, items["id"][mask], (vectors @ vector)[mask], 7)
    assert list(found.table["similarity"]) == list(found.table["score"])
    np.testing.assert_allclose(found.table["distance"], 1 - found.table["similarity"], atol=1e-6)


@pytest.mark.parametrize("form", ["bytes", "memoryview", "file", "path", "array", "image"])
def test_a_photo_of_the_catalogue_finds_its_item_in_whatever_form_it_comes(visual, tmp_path, form):
    row = 77
    pixels = visual.catalogue.images[row]
    (path := tmp_path / "one.png").write_bytes(encoded(pixels))
    forms = {"bytes": encoded(pixels), "memoryview": memoryview(encoded(pixels)), "file": str(path), "path": path}
    found = visual.search({**forms, "array": pixels, "image": Image.fromarray(pixels)}[form], 3)
    first = found.table.iloc[0]
    assert first["id"] == visual.catalogue.items["id"][row] and first["similarity"] == pytest.approx(1, abs=1e-3)
    assert first["path"] == " > ".join(visual.catalogue.hierarchy.path(row))
    assert first["category"] == visual.catalogue.items["product"][row]
    np.testing.assert_array_equal(found.query, pixels)


def test_an_item_is_searched_for_as_it_is_stored_and_what_it_has_in_common_is_said(visual, vectors):
    items, row = visual.catalogue.items, 30
    found = visual.search(Item(items["id"][row]), 20)
    check(found, items["id"], vectors @ vectors[row], 20)
    known = [name for name in visual.catalogue.attributes if isinstance(items[name][row], str)]
    assert known
    rows = items.set_index("id")
    for _, result in found.table.iterrows():
        its = rows.loc[result["id"]]
        assert result["matched"] == [f"{name}: {its[name]}" for name in known if its[name] == items[name][row]]
        assert re.fullmatch(
            rf"It lies in {re.escape(result['path'])}.*; its cosine distance is \d\.\d{{3}}\.", result["why"]
        )
        assert all(text in result["why"] for text in result["matched"])
    assert "the product of the query" in found.table["why"][0]


def test_what_is_filtered_by_is_said_to_match(visual):
    found = visual.search(visual.catalogue.images[3], 4, where={"pattern": "striped", "department": "apparel"})
    assert set(map(tuple, found.table["matched"])) == {("pattern: striped",)}
    assert found.table["why"].str.contains("it agrees in pattern: striped;").all()


def test_why_says_how_near_the_classes_are(visual):
    shop = visual.catalogue
    found = visual.search(Item(shop.items["id"][0]), len(shop))
    own, said = shop.hierarchy.path(0), dict(zip(found.table["id"], found.table["why"], strict=True))
    for row, one in enumerate(shop.items["id"]):
        path = shop.hierarchy.path(row)
        shared = " > ".join(mine for mine, its in zip(own, path, strict=True) if mine == its)
        expected = {
            3: f"{' > '.join(path)}, the product of the query;",
            2: f"and has {shared} in common with the product of the query, {own[-1]};",
            1: f"and has {shared} in common with the product of the query, {own[-1]};",
            0: f"apart from the product of the query, {' > '.join(own)};",
        }[sum(mine == its for mine, its in zip(own, path, strict=True))]
        assert expected in said[one]


def test_several_photos_are_the_unit_mean_of_their_embeddings(visual, vectors):
    ids, rows = visual.catalogue.items["id"], [4, 90, 131]
    mean = vectors[rows].mean(axis=0)
    mean /= np.linalg.norm(mean)
    photos = [visual.catalogue.images[4], Item(ids[90]), encoded(visual.catalogue.images[131])]
    found = visual.search(photos, 9)
    by_id = dict(zip(ids, vectors @ mean, strict=True))
    np.testing.assert_allclose(found.table["similarity"], [by_id[one] for one in found.table["id"]], atol=2e-3)
    np.testing.assert_allclose(found.table["similarity"], sorted(by_id.values(), reverse=True)[:9], atol=2e-3)
    np.testing.assert_array_equal(found.query, np.concatenate(visual.catalogue.images[np.array(rows)], axis=1))


@pytest.mark.parametrize("box", [(3, 5, 40, 31), (-7.4, 2, 20.4, 1000), (0, 0, 60, 40), (59, 39, 60, 40)])
def test_the_crop_of_a_photo_is_searched_like_the_cropped_file(visual, box):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    left, top, right, bottom = (round(value) for value in np.clip(box, 0, (60, 40, 60, 40)))
    whole, part = visual.search(encoded(pixels), crop=box), visual.search(encoded(pixels[top:bottom, left:right]))
    np.testing.assert_array_equal(whole.query, part.query)
    assert whole.table.equals(part.table) and whole.category.equals(part.category)


def test_an_item_can_be_cropped(visual):
    shop = visual.catalogue
    found = visual.search(Item(shop.items["id"][9]), crop=(4, 4, 28, 30))
    other = visual.search(shop.images[9][4:30, 4:28])
    np.testing.assert_array_equal(found.query, other.query)
    assert list(found.table["id"]) == list(other.table["id"])


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_photos_are_prepared_as_those_of_the_catalogue_were(trained, tmp_path, fit):
    """Of other proportions, turned by EXIF, transparent, grey and CMYK: each finds itself, pixel by pixel."""
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 255, (50, 33, 3), dtype=np.uint8)).resize((66, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "a").mkdir()
    image.save(tmp_path / "a/turned.jpg", exif=exif)
    image.convert("CMYK").save(tmp_path / "a/cmyk.jpg")
    image.convert("L").save(tmp_path / "a/grey.png")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(tmp_path / "a/alpha.webp", lossless=True)
    shop = hr.from_folder(tmp_path, image_size=(32, 24), fit=fit, workers=1, cache_dir=tmp_path / "cache")
    search = VisualSearch.index(trained[1], shop, near_duplicate=None)
    for row, one in enumerate(shop.items["id"]):
        for query in (tmp_path / one, Image.open(tmp_path / one)):
            found = search.search(query)
            np.testing.assert_array_equal(found.query, shop.images[row])
            assert found.table["id"][0] == one and found.table["similarity"][0] == pytest.approx(1, abs=1e-3)


def votes_by_loops(shop, rows, similarities, level, temperature=0.07):
    weights: dict[str, float] = {}
    for row, similarity in zip(rows, similarities, strict=True):
        name = shop.items[level][row]
        weights[name] = weights.get(name, 0) + np.exp(similarity / temperature)
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


@pytest.mark.parametrize(("level", "where"), [("product", None), ("category", {"colour": "red"})])
def test_the_category_is_voted_on_by_the_nearest_whatever_the_filter(trained, visual, vectors, level, where):
    shop, row = visual.catalogue, 21
    search = VisualSearch(trained[1], visual.store, shop, near_duplicate=None, level=level, voters=7)
    scores = vectors @ vectors[row]
    for query, without in ((shop.images[row], []), (Item(shop.items["id"][row]), [row])):
        rows = [one for one in order(scores) if one not in without][:7]
        expected = votes_by_loops(shop, rows, scores[rows], level)
        table = search.search(query, 3, where=where).category
        assert dict(zip(table["category"], table["probability"], strict=True)) == pytest.approx(expected, abs=0.02)
        assert table["probability"].is_monotonic_decreasing and table["probability"].sum() == pytest.approx(1)
        for name, path in zip(table["category"], table["path"], strict=True):
            member = int(np.flatnonzero(shop.items[level] == name)[0])
            assert path == " > ".join(shop.hierarchy.path(member)[: 3 - shop.hierarchy.levels.index(level)])


def test_ranked_again_by_the_likely_classes(trained, visual, vectors):
    shop = visual.catalogue
    search = VisualSearch(trained[1], visual.store, shop, near_duplicate=None, weight=0.5)
    for row in (0, 60, 150):
        scores = vectors @ vectors[row]
        rows = [one for one in order(scores) if one != row][:10]
        shares = {level: votes_by_loops(shop, rows, scores[rows], level) for level in shop.hierarchy.levels}
        again = [
            score + 0.5 * np.mean([shares[level].get(shop.items[level][one], 0) for level in shop.hierarchy.levels])
            for one, score in enumerate(scores)
        ]
        found = search.search(Item(shop.items["id"][row]), len(shop), rerank=True)
        check(found, shop.items["id"], again, len(shop))
        plain = search.search(Item(shop.items["id"][row]), len(shop))
        assert list(plain.table["id"]) != list(found.table["id"])


def test_a_classifier_may_say_the_category(trained, visual):
    """One that knows: it finds the photo among the catalogue's."""
    shop = visual.catalogue
    levels = shop.hierarchy

    def classify(photos):
        rows = [int(np.flatnonzero((shop.images[:] == photo).all(axis=(1, 2, 3)))[0]) for photo in photos]
        return np.eye(levels.n_classes[1])[levels.column("category")[rows]]

    search = VisualSearch(
        trained[1], visual.store, shop, classifier=classify, level="category", near_duplicate=None, weight=10
    )
    found = search.search(shop.images[100], 60, rerank=True)  # so many that all items are fetched
    assert list(found.category["category"]) == [shop.items["category"][100]] and found.category["probability"][0] == 1
    same = found.table["category"] == shop.items["category"][100]
    assert same[:6].all() and not same[6:].any(), "six photos are of it, and the weight is great"
    both = search.search([shop.images[100], shop.images[0]]).category
    assert (
        sorted(both["category"]) == sorted(shop.items["category"][[0, 100]]) and list(both["probability"]) == [0.5] * 2
    )
    search.classifier = lambda photos: np.ones((1, 3))
    with pytest.raises(hr.HrlibError, match="classifier gave .1, 3.: expected a row a photo"):
        search.search(shop.images[0])


def test_one_result_a_product(trained, visual, vectors):
    shop, row = visual.catalogue, 12
    search = VisualSearch(trained[1], visual.store, shop, group_by="product")
    found, seen = search.search(Item(shop.items["id"][row]), len(shop)), {}
    for one in order(vectors @ vectors[row]):
        seen.setdefault(shop.items["product"][one], []).append(shop.items["id"][one])
    assert {first: set(others) for first, others in zip(found.table["id"], found.table["others"], strict=True)} == {
        members[0]: set(members[1:]) for members in seen.values()
    }
    assert all(isinstance(others, list) for others in found.table["others"])
    ungrouped = search.search(Item(shop.items["id"][row]), len(shop), group=False).table
    assert len(ungrouped) == len(shop) and not any(ungrouped["others"])


def test_near_duplicates_are_one_result_and_enough_are_fetched(trained):
    """Of one photo 300 copies, which push all else out of what is fetched at first."""
    shop, model = trained
    search = VisualSearch.index(model, shop.subset(range(0, 60, 3)), near_duplicate=0.9999)
    vector, _ = search.store.get([shop.items["id"][0]])
    search.store.upsert(range(300), np.repeat(vector, 300, axis=0))
    found = search.search(shop.images[0], 5)
    assert len(found.table) == 5 and len(found.table["others"][0]) == 300
    assert not any(found.table["others"][1:]) and found.table["similarity"][1] < 0.9999
    assert len(search.search(shop.images[0], 1000).table) == 20


def test_few_or_no_items_match(visual, trained):
    shop, model = trained
    nothing = visual.search(shop.images[0], where={"colour": "ultraviolet"})
    assert list(nothing.table.columns) == list(visual.search(shop.images[0]).table.columns) and not len(nothing.table)
    assert len(nothing.category) and nothing.query is not None
    assert len(visual.search(shop.images[0], 10**9).table) == len(shop)
    assert not len(visual.search(shop.images[0], 0).table)
    one = VisualSearch.index(model, shop.subset([5])).search(shop.images[5], 3)
    assert list(one.table["id"]) == [shop.items["id"][5]] and list(one.category["probability"]) == [1]
    empty = VisualSearch(model, FaissStore(16), shop).search(shop.images[5], rerank=True)
    assert not len(empty.table) and not len(empty.category)


def test_store_and_catalogue_need_not_hold_the_same(trained, vectors):
    """Items of the catalogue that the store lacks, and such of the store that nobody has a photo of; metadata that it lacks."""
    shop, model = trained
    ids, store = list(shop.items["id"]), FaissStore(16)
    store.upsert(ids[:5], vectors[:5])
    store.upsert(
        [7, "stranger"], vectors[5:7], {"category": ["hoodie", None], "colour": ["red", None], "price": [3.0, 2.5]}
    )
    search = VisualSearch(model, store, shop, near_duplicate=None)
    table = search.search(Item(ids[100])).table.set_index("id")
    assert set(table.index) == {*ids[:5], 7, "stranger"}
    assert table["path"][ids[0]] == " > ".join(shop.hierarchy.path(0))
    assert (table["path"][7], table["category"][7], table["path"]["stranger"]) == ("hoodie", None, "")
    assert table["why"]["stranger"].startswith("Its classes are not known; its cosine distance")
    assert (search.photo(7) == search.photo(7)[0, 0]).all() and search.photo(7).shape == (32, 32, 3)
    np.testing.assert_array_equal(search.photo(ids[100]), shop.images[100])
    found = search.search(Item("stranger"), 1, where={"price": (2.5, 3)})
    assert found.table["id"][0] == "stranger" and found.table["matched"][0] == ["price: 2.5"]
    with pytest.raises(hr.HrlibError, match="a crop of an item whose photo is not known"):
        search.search(Item(7), crop=(0, 0, 5, 5))
    with pytest.raises(hr.HrlibError, match="'nobody' is an item neither of the store nor of the catalogue"):
        search.search(Item("nobody"))


class WithTexts(hr.models.SmallEncoder):
    """A text is here the name of a grey: how bright it is."""

    def encode_texts(self, texts):
        photos = np.stack([np.full((32, 32, 3), int(text), np.uint8) for text in texts])
        return embed_photos(self, photos)


def test_texts_are_for_models_that_know_them(visual, trained):
    shop = trained[0]
    search = VisualSearch.index(WithTexts(8), shop, near_duplicate=None)
    alone, grey = search.search(text=" 200 "), search.search(np.full((32, 32, 3), 200, np.uint8))
    assert alone.query is None and alone.seconds["total"] > 0
    assert alone.table["similarity"].to_numpy() == pytest.approx(grey.table["similarity"].to_numpy(), abs=1e-3)
    both = search.search(shop.images[3], text="10")
    mean = search.search([shop.images[3], np.full((32, 32, 3), 10, np.uint8)])
    assert both.table["similarity"].to_numpy() == pytest.approx(mean.table["similarity"].to_numpy(), abs=1e-3)
    assert len(visual.search(shop.images[0], text=" ").table)
    with pytest.raises(hr.HrlibError, match="text: a SmallEncoder embeds photos only"):
        visual.search(text="a red hoodie")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "nothing to search for"),
        ({"query": []}, "nothing to search for"),
        ({"query": "photo", "k": -1}, "k is -1: expected an integer of 0 or more"),
        ({"query": "photo", "k": True}, "k is True"),
        ({"query": "photo", "crop": (5, 5, 5, 9)}, r"holds no pixel of a photo of 32 x 32: expected \(left, top"),
        ({"query": "photo", "crop": (0, 0, float("nan"), 9)}, "holds no pixel"),
        ({"query": "photo", "crop": (1, 2, 3)}, "crop is .1, 2, 3.: expected four numbers"),
        ({"query": ["photo", "photo"], "crop": (0, 0, 9, 9)}, "a crop of 2 photos: expected one"),
        ({"query": "photo", "where": {"color": "red"}}, "'color' is no column of the store; did you mean 'colour'"),
        ({"query": "photo", "text": 3}, "text is 3 .int.: expected words"),
        ({"query": "no/such/file.jpg"}, "there is no file no/such/file.jpg.*Item.id"),
        ({"query": "."}, "there is no file"),
        ({"query": 17}, "a query is 17 .int.: expected a path"),
        ({"query": np.zeros((4, 4))}, r"a photo of shape \(4, 4\) and float64: expected \(H, W, 3\) uint8"),
        ({"query": np.zeros((0, 4, 3), np.uint8)}, r"a photo of shape \(0, 4, 3\)"),
    ],
)
def test_what_is_no_query_is_refused(visual, arguments, error):
    photo = visual.catalogue.images[0]
    if "query" in arguments:
        given = arguments["query"]
        arguments = arguments | {"query": photo if isinstance(given, str) and given == "photo" else given}
        if isinstance(given, list):
            arguments["query"] = [photo] * len(given)
    with pytest.raises(hr.HrlibError, match=error):
        visual.search(**arguments)


def test_photos_that_cancel_each_other_have_no_direction(visual):
    visual = VisualSearch(visual.model, FaissStore(16), visual.catalogue)
    vector = np.eye(1, 16, dtype=np.float32)
    visual.store.upsert([1, 2], np.concatenate([vector, -vector]))
    with pytest.raises(hr.HrlibError, match="the 2 queries cancel each other out"):
        visual.search([Item(1), Item(2)])


def test_parts_that_do_not_fit_are_refused(visual, trained):
    shop, model = trained
    with pytest.raises(hr.HrlibError, match="embeddings have 16 dimensions and the store has 8: expected the same"):
        VisualSearch(model, FaissStore(8), shop)
    with pytest.raises(
        hr.HrlibError, match=r"VisualSearch\(FaissStore, SmallEncoder, Catalogue\): expected a torch model"
    ):
        VisualSearch(visual.store, model, shop)
    for settings, error in (
        ({"near_dup": 0.9}, "'near_dup' is no setting of VisualSettings; did you mean 'near_duplicate'"),
        ({"near_duplicate": 2}, "near_duplicate is 2: expected a cosine"),
        ({"voters": 0}, "voters 0, temperature 0.07, weight 0.1: expected at least 1"),
        ({"group_by": "produkt"}, "'produkt' is no column of the catalogue or the store; did you mean 'product'"),
        ({"level": "kind"}, "no level 'kind'"),
    ):
        with pytest.raises(hr.HrlibError, match=error):
            VisualSearch(model, visual.store, shop, **settings)


def test_groups_are_of_columns_with_one_value_an_item(visual, trained):
    shop, model = trained
    shop = replace(shop, items=shop.items.assign(texts=[["one", "two"]] * len(shop)))
    with pytest.raises(hr.HrlibError, match="group_by: 'texts' holds lists: expected a column with one value an item"):
        VisualSearch(model, visual.store, shop, group_by="texts")
    shop = replace(shop, attributes=("texts",))  # what the store does not have is taken from the catalogue
    found = VisualSearch(model, visual.store, shop).search(Item(shop.items["id"][0]), 2)
    assert found.table["matched"][0] == ["texts: ['one', 'two']"]


def test_a_model_that_is_broken_is_not_searched_with(visual, trained):
    shop = trained[0]
    broken = hr.models.image_encoder("small", dim=16, seed=0)
    search = VisualSearch.index(broken, shop.subset(range(4)))
    broken.head.bias.data[0] = np.nan
    before = search.store.ids()
    for call in (lambda: search.search(shop.images[0]), lambda: search.add("new", shop.images[0])):
        with pytest.raises(hr.HrlibError, match="photos' embeddings: 1 of 1 rows hold NaN or infinity.*diverged"):
            call()
    assert search.store.ids() == before
    with pytest.raises(hr.HrlibError, match="hold NaN or infinity"):
        VisualSearch(broken, FaissStore(16), shop)


def test_another_model_than_that_of_the_store_is_warned_of(visual, trained):
    with pytest.warns(RuntimeWarning, match="have a cosine of .* filled by another model"):
        VisualSearch(hr.models.image_encoder("small", dim=16, seed=9), visual.store, trained[0])


def test_searches_run_together_and_beside_changes(trained):
    shop, model = trained
    search = VisualSearch.index(model, shop.subset(range(40)), near_duplicate=None)
    kept, errors, rounds, ended = set(shop.items["id"][:40]), [], [], threading.Event()

    def reads():
        while not ended.is_set():
            try:
                found = search.search(encoded(shop.images[len(rounds) % 40]), 50)
                assert kept <= set(found.table["id"]) <= kept | {"a", "b"}
                rounds.append(1)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=reads) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(15):
        search.add("ab"[number % 2], shop.images[50 + number])
        assert search.search(shop.images[50 + number], 1).table["id"][0] == "ab"[number % 2]
        search.remove(["ab"[number % 2]])
    ended.set()
    for thread in threads:
        thread.join()
    assert not errors and len(rounds) >= 3


def test_names_are_looked_up_when_they_are_used():
    assert hr.search.VisualSearch is VisualSearch and {"Found", "Item", "VisualSearch"} <= set(dir(hr.search))
    with pytest.raises(AttributeError, match="'hrlib.search' has no attribute 'VisualSerch'"):
        hr.search.VisualSerch  # noqa: B018
