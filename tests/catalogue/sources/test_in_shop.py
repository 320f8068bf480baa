import pytest

import hrlib as hr
from hrlib.catalogue.sources import in_shop

HEADER = "{}\nimage_name item_id evaluation_status\n"


@pytest.fixture
def rows():
    """Four items train, four are searched for: a photo in the query, two in the gallery. Sweaters are worn by all."""
    rows = []
    for n in range(1, 9):
        folder = f"img/{'MEN' if n % 2 else 'WOMEN'}/{'Sweaters' if n % 4 < 2 else 'Denim'}/id_{n:08}"
        for view, part in (("front", "query"), ("side", "gallery"), ("back", "gallery")):
            rows.append((f"{folder}/01_1_{view}.jpg", f"id_{n:08}", "train" if n <= 4 else part))
    return rows


@pytest.fixture
def load(monkeypatch, tmp_path, write_archive, make_photo):
    counts = {"photos": 24, "item": 8, "train": 12, "query": 4, "gallery": 8}
    monkeypatch.setattr(in_shop, "EXPECTED", counts)

    def load(rows, form="zip", text=None, only=None, **settings):
        folder = {
            "zip": tmp_path,
            "folder": tmp_path / "in-shop",
            "as distributed": tmp_path / "in-shop" / in_shop.TOP,
        }[form]
        images, lists = (folder / "Img", folder / "Eval") if form == "as distributed" else (folder, folder)
        shots = {row[0]: make_photo(n) for n, row in enumerate(rows)}
        shots = {name: data for name, data in shots.items() if only is None or only in name}
        write_archive(images, "." if form == "folder" else "img", shots, "folder" if form == "folder" else "zip")
        lists.mkdir(parents=True, exist_ok=True)
        text = HEADER.format(len(rows)) + "".join(f"{a}   {b} {c}\n" for a, b, c in rows) if text is None else text
        (lists / "list_eval_partition.txt").write_text(text)
        common = {"size": "full", "cache_dir": tmp_path / "cache", "workers": 1}
        return hr.load("in-shop", data_dir=tmp_path, **common | settings)

    return load


@pytest.mark.parametrize("form", ["zip", "folder", "as distributed"])
def test_items_with_query_and_gallery(load, rows, form):
    clothes = load(rows, form)
    assert clothes.hierarchy.levels == ("item", "category", "department") and clothes.attributes == ("view",)
    assert clothes.hierarchy.names[1:] == (
        ("MEN Denim", "MEN Sweaters", "WOMEN Denim", "WOMEN Sweaters"),
        ("MEN", "WOMEN"),
    )
    train, query, gallery = clothes.official_split()
    assert [len(part) for part in (train, query, gallery)] == [12, 4, 8]
    assert set(query.items["item"]) == set(gallery.items["item"]) and not set(train.items["item"]) & set(
        query.items["item"]
    )
    assert set(query.items["view"]) == {"front"} and set(gallery.items["view"]) == {"side", "back"}


def test_small_takes_items_of_both_kinds_and_keeps_all_their_photos(load, rows, monkeypatch):
    monkeypatch.setattr(in_shop, "SMALL", (4, None))
    assert [len(part) for part in load(rows, size="small").official_split()] == [6, 2, 4]


def test_an_item_in_two_categories_gets_the_majoritys(load, rows):
    name, item, part = rows[0]
    clothes = load([(name.replace("Sweaters", "Shirts"), item, part), *rows[1:]])
    assert clothes.hierarchy.conflicts[["was", "became"]].values.tolist() == [["MEN Shirts", "MEN Sweaters"]]


def test_what_is_missing_or_wrong_is_named(load, rows):
    for text in (
        "",
        HEADER.format(1),
        HEADER.format(1) + "img/MEN/Denim/id_1/1.jpg id_1 test\n",
        "1\nimg/MEN/Denim/id_1/1.jpg id_1 train",
    ):
        with pytest.raises(
            hr.HrlibError, match="list_eval_partition.txt has lines that are not 'img/.* train, query, gallery"
        ):
            load(rows, text=text)
    with pytest.raises(
        hr.HrlibError, match=r"in-shop: 16 of 24 photos are missing, the first: img/MEN/.*01_1_side.jpg"
    ):
        load(rows, only="front")
    assert len(load(rows, only="front", partial=True)) == 8
    with pytest.raises(hr.HrlibError, match="in-shop: 23 photos, expected 24; 7 gallery, expected 8"):
        load(rows[:-1])


def test_the_list_is_asked_for_too(tmp_path, write_archive, make_photo):
    write_archive(tmp_path, "img", {"img/WOMEN/Denim/id_1/1.jpg": make_photo(1)}, "zip")
    with pytest.raises(hr.HrlibError, match="neither list_eval_partition.txt nor .*agreement gives the password"):
        hr.load("in-shop", data_dir=tmp_path)
