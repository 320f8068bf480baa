import json

import numpy as np
import pytest
import scipy.spatial
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import hrlib as hr
from hrlib.errors import HrlibError
from hrlib.explore import project, project_together, projection
from tests.evaluation.made_up import random_products, random_units, tree, unit_rows


def clustered(noise, seed, dim=12):
    """120 items of 12 products, two a category."""
    products = random_products(120)
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(12, dim)) + np.repeat(rng.normal(size=(6, dim)), 2, axis=0)
    return unit_rows(centres[products] + noise * np.random.default_rng(9).normal(size=(120, 40))[:, :dim])


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """UMAP of two spaces of different dimensions, saved: its functions are compiled once for this file."""
    folder = tmp_path_factory.mktemp("umap")
    spaces = {"flat": clustered(0.6, 1), "hierarchical": clustered(0.3, 2, dim=16)}
    return spaces, folder, project_together(spaces, hierarchy=tree(random_products(120)), folder=folder)


def test_umap_shows_the_neighbourhoods_and_says_how_well(together):
    spaces, _, made = together
    for name, shown in made.items():
        assert shown.coordinates.shape == (120, 2) and shown.coordinates.dtype == np.float32
        expected = trustworthiness(spaces[name], shown.coordinates, n_neighbors=10, metric="cosine")
        assert shown.quality["trustworthiness"] == pytest.approx(expected) and expected > 0.85
        assert shown.quality["same_in_picture"] > 2 * shown.quality["same_by_chance"]
        assert "of the same category" in shown.caption() and shown.level == "category"
    assert made["flat"].settings == {"n_neighbors": 15, "min_dist": 0.1, "spread": 1.0, "n_epochs": None, "seed": 0}


def test_umap_with_a_seed_is_the_same_again_alone_or_with_others(together):
    spaces, _, made = together
    again = project_together(spaces)
    for name in spaces:
        np.testing.assert_array_equal(again[name].coordinates, made[name].coordinates)
    np.testing.assert_array_equal(project(spaces["flat"]).coordinates, made["flat"].coordinates)


def test_umap_pictures_of_two_spaces_lie_on_each_other_better_than_made_alone(together):
    spaces, _, made = together
    first, second = (made[name].coordinates.astype(np.float64) for name in spaces)
    disparity = scipy.spatial.procrustes(first, second)[2]
    assert made["hierarchical"].quality["disparity"] == pytest.approx(disparity, abs=1e-6)
    assert "disparity" not in made["flat"].quality
    np.testing.assert_allclose(first.mean(axis=0), second.mean(axis=0), atol=1e-4)
    alone = project(spaces["hierarchical"]).coordinates
    assert disparity < scipy.spatial.procrustes(first, alone)[2]


def test_umap_read_from_its_folder_is_what_was_made_and_takes_new_items(together, monkeypatch):
    spaces, folder, made = together
    monkeypatch.setattr(projection, "reduce", None)  # making it again would call this
    read = project_together(spaces, hierarchy=tree(random_products(120)), folder=folder)
    for name in spaces:
        np.testing.assert_array_equal(read[name].coordinates, made[name].coordinates)
        assert read[name].quality == made[name].quality and read[name].caption() == made[name].caption()
        np.testing.assert_array_equal(read[name].place(spaces[name][5:9]), made[name].coordinates[5:9])


@pytest.mark.parametrize(
    "x", [random_units(4), np.tile(random_units(1), (12, 1)), np.repeat([[1.0], [-1.0]], 3, axis=0)]
)
def test_umap_of_few_equal_or_opposite_items(together, x):
    first, again = project(x), project(x)
    assert np.isfinite(first.coordinates).all()
    np.testing.assert_array_equal(first.coordinates, again.coordinates)


@pytest.mark.parametrize("method, settings", [("pca", {}), ("tsne", {"max_iter": 250})])
def test_new_items_do_not_move_the_old_and_old_ones_stay(spaces, method, settings):
    shown = project(spaces["flat"], method, **settings)
    before = shown.coordinates.copy()
    np.testing.assert_allclose(shown.place(spaces["flat"]), before, atol=1e-6)
    assert shown.place(torch.tensor(random_units(3, dim=8))).shape == (3, 2)
    np.testing.assert_array_equal(shown.coordinates, before)


def test_pca_places_new_items_exactly_also_when_turned_and_read_back(spaces, tmp_path):
    new = random_units(20, 4, 8)
    pca = PCA(2).fit(spaces["flat"].astype(np.float64))
    np.testing.assert_allclose(project(spaces["flat"], "pca").place(new), pca.transform(new), atol=1e-5)
    for _ in range(2):
        turned = project_together(spaces, "pca", folder=tmp_path)["hierarchical"]
        alone = project(spaces["hierarchical"], "pca")
        # the turn is one of all the plane: it takes the new items along
        moved = np.linalg.lstsq(np.c_[alone.coordinates, np.ones(36)], turned.coordinates, rcond=None)[0]
        np.testing.assert_allclose(turned.place(new), np.c_[alone.place(new), np.ones(20)] @ moved, atol=1e-4)


def test_a_projection_in_a_folder_is_read_and_other_settings_have_a_file_of_their_own(spaces, tmp_path):
    x = spaces["flat"]
    made = project(x, "tsne", max_iter=250, folder=tmp_path)
    (file,) = tmp_path.glob("*.npz")
    stamp = file.stat().st_mtime_ns
    read = project(x.astype(np.float64), "tsne", max_iter=250, folder=str(tmp_path))
    assert file.stat().st_mtime_ns == stamp and read.quality == made.quality and read.settings == made.settings
    np.testing.assert_array_equal(read.coordinates, made.coordinates)
    for settings in ({"max_iter": 251}, {"max_iter": 250, "seed": 1}):
        project(x, "tsne", folder=tmp_path, **settings)
    project(x, "pca", folder=tmp_path)
    project(x[::-1], "pca", folder=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == len(list(tmp_path.glob("*.json"))) == 5
    assert json.loads(file.with_suffix(".json").read_text())["quality"] == made.quality


def test_another_hierarchy_is_measured_anew_on_the_saved_picture(shop, spaces, tmp_path):
    x = spaces["hierarchical"]
    plain = project(x, "pca", folder=tmp_path)
    (file,) = tmp_path.glob("*.npz")
    assert plain.level is None and "same_in_space" not in plain.quality
    for hierarchy, level in ((shop.hierarchy, "category"), (shop.hierarchy.select(["product"]), "product")):
        read = project(x, "pca", hierarchy=hierarchy, folder=tmp_path)
        assert read.level == level and read.quality == project(x, "pca", hierarchy=hierarchy).quality
        np.testing.assert_array_equal(read.coordinates, plain.coordinates)
    assert list(tmp_path.glob("*.npz")) == [file]


def test_spaces_that_are_added_leave_the_saved_ones_as_they_are(spaces, tmp_path):
    first = project_together(spaces, "pca", folder=tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    more = project_together(spaces | {"later": random_units(36)}, "pca", folder=tmp_path)
    assert all(path.read_bytes() == content for path, content in files.items())
    assert len(list(tmp_path.glob("*.npz"))) == 3
    for name in spaces:
        np.testing.assert_array_equal(more[name].coordinates, first[name].coordinates)


def test_a_damaged_file_is_named_and_not_replaced(spaces, tmp_path):
    project(spaces["flat"], "pca", folder=tmp_path)
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(HrlibError, match=f"{file.name}.*delete it and project again"):
        project(spaces["flat"], "pca", folder=tmp_path)
    assert len(file.read_bytes()) == 100


@pytest.mark.parametrize("method", ["umap", "pca", "tsne"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_hardly_any_items(method, n):
    x, hierarchy = random_units(n), tree(np.zeros(n, int))
    made = project_together({"a": x, "b": random_units(n, 1, 5)}, method, hierarchy=hierarchy)
    for shown in made.values():
        assert shown.coordinates.shape == (n, 2) and np.isfinite(shown.coordinates).all() and shown.caption()
        assert np.isfinite(list(shown.quality.values())).all()
        np.testing.assert_allclose(shown.place(shown.embeddings), shown.coordinates, atol=1e-6)


def test_the_embeddings_are_kept_and_not_copied_and_the_text_is_short(spaces):
    shown = project(spaces["flat"], "pca")
    assert np.shares_memory(shown.embeddings, spaces["flat"]) and len(shown) == 36
    assert repr(shown).startswith("Projection(36 items from 8 dimensions by pca: trustworthiness")


def test_bad_input_is_refused_with_what_to_do(shop, spaces, tmp_path):
    x = spaces["flat"]
    broken = x.copy()
    broken[3, 0] = np.nan
    with pytest.raises(HrlibError, match="embeddings: 1 of 36 rows hold NaN.*row 3"):
        project(broken)
    with pytest.raises(HrlibError, match="later: 36 of 36 rows are not of unit length"):
        project_together({"first": x, "later": 2 * x}, "pca")
    with pytest.raises(HrlibError, match="a: 36, b: 35: expected.*the same items"):
        project_together({"a": x, "b": x[1:]}, "pca")
    with pytest.raises(HrlibError, match="none: expected at least one space"):
        project_together({}, "pca")
    with pytest.raises(HrlibError, match="a hierarchy of 36 items for embeddings of 30"):
        project(x[:30], "pca", hierarchy=shop.hierarchy)
    with pytest.raises(HrlibError, match="'n_neighbours' is no setting"):
        project(x, n_neighbours=3)
    (tmp_path / "file").write_text("")
    with pytest.raises(HrlibError, match="is a file: expected a folder"):
        project(x, "pca", folder=tmp_path / "file")
    for method in ("pca", "tsne"):
        shown = project(x, method)
        with pytest.raises(HrlibError, match="8 dimensions and the queries 5"):
            shown.place(random_units(2, dim=5))
        with pytest.raises(HrlibError, match="new embeddings: .*not of unit length"):
            shown.place(2 * x)
    with pytest.raises(HrlibError, match="k is 0"):
        shown.place(x, k=0)


def test_exported(spaces):
    assert isinstance(hr.explore.project(spaces["flat"], "pca"), hr.explore.Projection)
