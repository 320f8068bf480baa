"""What points are coloured by: levels in families of a hue, values of columns, and what is not there."""

import dataclasses

import numpy as np
import pytest

import hrlib as hr
from hrlib.explore.colours import GREY, MARKS, colours
from hrlib.explore.groups import groups


def with_column(shop, values, name="extra"):
    return dataclasses.replace(shop, items=shop.items.assign(**{name: values}))


def test_superclass_is_level_one_or_the_only_one(shop):
    assert groups(shop, "superclass").by == groups(shop, 1).by == groups(shop, "category").by == "category"
    alone = dataclasses.replace(shop, hierarchy=shop.hierarchy.select([0]))
    assert groups(alone, "superclass").by == "product"


def test_classes_stand_in_families(shop):
    made = groups(shop, "product")
    assert made.families_are == "category" and made.family_names == shop.hierarchy.names[1]
    np.testing.assert_array_equal(made.families[made.labels], shop.hierarchy.column("category"))
    np.testing.assert_array_equal(made.labels, shop.hierarchy.column("product"))
    assert list(made.colours) == colours(shop.hierarchy, "product")
    # 12 classes are more than the marks: a mark each for the superclasses
    assert {(family, mark) for family, mark in zip(made.families, made.marks, strict=True)} == set(enumerate(MARKS[:4]))
    top = groups(shop, "category")
    assert top.families_are is None and len(set(top.marks)) == 4


def test_a_superclass_of_each_class_is_no_family(shop):
    tree = hr.Hierarchy.from_frame({"product": ["a", "b", "c"], "category": ["x", "y", "z"]})
    assert groups(dataclasses.replace(shop.subset([0, 1, 2]), hierarchy=tree), 0).families_are is None


def test_few_values_have_a_colour_and_a_mark_each(shop):
    made = groups(with_column(shop, ["b", None, "a"] * 12), "extra")
    assert made.names == ("a", "b", "no value") and made.labels[:3].tolist() == [1, 2, 0]
    assert made.colours[2] == GREY and made.marks[2] == "circle-open" and len(set(made.colours)) == 3


def test_rare_values_are_put_together(shop):
    values = [f"v{n:02d}" for n in [*range(14)] + [*range(12)] + [0] * 10]
    made = groups(with_column(shop, values), "extra")
    assert made.names[-1] == "2 other values" and len(made) == 13
    assert {values[row] for row in np.flatnonzero(made.labels == 12)} == {"v12", "v13"}
    assert (
        len(groups(with_column(shop, [f"v{n % 13:02d}" for n in range(36)]), "extra")) == 13
    )  # one other is no others


def test_numbers_are_cut_into_ranges_of_as_many(shop):
    values = np.linspace(0, 35, 36)
    values[5] = np.nan
    made = groups(with_column(shop, values), "extra")
    assert made.names[-1] == "no value" and len(made) == 7 and made.labels[5] == 6
    ranked = made.labels[~np.isnan(values)]
    assert (np.diff(ranked) >= 0).all() and np.bincount(ranked).min() >= 5
    assert groups(with_column(shop, [1, 2, 3] * 12), "extra").names == ("1", "2", "3")


def test_no_values_at_all(shop):
    assert groups(with_column(shop, [None] * 36), "extra").names == ("no value",)
    assert groups(with_column(shop, [np.nan] * 36), "extra").names == ("no value",)


def test_what_is_not_there_is_refused(shop):
    with pytest.raises(hr.HrlibError, match="no level and no column is called 'colr'.*category"):
        groups(shop, "colr")
    with pytest.raises(hr.HrlibError, match="no level 7"):
        groups(shop, 7)
