"""Catalogues from folders and tables: what is read, and how every bad input is refused."""

import os
from functools import partial

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hrlib.catalogue import from_folder, from_table
from hrlib.errors import BadImage, HierarchyConflict, HrlibError

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200), "grey": (120, 120, 120)}


def draw(path, colour: str = "red", size: tuple[int, int] = (12, 16)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, COLOURS[colour]).save(path)


def truncate(path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def colours(catalogue) -> list[str]:
    """The name of the colour nearest to each photo's middle."""
    names, values = list(COLOURS), np.array(list(COLOURS.values()))
    middle = catalogue.images[:][:, 4, 4].astype(int)
    return [names[i] for i in np.abs(middle[:, None] - values).sum(-1).argmin(1)]


@pytest.fixture
def read_folder(tmp_path):
    return partial(from_folder, image_size=(8, 8), cache_dir=tmp_path / "cache", workers=1)


@pytest.fixture
def read_table(tmp_path):
    return partial(from_table, image_size=(8, 8), cache_dir=tmp_path / "cache", workers=1)


@pytest.fixture
def shop_folder(tmp_path):
    """Two departments with a class "other" each; hidden and foreign files lie about; a name holds a space."""
    shop = tmp_path / "my shop"
    draw(shop / "apparel" / "hoodie" / "b.png", "red")
    draw(shop / "apparel" / "hoodie" / "a b.PNG", "green")
    draw(shop / "apparel" / "other" / "c.webp", "blue")
    draw(shop / "footwear" / "other" / "d.jpg", "grey")
    (shop / "readme.txt").write_text("not a photo")
    (shop / "apparel" / ".thumb.png").write_text("hidden")
    draw(shop / ".cache" / "x" / "y.png")
    return shop


@pytest.fixture
def shop_table(tmp_path):
    """A CSV file beside its photos."""
    folder = tmp_path / "a shop"
    rows = []
    for row, colour in enumerate(COLOURS):
        draw(folder / "photos of it" / f"{colour}.png", colour)
        category = "warm" if colour == "red" else "cold"
        rows.append((f"photos of it/{colour}.png", f"00{row // 2}", category, colour, f"{row}", row * 1.5))
    table = pd.DataFrame(rows, columns=["image", "product", "category", "colour", "title", "price"])
    table.loc[:1, "category"] = "warm"
    table.loc[1, "colour"] = "None"
    table.loc[2, "colour"] = None
    table.to_csv(folder / "items.csv", index=False)
    return folder / "items.csv"


LEVELS = ["product", "category"]


def test_folders_are_levels(read_folder, shop_folder):
    shop = read_folder(shop_folder)
    assert shop.name == "my shop" and shop.hierarchy.levels == ("class", "superclass")
    assert shop.items["id"].tolist() == [
        "apparel/hoodie/a b.PNG",
        "apparel/hoodie/b.png",
        "apparel/other/c.webp",
        "footwear/other/d.jpg",
    ]
    assert shop.items["class"].tolist() == ["hoodie", "hoodie", "apparel/other", "footwear/other"]
    assert shop.items["superclass"].tolist() == ["apparel", "apparel", "apparel", "footwear"]
    assert (shop.hierarchy.frame() == shop.items[["class", "superclass"]]).all(axis=None)
    assert colours(shop) == ["green", "red", "blue", "grey"] and shop.images.size == (8, 8)
    assert read_folder(str(shop_folder), ["kind", "department"]).hierarchy.levels == ("kind", "department")


def test_one_level_and_three(read_folder, shop_folder, tmp_path):
    assert read_folder(shop_folder / "apparel").hierarchy.levels == ("class",)
    deep = tmp_path / "deep"
    draw(deep / "a" / "b" / "c" / "1.png")
    one = read_folder(deep)
    assert one.hierarchy.levels == ("class", "superclass", "level 3")
    assert len(one) == 1 and one.hierarchy.path(0) == ("a", "b", "c")


def test_bad_photos_in_folders_are_refused_or_skipped_and_listed(read_folder, shop_folder):
    truncate(shop_folder / "apparel" / "hoodie" / "b.png")
    draw(shop_folder / "footwear" / "other" / "e.gif")
    with pytest.raises(BadImage, match=r"2 of 5 .*b\.png"):
        read_folder(shop_folder)
    for _ in range(2):  # decoded, and from the cache
        with pytest.warns(UserWarning, match=r"skipped 2 rows \(1, 4\)"):
            shop = read_folder(shop_folder, on_bad="skip")
        assert shop.skipped["row"].tolist() == [1, 4]
        assert shop.skipped["id"].tolist() == ["apparel/hoodie/b.png", "footwear/other/e.gif"]
        assert shop.skipped["reason"].str.contains("GIF").tolist() == [False, True]
        assert colours(shop) == ["green", "blue", "grey"]
        assert repr(shop).endswith("2 skipped)")


def test_linked_folders_are_followed_but_not_twice(read_folder, shop_folder, tmp_path):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "hoodie").symlink_to(shop_folder / "apparel" / "hoodie")
    assert len(read_folder(tmp_path / "linked")) == 2
    (shop_folder / "footwear" / "loop").symlink_to(shop_folder)
    with pytest.raises(HrlibError, match="one folder through a link"):
        read_folder(shop_folder)


def test_links_to_themselves_or_nowhere_and_pipes_are_no_photos(read_folder, shop_folder):
    hoodies = shop_folder / "apparel" / "hoodie"
    (hoodies / "loop.png").symlink_to(hoodies / "loop.png")
    (hoodies / "nowhere.png").symlink_to("nowhere")
    (hoodies / "folder loop").symlink_to(hoodies / "folder loop")
    os.mkfifo(hoodies / "pipe.png")
    with pytest.raises(HrlibError, match=r"no photo for 3 rows \(2, 3, 4\), the first: no file .*loop\.png"):
        read_folder(shop_folder)
    with pytest.warns(UserWarning, match="skipped 3 rows"):
        assert len(read_folder(shop_folder, on_bad="skip")) == 4


def test_names_that_are_no_utf8_are_refused(read_folder, shop_folder):
    odd = os.fsencode(shop_folder / "apparel" / "hoodie") + b"/\xff.png"
    try:
        os.link(shop_folder / "apparel" / "hoodie" / "b.png", odd)
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.raises(
        HrlibError, match=r"1 paths below .*my shop are no UTF-8, the first: 'apparel/hoodie/.udcff.png'"
    ):
        read_folder(shop_folder)


def test_bad_folders_are_refused_by_name(read_folder, shop_folder, tmp_path):
    with pytest.raises(HrlibError, match="nowhere is no folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "empty" / "class").mkdir(parents=True)
    with pytest.raises(HrlibError, match=r"no photos .* below .*empty"):
        read_folder(tmp_path / "empty")
    with pytest.raises(HrlibError, match=r"levels \('a',\) for photos 2 folders deep: expected 2"):
        read_folder(shop_folder, ["a"])
    for levels in (["a", "a"], ["id", "a"]):
        with pytest.raises(HrlibError, match="2 different names, not 'id'"):
            read_folder(shop_folder, levels)
    with pytest.raises(HrlibError, match="expected 'raise' or 'skip'"):
        read_folder(shop_folder, on_bad="ignore")
    draw(shop_folder / "apparel" / "stray.png")
    with pytest.raises(HrlibError, match=r"different depths \(1 folders for apparel/stray.png, 2 folders for"):
        read_folder(shop_folder)
    draw(shop_folder / "stray.png")
    with pytest.raises(HrlibError, match=r"stray.png lies directly in"):
        read_folder(shop_folder)


def test_csv_table(read_table, shop_table):
    shop = read_table(shop_table, levels=LEVELS, attributes=["colour"], caption="title")
    assert shop.name == "items" and shop.items["id"].tolist() == [0, 1, 2, 3]
    assert colours(shop) == list(COLOURS)
    assert shop.hierarchy.names == (("000", "001"), ("cold", "warm"))
    assert shop.items["title"].tolist() == ["0", "1", "2", "3"] and shop.items["price"].tolist() == [0, 1.5, 3, 4.5]
    assert shop.items["colour"].isna().tolist() == [False, False, True, False] and shop.items["colour"][1] == "None"
    assert (shop.attributes, shop.caption) == (("colour",), "title")


@pytest.mark.parametrize("source", ["frame", "parquet", "csv with a byte order mark"])
def test_other_tables_give_the_same(read_table, shop_table, source):
    csv = read_table(shop_table, levels=LEVELS, id="title")
    frame = pd.read_csv(shop_table, dtype={"product": str, "title": str}, index_col=None)
    table, root = frame.set_index(frame.index + 5), shop_table.parent
    if source == "parquet":
        table, root = shop_table.with_suffix(".parquet"), None
        frame.to_parquet(table)
    elif source != "frame":
        table, root = shop_table.with_name("bom.csv"), None
        frame.to_csv(table, index=False, encoding="utf-8-sig")
    shop = read_table(table, levels=LEVELS, id="title", root=root)
    assert shop.items["id"].tolist() == csv.items["id"].tolist() == ["0", "1", "2", "3"]
    np.testing.assert_array_equal(shop.images[:], csv.images[:])
    np.testing.assert_array_equal(shop.hierarchy.labels, csv.hierarchy.labels)
    assert "id" not in frame


def test_a_comma_at_the_end_of_every_row_moves_no_column(read_table, shop_table):
    lines = shop_table.read_text().splitlines()
    shop_table.write_text("\n".join([lines[0], *(line + "," for line in lines[1:])]))
    assert colours(read_table(shop_table, levels=LEVELS)) == list(COLOURS)


def test_a_frame_without_root_reads_absolute_paths(read_table, shop_table):
    frame = pd.DataFrame({"image": [str(shop_table.parent / "photos of it" / "red.png")], "class": ["a"], "id": ["x"]})
    shop = read_table(frame)
    assert colours(shop) == ["red"] and shop.items["id"].tolist() == ["x"] and next(iter(shop.items)) == "id"


def test_conflicts_follow_on_conflict_and_the_table_follows_the_hierarchy(read_table, shop_table):
    frame = pd.read_csv(shop_table, dtype={"product": str})
    frame["product"] = ["a", "a", "a", "b"]
    with pytest.raises(HierarchyConflict, match="product 'a' has 2 parents"):
        read_table(frame, levels=LEVELS, root=shop_table.parent)
    shop = read_table(frame, levels=LEVELS, root=shop_table.parent, on_conflict="majority")
    assert shop.items["category"].tolist() == ["warm", "warm", "warm", "cold"]
    assert shop.hierarchy.conflicts["row"].tolist() == [2]


def test_missing_and_broken_photos_are_refused_or_skipped_and_listed(read_table, shop_table):
    photos = shop_table.parent / "photos of it"
    truncate(photos / "red.png")
    with pytest.raises(BadImage, match=r"red\.png"):
        read_table(shop_table, levels=LEVELS)
    (photos / "green.png").unlink()
    with pytest.raises(HrlibError, match=r"no photo for 1 row \(1\), the first: no file .*green.png. Put the files"):
        read_table(shop_table, levels=LEVELS)
    frame = pd.read_csv(shop_table, dtype=str)
    frame.loc[3, "image"] = None
    with pytest.warns(UserWarning, match=r"skipped 3 rows \(0, 1, 3\)"):
        shop = read_table(frame, levels=LEVELS, id="title", root=shop_table.parent, on_bad="skip")
    assert colours(shop) == ["blue"] and shop.hierarchy.n_classes == (1, 1)
    assert shop.skipped["id"].tolist() == ["0", "1", "3"]
    assert "no file" in shop.skipped["reason"][1] and shop.skipped["reason"][2] == "no path in the table"
    for colour in ("red", "blue", "grey"):
        truncate(photos / f"{colour}.png")
    with pytest.raises(HrlibError, match="none of 4 photos can be read"):
        read_table(shop_table, levels=LEVELS, on_bad="skip")
    with pytest.raises(HrlibError, match=r"none of 4 photos is there.* Is root right\?"):
        read_table(shop_table, levels=LEVELS, root=photos, on_bad="skip")


@pytest.mark.parametrize("path", ["../secret.png", "photos of it/../../secret.png", "{absolute}"])
def test_a_path_out_of_the_root_is_refused(read_table, shop_table, tmp_path, path):
    draw(tmp_path / "secret.png")
    path = path.format(absolute=tmp_path / "secret.png")
    frame = pd.read_csv(shop_table, dtype=str)
    frame.loc[2, "image"] = path
    frame.to_csv(shop_table, index=False)
    for table, root in ((shop_table, None), (shop_table, shop_table.parent), (frame, shop_table.parent)):
        for on_bad in ("raise", "skip"):
            with pytest.raises(HrlibError, match=r"1 row \(2\) name photos out of .*secret.png.*pass as root"):
                read_table(table, levels=LEVELS, root=root, on_bad=on_bad)
    inside = frame.assign(image=["a shop/" + image for image in frame["image"][:2]] + ["secret.png", "secret.png"])
    inside.to_csv(shop_table, index=False)
    assert len(read_table(shop_table, levels=LEVELS, root=tmp_path)) == 4


def test_a_root_with_a_longer_name_is_another_folder(read_table, shop_table):
    sibling = shop_table.parent.with_name("a shop 2") / "x.png"
    draw(sibling)
    with pytest.raises(HrlibError, match="out of"):
        read_table(pd.DataFrame({"image": [str(sibling)], "class": ["a"]}), root=shop_table.parent)


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda t: t[:0], {}, "table has no rows"),
        (lambda t: t.drop(columns="image"), {}, r"no column 'image' \(the photos' paths\)"),
        (lambda t: t.rename(columns={"category": "Category"}), {}, r"no column 'category' .*did you mean 'Category'"),
        (lambda t: t, {"levels": "prodct"}, r"no column 'prodct' \(a level\); did you mean 'product'"),
        (lambda t: t, {"attributes": "color"}, r"no column 'color' \(an attribute\); did you mean 'colour'"),
        (lambda t: t, {"caption": "titel"}, r"no column 'titel' \(the caption\); did you mean 'title'"),
        (lambda t: t, {"id": "sku"}, r"no column 'sku' \(the items' ids\)"),
        (lambda t: t, {"id": "product"}, r"2 ids of column 'product' repeat, the first '000' in 2 rows \(0, 1\)"),
        (lambda t: t.assign(id=[1, 1, 2, 3]), {}, r"1 ids of column 'id' repeat, the first '1' in 2 rows \(0, 1\)"),
        (lambda t: t.assign(id=["a", None, "b", ""]), {}, r"no id in 1 row \(1\) of column 'id'"),
        (lambda t: t.assign(id=1), {"id": "title"}, "also a column 'id'"),
        (lambda t: t.assign(product=["a", None, "b", "b"]), {}, r"'product' is missing or blank in 1 row \(1\)"),
        (lambda t: t, {"on_conflict": "ignore"}, "expected 'raise' or 'majority'"),
        (lambda t: t, {"on_bad": "ignore"}, "expected 'raise' or 'skip'"),
    ],
)
def test_bad_tables_are_refused_by_name(read_table, shop_table, change, settings, message):
    frame = pd.read_csv(shop_table, dtype=str)
    with pytest.raises(HrlibError, match=message):
        read_table(change(frame), **({"levels": LEVELS, "root": shop_table.parent} | settings))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "no table .*none.csv: expected a CSV or parquet file"),
        ("items.xlsx", b"x", "ends in '.xlsx': expected .csv or .parquet"),
        ("empty.csv", b"", "empty.csv cannot be read as a table"),
        ("header.csv", b"image,class\n", "header has no rows"),
        ("ragged.csv", b"image,class\na.png,a\nb.png,b,c,d\n", "ragged.csv cannot be read as a table: .*line 3"),
        (
            "latin.csv",
            b"image,class\na.png,\xe9t\xe9\n",
            "latin.csv cannot be read as a table: .*utf-8.*expected UTF-8: save",
        ),
        (
            "twice.csv",
            b"image,class,class\na.png,a,b\n",
            "twice.csv has the column 'class' twice: expected each name once",
        ),
        (
            "longer.csv",
            b"image,class\na.png,a,x\nb.png,b,y\n",
            "longer.csv has rows with more cells than its header has names",
        ),
        (
            "excel.csv",
            b"image;class\na.png;1,5\n",
            "excel.csv has one column, 'image;class', with ';' .*: expected commas .*sep=';'",
        ),
        ("tab.csv", b"image\tclass\na.png\ta\n", r"tab.csv has one column, .* with '\\t' .*: expected commas"),
        ("nul.csv", b"image,class\n\0a.png,a\n", "no photo for 1 row"),
        ("quote.csv", b'image,class\n"a.png,a\n', "quote.csv cannot be read as a table: .*inside string"),
        ("utf16.csv", "image,class\na.png,a\n".encode("utf-16"), "utf16.csv cannot be read as a table: .*utf-8"),
        ("blank.csv", b"image,class\na.png,\n", r"'class' is missing or blank in 1 row \(0\)"),
        ("wrong.parquet", b"not parquet", "wrong.parquet cannot be read as a table"),
    ],
)
def test_bad_files_are_refused_by_name(read_table, tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(HrlibError, match=message):
        read_table(tmp_path / name)
