"""A session of queries, without a browser. What a selection holds is tested in test_selection.py, the widget in test_explorer.py."""

import numpy as np
import pytest

import hrlib as hr
from hrlib.explore.session import Session
from tests.evaluation.made_up import random_units
from tests.tiny import tiny_shop


@pytest.fixture
def session(tmp_path):
    shop = tiny_shop()
    return Session(shop, {"flat": random_units(len(shop))}, k=3, out_dir=tmp_path)


def test_a_choice_is_answered_and_remembered(session):
    assert session.choice is None
    table = session.choose([7])
    assert list(table["role"]) == ["chosen", *["neighbour"] * 3] and session.choice.rows == (7,)
    session.choose([9, 8, 9], "lasso")
    assert session.choice.rows == (8, 9)
    session.turn(-1)
    assert session.selection.equals(table)
    with pytest.raises(hr.HrlibError, match="no earlier query"):
        session.turn(-1)
    session.turn(1)
    assert session.choice.how == "lasso"


def test_walks_through_what_was_chosen_and_around_its_end(session):
    assert session.beside(1) == 0 and session.beside(-1) == 119
    session.choose([5, 20, 40], "lasso")
    steps = []
    for by in (1, 1, 1, 1, -1):
        session.choose([session.beside(by)])
        steps.append(session.choice.rows[0])
    assert steps == [5, 20, 40, 5, 40]
    session.choose([6])  # outside: from here on through all
    assert session.beside(1) == 7 and session.beside(-1) == 5


def test_a_filter_holds_for_the_trail_the_text_and_the_neighbours(session):
    session.filter({"category": "1"})
    inside = np.flatnonzero(session.finder.matching({"category": "1"}))
    assert np.array_equal(session.trail, inside) and set(session.find("1")) <= set(inside)
    table = session.choose([0])
    assert set(table.loc[table["role"] == "neighbour", "row"]) <= set(inside)
    with pytest.raises(hr.HrlibError, match="no item has 'no such thing'"):
        session.find("no such thing")
    with pytest.raises(hr.HrlibError, match="no level or attribute 'colour'"):
        session.filter({"colour": "red"})
    assert session.filters == {"category": "1"}


def test_kept_and_exported(session):
    for act in (session.keep, session.export):
        with pytest.raises(hr.HrlibError, match="nothing to .*: choose an item first"):
            act()
    session.choose([7])
    assert session.export().startswith("4 rows (the selection) written to")
    session.keep()
    session.choose([8, 9], "lasso")
    session.keep()
    assert list(session.kept["query"].unique()) == ["row 7", "2 by lasso"]
    assert session.export().startswith("9 rows (what is kept) written to")
    session.forget()
    assert session.kept.empty


@pytest.mark.parametrize("k", [0, True, 2.5])
def test_a_bad_k_is_named(tmp_path, k):
    with pytest.raises(hr.HrlibError, match=f"k is {k}: expected an integer of 1 or more"):
        Session(tiny_shop(), {"a": random_units(120)}, k=k, out_dir=tmp_path)
