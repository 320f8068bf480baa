"""The file that describes a run: what it says is what is made, and what is wrong in it is named."""

import json

import pytest

import hrlib as hr
from hrlib.training.config import RunConfig, Split, config_of, read_config
from hrlib.training.fit import FitSettings

DESCRIBED = {
    "catalogue": {"folder": "photos", "levels": ["product", "kind"], "image_size": [16, 16], "workers": 1},
    "split": {"by": "items", "fractions": [0.5, 0.5]},
    "model": {"dim": 8},
    "loss": {"name": "hpl-proxy-anchor", "weights": [1.0, 0.5]},
    "fit": {"epochs": 2, "batch_size": 5},
    "out_dir": "out",
}


def written(folder, values):
    (folder / "run.json").write_text(json.dumps(values))
    return folder / "run.json"


def test_a_file_becomes_settings_with_its_lists_as_tuples(tmp_path):
    read = read_config(written(tmp_path, DESCRIBED))
    assert read.split == Split("items", (0.5, 0.5)) and read.fit == FitSettings(epochs=2, batch_size=5)
    assert read.catalogue["image_size"] == (16, 16) and read.loss["weights"] == (1.0, 0.5)
    short = {"catalogue": {"name": "synthetic"}, "out_dir": "out"}
    assert config_of(short) == RunConfig({"name": "synthetic"}, "out")


def test_parts_are_those_of_the_catalogues_own_splits(shop):
    for by, split in (("classes", shop.split_classes), ("items", shop.split_items)):
        parts = Split(by, (0.4, 0.1, 0.5), seed=3).parts(shop)
        assert list(parts) == ["train", "val", "test"]
        expected = [part.items["id"].tolist() for part in split((0.4, 0.1, 0.5), seed=3)]
        assert [part.items["id"].tolist() for part in parts.values()] == expected
    assert list(Split(fractions=(0.5, 0.5)).parts(shop)) == ["train", "test"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"epochs": 3}, "'epochs' is no setting of RunConfig; Known: catalogue, out_dir, split, model, loss, fit"),
        ({"fit": {"epoch": 3}}, "'epoch' is no setting of FitSettings; did you mean 'epochs'"),
        ({"fit": {"epochs": "3"}}, "epochs is '3' .str.: expected int"),
        ({"fit": [1]}, "fit is .1,. .tuple.: expected dict"),
        ({"model": {"dims": 3}}, "'dims' is no setting of model; did you mean 'dim'"),
        ({"loss": {"name": "proxy"}}, "no loss is called 'proxy'"),
        ({"loss": {"margin": 1}}, "loss has no name: expected one of contrastive"),
        ({"split": {"by": "class"}}, "by is 'class'.*one of 'classes', 'items', 'official'"),
        ({"catalogue": {}}, "catalogue has none of name, folder, table: expected one of them"),
        ({"catalogue": {"name": "synthetic", "folder": "x"}}, r"catalogue has \['name', 'folder'\]"),
        (
            {"catalogue": {"folder": "x", "size": "full"}},
            "'size' is no setting of a catalogue of a folder; .*Known: levels",
        ),
        ({"catalogue": {"folder": "x", "workers": "2"}}, "workers is '2'"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path, changed, says):
    with pytest.raises(hr.HrlibError, match=says):
        read_config(written(tmp_path, DESCRIBED | changed))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "holds a list: expected an object"),
        ("{}", "has no catalogue and no out_dir"),
        ('{"out_dir": "a", "out_dir": "b"}', "a key is given twice among out_dir, out_dir"),
    ],
)
def test_what_is_no_description(tmp_path, text, says):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(hr.HrlibError, match=says):
        read_config(tmp_path / "run.json")
    with pytest.raises(hr.HrlibError, match="cannot be read"):
        read_config(tmp_path / "none.json")


def test_bad_splits(shop):
    for fractions in ((0.5,), (0.2,) * 5, (1, 0)):
        with pytest.raises(hr.HrlibError, match="fractions are .*expected two or three numbers"):
            Split(fractions=fractions).parts(shop)
    with pytest.raises(hr.HrlibError, match="no official split came with it"):
        Split("official").parts(shop)
    items = shop.items.assign(split="gallery")
    with pytest.raises(hr.HrlibError, match="the official parts are gallery: expected train"):
        Split("official").parts(hr.Catalogue("", items, shop.images, shop.hierarchy))
