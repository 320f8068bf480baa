"""Tables that nobody should send: one of each kind, and cells drawn at random, through from_table and Hierarchy.from_frame."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import hrlib as hr
from hrlib import HierarchyConflict
from tests.hostile.damage import FORMULAS, NASTY, damaged, odd_values, tries

LONG = "x" * 10_000_000


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables") / "shop"
    (folder / "cache").mkdir(parents=True)
    for name in "abc":
        Image.new("RGB", (9, 7), (ord(name), 0, 0)).save(folder / f"{name}.png")
    Image.new("RGB", (9, 7)).save(folder.parent / "secret.png")
    return folder


def read(shop, table, **settings):
    common = {"levels": ["class", "superclass"], "image_size": (8, 8), "cache_dir": shop / "cache", "workers": 1}
    return lambda: hr.from_table(table, **common | settings)


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


HEAD = "image,class,superclass\n"
CSV = {
    "a path that climbs out": (HEAD + "../secret.png,a,b\n", "name photos out of"),
    "a path that climbs out after going in": (HEAD + "x/../../secret.png,a,b\n", "name photos out of"),
    "an absolute path": (HEAD + "/etc/passwd,a,b\n", "name photos out of"),
    "ids that repeat": ("id," + HEAD + "1,a.png,a,b\n1,b.png,a,b\n", "1 ids of column 'id' repeat"),
    "two parents": (HEAD + "a.png,a,b\nb.png,a,c\n", "has 2 parents"),
    "one class": (HEAD + "a.png,a,b\nb.png,a,b\n", None),
    "classes that are called nan": (HEAD + "a.png,nan,NaN\nb.png,None,NaN\n", None),
    "a class that is missing": (HEAD + "a.png,a,b\nb.png,,b\n", "missing or blank in 1 row (1)"),
    "a cell of 10 MB": (HEAD + f"a.png,{LONG},b\n", None),
    "a path of 10 MB": (HEAD + f"{LONG},a,b\n", "no photo for 1 row"),
    "a name of 10 MB with two parents": (HEAD + f"a.png,{LONG},b\nb.png,{LONG},c\n", "has 2 parents"),
    "ids of 10 MB that repeat": ("id," + HEAD + f"{LONG},a.png,a,b\n{LONG},b.png,a,b\n", "repeat"),
    "Latin-1": ((HEAD + "a.png,é,b\n").encode("latin-1"), "cannot be read as a table"),
    "UTF-16": ((HEAD + "a.png,a,b\n").encode("utf-16"), "cannot be read as a table|has no column"),
    "no bytes": (b"", "cannot be read as a table"),
    "blank lines": (b"\n\n\n", "cannot be read as a table|has no column"),
    "only a header": (HEAD, "has no rows"),
    "zeros": (bytes(1000), "cannot be read as a table|has no column|has no rows"),
    "formulas": (HEAD + "".join(f"a.png,{quoted(sign)},b\n" for sign in FORMULAS), None),
    "HTML": (HEAD + f"a.png,{quoted(NASTY)},b\n", None),
    "a column twice": ("image,image,class,superclass\na.png,b.png,a,b\n", "has the column 'image' twice"),
    "more cells than names": (HEAD + "a.png,a,b,c,d\n", "more cells than its header"),
    "a quote that never ends": (HEAD + 'a.png,"a,b\n', "cannot be read as a table|missing or blank"),
    "20,000 columns": (",".join(f"c{n}" for n in range(20_000)) + "\n" + "," * 19_999 + "\n", "no column 'image'"),
}


@pytest.mark.parametrize("name", CSV)
def test_one_of_each_kind(name, shop, attempt):
    content, said = CSV[name]
    (shop / "items.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    catalogue, refusal = attempt(
        "hostile tables, a file of each kind", "from_table", read(shop, shop / "items.csv"), shop
    )
    if said is None:
        assert len(catalogue) == len(catalogue.items) and repr(catalogue)
    else:
        assert any(words in str(refusal) for words in said.split("|")), refusal
        assert len(str(refusal)) < 2_000, "the cause is drowned in what the table holds"


def test_a_table_with_a_very_long_name(shop, attempt):
    path = shop / ("ü" * 120 + ".csv")
    path.write_text(HEAD + "a.png,a,b\n")
    catalogue, _ = attempt("hostile tables, a file of each kind", "from_table", read(shop, path), shop)
    assert len(catalogue) == 1


def test_rows_that_were_chosen_keep_their_classes(shop, attempt):
    """A parquet file remembers the numbers of the rows that its table had."""
    table = pd.DataFrame({"image": ["b.png", "a.png", "c.png"], "class": ["b", "a", "c"], "superclass": "s"})
    table[table["class"] != "b"].to_parquet(shop / "some.parquet")
    catalogue, _ = attempt("hostile tables, a file of each kind", "from_table", read(shop, shop / "some.parquet"), shop)
    assert catalogue.items["class"].tolist() == ["a", "c"] == [catalogue.hierarchy.path(row)[1] for row in range(2)]


@pytest.mark.parametrize("name", ["id", "image", "class", "superclass", "note", "title"])
def test_half_a_character(name, shop, attempt):
    """Python and JSON can hold half of a surrogate pair; no file, no index and no page can."""
    rows = {
        "id": [1, 2],
        "image": ["a.png", "b.png"],
        "class": ["a", "b"],
        "superclass": ["s", "s"],
        "note": ["n", "m"],
    }
    rows["title"] = [["a mug", "red"], ["a shoe"]]
    rows[name] = [rows[name][0], ["shoe", "\ud83d shoe"] if name == "title" else "\ud83d"]
    frame = pd.DataFrame({column: pd.Series(values, dtype=object) for column, values in rows.items()})
    settings = {"root": shop, "attributes": "note", "caption": "title"}
    _, refusal = attempt("half a character", "from_table", read(shop, frame, **settings), shop)
    assert f"{name!r} holds" in str(refusal) and "in 1 row (1)" in str(refusal) and "\ud83d" not in str(refusal)


cells = st.one_of(st.sampled_from(["a.png", "b.png", "c.png", "a", "b"]), odd_values, st.lists(odd_values, max_size=2))


@tries(150)
@given(
    rows=st.lists(st.tuples(cells, cells, cells, cells), max_size=4),
    bad=st.sampled_from(["raise", "skip"]),
    given_id=st.booleans(),
)
def test_frames_with_odd_cells(shop, attempt, rows, bad, given_id):
    columns = ["image", "class", "superclass", "id" if given_id else "note"]
    frame = pd.DataFrame({name: pd.Series([row[at] for row in rows], dtype=object) for at, name in enumerate(columns)})
    settings = {"root": shop, "on_bad": bad, "on_conflict": "majority", "attributes": columns[3:]}
    catalogue, _ = attempt("odd cells", "from_table", read(shop, frame, **settings), shop)
    if catalogue is not None:
        assert len(catalogue) == len(catalogue.images) == len(catalogue.hierarchy) and catalogue._repr_html_()


@tries(120)
@given(data=st.data())
def test_parquet_files(shop, attempt, data):
    columns = {}
    for name in ("image", "class", "superclass", "id"):
        kind = data.draw(st.sampled_from(["text", "text", "numbers", "floats", "bytes", "lists", "dates", "none"]))
        texts = ["a.png", "b.png", "c.png"] if name == "image" else ["a", "b", "c"]
        values = {
            "text": texts,
            "numbers": [1, 2, 2],
            "floats": [0.5, float("nan"), float("inf")],
            "bytes": [b"a.png", b"\xff", b""],
            "lists": [["a.png"], [], None],
            "dates": pd.date_range("2024-01-01", periods=3),
            "none": [None] * 3,
        }
        columns[name] = values[kind]
    frame = pd.DataFrame(columns)
    frame = frame.set_index(data.draw(st.sampled_from(["id", "class"]))) if data.draw(st.booleans()) else frame
    frame.to_parquet(shop / "items.parquet")
    if data.draw(st.booleans()):
        (shop / "items.parquet").write_bytes(data.draw(damaged((shop / "items.parquet").read_bytes())))
    settings = {"on_bad": "skip", "on_conflict": "majority"}
    attempt("odd and damaged parquet files", "from_table", read(shop, shop / "items.parquet", **settings), shop)


@tries(300)
@given(
    columns=st.one_of(
        st.dictionaries(st.sampled_from(["fine", "coarse", 3, None]), st.lists(cells, max_size=4), max_size=3),
        st.lists(cells, max_size=3),
        odd_values,
    ),
    conflict=st.sampled_from(["raise", "majority"]),
)
def test_hierarchies_of_odd_frames(shop, attempt, columns, conflict):
    call = lambda: hr.Hierarchy.from_frame(columns, on_conflict=conflict)  # noqa: E731
    hierarchy, _ = attempt("odd cells", "Hierarchy.from_frame", call, shop)
    if hierarchy is not None:
        assert (
            hierarchy.ancestors[hierarchy.column(0)] == hierarchy.labels
        ).all() and hierarchy.frame().shape == hierarchy.labels.shape


@tries(120)
@given(st.data())
def test_hierarchies_of_typed_columns(shop, attempt, data):
    kinds = ["i8", "f8", "c16", "?", "M8[s]", "m8[s]", "U3", "S3", "O"]
    columns = {}
    for name in ("fine", "coarse"):
        values = np.array(data.draw(st.lists(st.integers(0, 3), min_size=4, max_size=4)))
        kind = data.draw(st.sampled_from([*kinds, "category", "string", "Int64"]))
        columns[name] = (
            pd.Series(values).astype(kind) if kind in ("category", "string", "Int64") else values.astype(kind)
        )
    call = lambda: hr.Hierarchy.from_frame(columns, on_conflict="majority")  # noqa: E731
    attempt("odd types", "Hierarchy.from_frame", call, shop)


def test_a_conflict_is_told_as_one(shop, attempt):
    call = lambda: hr.Hierarchy.from_frame({"fine": ["a", "a"], "coarse": ["b", "c"]})  # noqa: E731
    _, refusal = attempt("two parents", "Hierarchy.from_frame", call, shop)
    assert isinstance(refusal, HierarchyConflict)
