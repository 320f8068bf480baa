"""The search demo's Python side, driven as the browser drives it: through the widgets' values and the canvas' messages."""

import io

import numpy as np
import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances
from PIL import Image

import hrlib as hr
from hrlib.explore import SearchDemo
from hrlib.explore.search_canvas import MOST_BYTES
from hrlib.search import FaissStore, Item, VisualSearch

NASTY = "<script>alert(1)</script>"


def catalogue(n=48):
    rng, rows = np.random.default_rng(0), np.arange(n)
    items = pd.DataFrame(
        {
            "id": [f"sku-{row:02d}" for row in rows],
            "product": [f"product {row % 12:02d}" for row in rows],
            "category": [f"category {row % 4} {NASTY}" for row in rows],
            "colour": [("red", "blue", None)[row % 3] for row in rows],
            "price": rows / 2,
            "stock": rows % 5,
            "brand": "the same",
        }
    )
    shades = rng.integers(30, 225, (12, 3))[rows % 12]
    pixels = np.clip(shades[:, None, None] + rng.normal(0, 12, (n, 24, 20, 3)), 0, 255).astype(np.uint8)
    hierarchy = hr.Hierarchy.from_frame(items, ["product", "category"])
    attributes = ("colour", "price", "stock", "brand")
    return hr.Catalogue("shop", items, hr.ImageStore.from_array(pixels), hierarchy, attributes)


def searches(shop):
    models = {name: hr.models.image_encoder("small", dim=16, seed=seed) for seed, name in enumerate(("flat", "other"))}
    return {name: VisualSearch.index(model, shop) for name, model in models.items()}


@pytest.fixture
def demo():
    return SearchDemo(searches(catalogue()), k=5)


def file(pixels, kind="PNG"):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind)
    return data.getvalue()


def photo(width=90, height=60, seed=3):
    small = np.random.default_rng(seed).integers(0, 255, (3, 4, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def upload(demo, data, name="photo.png"):
    """What the browser sends when a file is chosen."""
    content = {"name": name, "bytes": len(data)}
    demo.controls.canvas._handle_custom_msg(content, [memoryview(data)] if len(data) <= MOST_BYTES else [])


def ids(demo, name="flat"):
    return demo.found[name].table["id"].tolist()


def shown(demo):
    return "".join(part.value for part in demo.controls.results.children)


def status(demo):
    return demo.controls.canvas.status


def test_an_upload_is_asked_in_both_models(demo):
    pixels = photo()
    upload(demo, file(pixels))
    for name, search in demo.items.by_name.items():
        assert ids(demo, name) == search.search(file(pixels), 5).table["id"].tolist() and len(ids(demo, name)) == 5
    assert demo.controls.canvas.size == (90, 60) and demo.controls.canvas.photo[:2] == b"\xff\xd8"
    html = shown(demo)
    assert html.count("<section") == 2 and html.count("<figure") == html.count("alt=") == 10
    assert "&lt;script&gt;" in html and "<script" not in html
    for row in demo.found["flat"].table.itertuples():
        assert f"at {row.distance:.3f}" in html and row.id in html
    assert all(f"{part} " in html for part in demo.found["flat"].seconds if part != "total")
    assert status(demo) == "flat: 5 results, other: 5 results for photo.png"


def test_models_can_be_chosen(demo):
    upload(demo, file(photo()))
    demo.controls.space.value = "other"
    assert list(demo.found) == ["other"] and shown(demo).count("<section") == 1
    demo.controls.k.value = 3
    assert len(ids(demo, "other")) == 3


def test_the_box_and_the_strokes_change_what_is_asked(demo):
    pixels, canvas, search = photo(), demo.controls.canvas, demo.items.by_name["flat"]
    upload(demo, file(pixels))
    canvas.crop = [10, 20, 50, 55]
    assert demo.query.crop == (10, 20, 50, 55)
    np.testing.assert_array_equal(demo.query.seen, pixels[20:55, 10:50])
    assert ids(demo) == search.search(pixels, 5, crop=(10, 20, 50, 55)).table["id"].tolist()
    stroke = {"points": [[0, 30], [90, 30]], "colour": "#ff0000", "width": 12}
    canvas.strokes = [stroke]
    marked = demo.query.seen
    assert (marked[8:12] == (255, 0, 0)).all() and (marked[20:] == pixels[40:55, 10:50]).all()
    demo.controls.undo.click()
    assert canvas.strokes == [] and canvas.crop == [10, 20, 50, 55] and demo.query.strokes == ()
    demo.controls.undo.click()
    assert canvas.crop == [] and demo.query.crop is None
    canvas.strokes, canvas.crop = [stroke, stroke], [1, 1, 9, 9]
    demo.controls.clear.click()
    assert canvas.strokes == canvas.crop == [] and demo.query.asked == file(pixels)
    canvas.crop = [1, 1, 9, 9]
    upload(demo, file(photo(seed=4)))  # another photo begins without marks
    assert canvas.crop == [] and demo.query.crop is None


def test_an_item_is_picked_by_its_photo_or_its_id(demo):
    strip = demo.controls.strip
    first = strip.ids[0]
    strip._handle_custom_msg({"place": 0}, [])
    assert demo.query.item == first == ids(demo)[0] and "the query itself" in shown(demo)
    demo.controls.id.value = "sku-07"
    assert demo.query.item == "sku-07" and status(demo).endswith("for item sku-07")
    verdicts = demo._verdicts(demo.found["flat"])
    products = dict(
        zip(demo.items.first.catalogue.items["id"], demo.items.first.catalogue.items["product"], strict=True)
    )
    assert verdicts.pop("sku-07") == ("same", "the query itself")
    for id in ids(demo)[1:]:
        assert (verdicts[id][0] == "same") == (products[id] == products["sku-07"])
    assert "same product" in shown(demo) or "category" in shown(demo)
    before = ids(demo)
    demo.controls.id.value = "sku-7"
    assert "no item 'sku-7'; did you mean 'sku-" in status(demo) and ids(demo) == before
    before = strip.photos
    demo.controls.others.click()
    assert strip.photos != before and all(one["alt"] for one in strip.photos)


def test_filters_come_from_the_metadata_and_hold(demo):
    c, items = demo.controls, demo.items.first.catalogue.items.set_index("id")
    assert set(c.filters) == {"product", "category", "colour", "price", "stock"}  # a single brand is no choice
    upload(demo, file(photo()))
    c.filters["colour"].value = ("red",)
    assert set(items.loc[ids(demo), "colour"]) == {"red"}
    c.filters["price"].value = (3.0, 9.0)
    c.filters["stock"].value = (1, 3)
    found = items.loc[ids(demo)]
    assert found["price"].between(3, 9).all() and found["stock"].between(1, 3).all()
    assert c.where() == {"colour": ["red"], "price": (3.0, 9.0), "stock": (1, 3)}
    c.filters["price"].value = (3.1, 3.2)
    assert ids(demo) == [] and "nothing matches" in shown(demo)
    c.unfilter.click()
    assert c.where() == {} and len(ids(demo)) == 5


def test_rerank_and_group_are_passed_on(demo):
    upload(demo, file(photo()))
    for rerank in (True, False):
        demo.controls.rerank.value = rerank
        for group in (True, False):
            demo.controls.group.value = group
            search = demo.items.by_name["flat"]
            expected = search.search(file(photo()), 5, rerank=rerank, group=group).table["id"].tolist()
            assert ids(demo) == expected


def test_an_added_photo_is_found_at_once_and_can_be_removed(demo):
    c, pixels = demo.controls, photo()
    c.add.click()
    assert "no photo to add" in status(demo)
    upload(demo, file(pixels))
    c.canvas.crop = [10, 5, 70, 50]
    for name, category, said in (
        ("", "", "empty"),
        ("sku-01", "", "taken"),
        ("new", "product 99", "no class 'product 99'"),
    ):
        c.name.value, c.category.value = name, category
        c.add.click()
        assert said in status(demo) and len(demo.items.first.store) == 48
    c.name.value, c.category.value = f"new {NASTY}", "product 03"
    c.add.click()
    for name, search in demo.items.by_name.items():
        first = demo.found[name].table.iloc[0]
        assert first["id"] == f"new {NASTY}" and first["distance"] < 1e-3 and "product 03" in first["path"]
        assert len(search.store) == 49
    np.testing.assert_array_equal(demo.items.first.photo(f"new {NASTY}").shape[-1], 3)
    assert "<script" not in shown(demo) and c.added.options == (f"new {NASTY}",)
    c.id.value = f"new {NASTY}"  # it can be asked with, too
    assert demo.query.item == f"new {NASTY}"
    c.remove.click()
    assert demo.items.added == [] and "was removed" in status(demo)
    assert all(len(search.store) == 48 for search in demo.items.by_name.values())
    assert f"new {NASTY}" not in ids(demo)
    c.remove.click()
    assert "was not added here" in status(demo)


def hostile():
    good, jpeg = file(photo()), file(photo(400, 300), "JPEG")
    header = bytearray(file(np.zeros((1, 1, 3), np.uint8)))
    header[16:24] = (65_000).to_bytes(4, "big") * 2
    import zlib

    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    frames, gif = [Image.fromarray(photo(seed=seed)) for seed in range(3)], io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    return {
        "empty.jpg": (b"", "the file is empty"),
        "cut.jpg": (jpeg[: len(jpeg) // 2], "cut off or damaged"),
        "text.jpg": (b"no picture at all", "not a JPEG, PNG or WEBP picture"),
        "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "but SVG"),
        "bomb.png": (bytes(header), "more than the cap"),
        "moving.gif": (gif.getvalue(), "but GIF"),
        "huge.jpg": (good + b"\0" * MOST_BYTES, "more than the 9 MB that can be uploaded"),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_upload_gets_a_sentence_and_the_results_stay(demo, name):
    upload(demo, file(photo()))
    before, query, html = ids(demo), demo.query, shown(demo)
    data, said = hostile()[name]
    upload(demo, data, name)
    assert status(demo).startswith(f"{name}: ") and said in status(demo)
    assert ids(demo) == before and demo.query is query and shown(demo) == html and html


def test_every_control_has_a_label(demo):
    c = demo.controls
    for control in [*vars(c).values(), *c.filters.values()]:
        if hasattr(control, "description") and not control.__class__.__name__.startswith("HTML"):
            assert control.description
    assert c.canvas.status and c.strip.label


def test_what_does_not_fit_is_refused():
    shop = catalogue(12)
    good = searches(shop)
    with pytest.raises(hr.HrlibError, match="no searches"):
        SearchDemo({})
    with pytest.raises(hr.HrlibError, match="k is 0"):
        SearchDemo(good, k=0)
    twin = VisualSearch(good["flat"].model, good["flat"].store, shop)
    with pytest.raises(hr.HrlibError, match="have the same store"):
        SearchDemo({"flat": good["flat"], "twin": twin})
    empty = VisualSearch(good["flat"].model, FaissStore(dim=16), shop)
    with pytest.raises(hr.HrlibError, match="hold different items"):
        SearchDemo({"flat": good["flat"], "empty": empty})


def test_one_model_and_few_items():
    demo = SearchDemo({"alone": searches(catalogue(2))["flat"]}, k=9)
    assert demo.controls.space.options == ("alone",)
    demo.controls.id.value = "sku-00"
    assert ids(demo, "alone") == ["sku-00", "sku-01"]


def test_words_are_asked_alone_or_with_a_photo():
    shop = catalogue()
    shop.items["title"] = shop.items["category"].str[:10] + " " + shop.items["colour"].fillna("plain")
    tokenizer = hr.models.Tokenizer.train(list(shop.items["title"]), vocabulary=60)
    models = {
        name: hr.models.dual_encoder(tokenizer, dim=16, width=16, layers=1, seed=seed) for seed, name in enumerate("ab")
    }
    demo = SearchDemo({name: VisualSearch.index(model, shop) for name, model in models.items()}, k=5)
    c, search = demo.controls, demo.items.by_name["a"]
    assert {c.text, c.without} <= set(within(c.arranged())) and "say in words" in status(demo)
    c.text.value = " red category "
    expected = search.search(text="red category", k=5).table["id"].tolist()
    assert ids(demo, "a") == expected and status(demo) == 'a: 5 results, b: 5 results for "red category"'
    assert shown(demo).count("<figure") == 10 and demo.query is None
    c.filters["colour"].value = ("blue",)
    assert set(shop.items.set_index("id").loc[ids(demo, "a"), "colour"]) == {"blue"}
    c.unfilter.click()
    demo.controls.id.value = "sku-07"
    both = search.search(Item("sku-07"), 5, text="red category")
    assert ids(demo, "a") == both.table["id"].tolist() and status(demo).endswith('item sku-07 and "red category"')
    assert "same product" not in shown(demo), "an item with words is another question than the item"
    c.canvas.crop = [0, 0, 10, 10]
    c.without.click()
    assert demo.query is None and c.canvas.size == (0, 0) and c.canvas.photo == b"" and c.canvas.crop == []
    assert ids(demo, "a") == expected
    c.text.value = "\u200b"  # no blank, and no word either
    assert ids(demo, "a") == expected and status(demo) == refused(lambda: search.search(text="\u200b"))
    c.text.value = ""
    assert demo.found == {} and not c.results.children and status(demo) == c.hint


def within(box):
    """All widgets in a box, at any depth."""
    inside = getattr(box, "children", ())
    return [*inside, *(widget for child in inside for widget in within(child))]


def refused(call):
    with pytest.raises(hr.HrlibError) as caught:
        call()
    return str(caught.value)


def test_words_are_offered_only_where_all_models_take_them(demo):
    assert demo.controls.text not in within(demo.controls.arranged()) and "words" not in status(demo)


def test_ids_that_read_alike_are_not_mixed_up():
    shop = catalogue(4)
    shop.items["id"] = pd.Series([7, "7", 2**60 + 1, "b"], dtype=object)
    demo = SearchDemo({"one": VisualSearch.index(hr.models.image_encoder("small", dim=8, seed=0), shop)})
    strip = demo.controls.strip
    for place, id in enumerate(strip.ids):
        strip._handle_custom_msg({"place": place}, [])
        assert demo.query.item == id and type(demo.query.item) is type(id)
    for text, id in (("7", "7"), (str(2**60 + 1), 2**60 + 1)):
        demo.controls.id.value = text
        assert demo.query.item == id


def test_verdicts_are_given_where_classes_are_known():
    """A store that knows no classes (the catalogue does), and an item that nobody knows the class of."""
    shop = catalogue(12)
    search = searches(shop)["flat"]
    bare = FaissStore(dim=16)
    bare.upsert(search.store.ids(), search.store.get(search.store.ids())[0])
    demo = SearchDemo({"bare": VisualSearch(search.model, bare, shop)}, k=12)
    demo.controls.group.value = False
    demo.pick("sku-03")
    before = demo._verdicts(demo.found["bare"])
    assert [before[id][1] for id in ("sku-03", "sku-07", "sku-00")] == [
        "the query itself",
        "same category",
        "other category",
    ]
    demo.add("unknown", "")
    assert demo._verdicts(demo.found["bare"]) == {id: before[id] for id in ids(demo, "bare") if id != "unknown"}
    demo.pick("unknown")
    assert demo._verdicts(demo.found["bare"]) == {"unknown": ("same", "the query itself")}


def test_a_lost_photo_does_not_hide_the_results(tmp_path):
    search = searches(catalogue(4))["flat"]
    search.add("lost", photo())
    search.save(tmp_path)
    for path in (tmp_path / "photos").iterdir():
        path.unlink()
    demo = SearchDemo({"flat": VisualSearch.open(tmp_path, search.model, search.catalogue)}, k=5)
    assert len(demo.controls.strip.ids) == 4 and "lost" not in demo.controls.strip.ids
    upload(demo, file(photo()))
    assert ids(demo)[0] == "lost" and shown(demo).count("<figure") == 5 and "its photo is lost" in shown(demo)
    demo.controls.id.value = "lost"
    assert "photo of an added item is missing" in status(demo)


def test_what_one_store_refuses_is_in_none(demo):
    upload(demo, file(photo()))
    demo.items.by_name["other"].model.head.bias.data[0] = np.nan
    demo.controls.name.value = "new"
    demo.controls.add.click()
    assert "NaN" in status(demo) and demo.items.added == []
    assert all("new" not in search.store.ids() for search in demo.items.by_name.values())


def test_a_colour_that_only_browsers_know_gets_a_sentence(demo):
    upload(demo, file(photo()))
    before = ids(demo)
    demo.controls.canvas.strokes = [{"points": [[1, 1]], "colour": "transparent", "width": 3}]
    assert "a stroke's colour is 'transparent': expected #rrggbb" in status(demo) and ids(demo) == before
    demo.controls.undo.click()
    assert status(demo).endswith("for photo.png")


def test_searching_on_and_on_makes_no_more_widgets_and_a_closed_demo_leaves_none():
    before = set(_instances)
    demo = SearchDemo(searches(catalogue()), k=5)
    demo._ipython_display_()
    demo.pick("sku-03")
    count = len(_instances)
    for number in range(5):
        demo.pick(f"sku-{number:02d}")
        demo.controls.k.value = 6 + number
    assert len(_instances) == count
    demo.close()
    assert set(_instances) == before
