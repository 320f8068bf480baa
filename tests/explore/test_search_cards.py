"""What was found, as HTML: with its time, its guesses and its verdicts, and nothing of the data taken for markup."""

import re

import numpy as np
import pandas as pd

from hrlib.explore import search_cards
from hrlib.explore.theme import VERDICTS
from hrlib.search import Found

NASTY = "\"><script>alert('x')</script>"
GREY = np.full((8, 6, 3), 128, np.uint8)


def found(rows=3, others=()):
    table = pd.DataFrame(
        {
            "id": [f"{n} {NASTY}" for n in range(rows)],
            "similarity": 0.9,
            "distance": [0.1 * n for n in range(rows)],
            "category": NASTY,
            "path": f"a > {NASTY}",
            "why": f"why {NASTY}",
            "matched": [[] for _ in range(rows)],
            "others": [list(others) for _ in range(rows)],
        }
    )
    category = pd.DataFrame({"category": [NASTY, "b", "c", "d"], "path": "", "probability": [0.5, 0.25, 0.2, 0.05]})
    seconds = {"decode": 0.001, "embed": 0.0205, "total": 0.0215}
    return Found(table, category, seconds, GREY)


def test_texts_are_escaped_and_told():
    html = search_cards.results(f"model {NASTY}", found(), lambda id: GREY, {})
    assert "<script" not in html and html.count("<figure") == 3 and len(re.findall(r'<img [^>]*alt="[^"]+"', html)) == 3
    assert "2. at 0.100" in html and "21.5 ms = decode 1.0 + embed 20.5" in html
    assert "50%, b 25%, c 20%" in html and "d 5%" not in html


def test_verdicts_and_groups():
    one = found(others=["x", "y"])
    verdicts = dict(zip(one.table["id"], [(key, f"{key} class") for key in VERDICTS], strict=True))
    cards = search_cards.results("flat", one, lambda id: GREY, verdicts).split("<figure")[1:]
    for card, (key, (colour, _, mark)) in zip(cards, VERDICTS.items(), strict=True):
        assert f"<b>{mark}</b> {key} class" in card and colour in card and "and 2 more like it" in card


def test_nothing_found():
    html = search_cards.results("flat", found(0), lambda id: GREY, {})
    assert "nothing matches the filters" in html and "<figure" not in html
    assert search_cards.guesses(Found(found().table, found().category.head(0), {}, GREY)) == "no category is predicted"
