"""The recipes train, each task alone and together, and refuse what they cannot train."""

import numpy as np
import pytest
import torch

import hrlib as hr
from hrlib.training import label_triplets, visual_search


@pytest.fixture(scope="module")
def known(shop):
    bright = shop.images[:].mean(axis=(1, 2))
    codes = np.column_stack([bright.argmax(axis=1), (bright.mean(axis=1) > 128), np.arange(len(shop)) % 3])
    return hr.Attributes(
        ("hue", "light", "nonsense"), codes.astype(np.int64), (("r", "g", "b"), ("dark", "light"), tuple("abc"))
    )


@pytest.mark.parametrize("tasks", ["attributes", "triplets", "autoencoder", ("attributes", "triplets", "autoencoder")])
def test_a_recipe_is_what_fit_is_called_with(shop, known, tasks):
    run = hr.fit(**visual_search(shop, known, tasks, dim=12, batch_size=24), epochs=2)
    chosen = [tasks] if isinstance(tasks, str) else list(tasks)
    assert [column for column in run.history if column.startswith("loss.")] == [f"loss.{task}" for task in chosen]
    assert np.isfinite(run.history["loss"]).all()
    assert hr.embed(run.model, shop).shape == (120, 12)


def test_separate_parts_are_of_equal_length(shop, known):
    run = hr.fit(**visual_search(shop, known, separate=True, dim=12, batch_size=24), epochs=1)
    parts = np.linalg.norm(hr.embed(run.model, shop).reshape(120, 3, 4), axis=2)
    np.testing.assert_allclose(parts, 3**-0.5, atol=1e-5)


def test_the_order_in_which_tasks_are_named_does_not_matter(shop, known):
    recipe = visual_search(shop, known, ("autoencoder", "attributes"), separate=True, dim=8, batch_size=24)
    assert recipe["loss"].names == ["attributes", "autoencoder"]  # the bottleneck is the last part


def test_label_triplets_know_nothing_below_their_level(shop):
    recipe = label_triplets(shop, "category", dim=8, batch_size=24)
    assert recipe["train"].hierarchy.levels == ("category",)
    assert np.isfinite(hr.fit(**recipe, epochs=1).history["loss"]).all()


def test_bad_input_is_named(shop, known):
    with pytest.raises(hr.HrlibError, match="tasks .'colours'.: expected one or more of attributes, triplets"):
        visual_search(shop, known, "colours")
    with pytest.raises(hr.HrlibError, match="attributes of 2 items for a catalogue of 120"):
        visual_search(shop, known.subset([0, 1]))


def test_the_seed_is_of_all_initial_weights(shop, known):
    for made in (visual_search, lambda *given, **settings: label_triplets(given[0], "product", **settings)):
        one, same, other = (made(shop, known, dim=12, seed=seed) for seed in (1, 1, 2))
        for part in ("model", "loss"):
            pairs = list(zip(one[part].parameters(), same[part].parameters(), strict=True))
            assert all(torch.equal(a, b) for a, b in pairs)
        assert not torch.equal(next(one["model"].parameters()), next(other["model"].parameters()))
