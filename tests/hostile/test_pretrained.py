"""Pretrained networks in a folder of somebody else's: damaged, pickled, or with code beside the weights."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from tests.hostile.damage import damaged, tries

transformers = pytest.importorskip("transformers")

PREPROCESSOR = {"size": {"height": 16, "width": 16}, "resample": 2, "image_mean": [0.5] * 3, "image_std": [0.25] * 3}
CODE = "from pathlib import Path\nPath(__file__).with_name('ran').write_text('')\nclass Odd: pass\n"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A tiny network in a folder, and the bytes of its files."""
    folder = tmp_path_factory.mktemp("pretrained") / "network"
    config = transformers.ResNetConfig(embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic")
    transformers.ResNetModel(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
    return folder, {path: path.read_bytes() for path in sorted(folder.iterdir())}


def load(folder):
    return lambda: hr.models.image_encoder(str(folder), dim=8, image_size=16)


@tries(25)
@given(data=st.data())
def test_damaged_files(network, attempt, data):
    folder, files = network
    path = data.draw(st.sampled_from(list(files)))
    path.write_bytes(data.draw(damaged(files[path])))
    try:
        attempt("damaged files", "a pretrained network", load(folder), folder)
    finally:
        path.write_bytes(files[path])


def test_weights_that_are_a_pickle(network, tmp_path, attempt):
    folder = tmp_path / "pickled"
    folder.mkdir()
    for path, data in network[1].items():
        if path.suffix != ".safetensors":
            (folder / path.name).write_bytes(data)
    torch.save({"a": torch.zeros(1)}, folder / "pytorch_model.bin")
    _, refusal = attempt("a pickle", "a pretrained network", load(folder), folder)
    assert isinstance(refusal, hr.HrlibError)


@pytest.mark.parametrize("part", ["config.json", "preprocessor_config.json"])
def test_code_beside_the_weights_is_not_run_or_asked_about(network, tmp_path, attempt, part, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody was asked"))
    folder = tmp_path / "with code"
    folder.mkdir()
    for path, data in network[1].items():
        (folder / path.name).write_bytes(data)
    odd = {"AutoConfig": "odd.Odd", "AutoModel": "odd.Odd", "AutoImageProcessor": "odd.Odd"}
    content = json.loads((folder / part).read_text()) | {"auto_map": odd}
    content |= {"model_type": "odd"} if part == "config.json" else {}
    (folder / part).write_text(json.dumps(content))
    (folder / "odd.py").write_text(CODE)
    _, refusal = attempt("code beside the weights", "a pretrained network", load(folder), folder)
    assert (refusal is not None) == (part == "config.json") and not (folder / "ran").exists()
