"""A shop with planted faults, read again: the report finds each of them."""

import warnings

import pandas as pd
import pytest

import hrlib as hr
from hrlib.catalogue.faulty_shop import write_faulty_shop
from hrlib.errors import HrlibError


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The planted faults, the folder, and the catalogue that was read from it."""
    folder = tmp_path_factory.mktemp("a shop") / "shop"
    drawn = hr.load("synthetic", products=2, photos=3)
    planted = write_faulty_shop(folder, drawn, seed=1)
    levels = drawn.hierarchy.levels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        catalogue = hr.from_table(
            folder / "items.csv",
            levels=levels,
            attributes=drawn.attributes,
            caption="title",
            on_bad="skip",
            on_conflict="majority",
        )
    return planted, folder, drawn, catalogue


def test_each_fault_is_found_and_no_other_item_has_it(read):
    planted, _, _, catalogue = read
    report = catalogue.report()
    assert set(planted) <= set(report.findings)
    for name in ("broken photos", "plain photos", "conflicts", "missing texts", "single photos"):
        assert set(report.findings[name].rows["id"]) == set(planted[name]), name
    copies = report.findings["repeated photos"].rows
    # two placeholders are the same pixels too
    assert set(copies["id"]) - set(planted["plain photos"]) == set(planted["repeated photos"])
    near = report.findings["similar photos"].rows
    pairs = {frozenset(pair) for pair in zip(near["id"], near["other id"], strict=True)}
    assert {frozenset((copy, copy.rsplit(" ", 1)[0])) for copy in planted["similar photos"]} <= pairs


def test_the_table_is_that_of_the_catalogue_with_more_rows(read):
    planted, folder, drawn, catalogue = read
    table = pd.read_csv(folder / "items.csv")
    assert len(table) == len(drawn) - 3 * 2 + len(planted["repeated photos"]) + len(planted["similar photos"])
    assert len(catalogue) == len(table) - len(planted["broken photos"])
    assert catalogue.hierarchy.levels == drawn.hierarchy.levels and catalogue.hierarchy.names == drawn.hierarchy.names


def test_a_table_mended_by_the_report_is_a_tree(read):
    _, folder, drawn, catalogue = read
    table = pd.read_csv(folder / "items.csv", dtype=str)
    for row in catalogue.report().findings["conflicts"].rows.itertuples():
        table.loc[table["id"] == row.id, row.level] = row.became
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mended = hr.from_table(table, levels=drawn.hierarchy.levels, root=folder, on_bad="skip", on_conflict="raise")
    assert not len(mended.hierarchy.conflicts) and len(mended) == len(catalogue)


def test_the_seed_draws_the_faults(read, tmp_path):
    planted, _, drawn, _ = read
    again, others = (write_faulty_shop(tmp_path / "shop", drawn, seed=seed) for seed in (1, 2))
    assert again == planted and others != planted


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.subset(slice(0, 40)),
        lambda one: one.at_level("department"),
        lambda one: hr.Catalogue("x", one.items, one.images, one.hierarchy),
    ],
)
def test_a_catalogue_with_no_room_for_the_faults_is_refused(read, change, tmp_path):
    with pytest.raises(
        HrlibError, match="expected 40 items or more beside those of 3 classes, two levels or more, and a caption"
    ):
        write_faulty_shop(tmp_path / "none", change(read[2]))
    assert not (tmp_path / "none").exists()
