"""What is wanted of a model of the hub, and what is said where it is not there or not whole."""

import sys

import pytest
from torch import nn

from hrlib import HrlibError
from hrlib.models.hub import ONLY_WEIGHTS, check_whole, not_there, transformers_for


def test_nothing_is_unpickled_and_no_code_is_run():
    assert ONLY_WEIGHTS["use_safetensors"] and ONLY_WEIGHTS["trust_remote_code"] is False


def test_without_transformers_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(HrlibError, match=r"""^'a/b' needs transformers, .*pip install "hrlib\[pretrained\]"$"""):
        transformers_for("a/b")


def test_missing_weights_are_counted_and_the_first_named():
    network = nn.Linear(2, 2)
    check_whole("a/b", network, {"missing_keys": []})
    with pytest.raises(HrlibError) as refused:
        check_whole("a/b", network, {"missing_keys": {"d", "a", "c", "b"}})
    assert str(refused.value).startswith("'a/b' lacks 4 of the weights of its Linear (a, b, c, ...): ")


def test_what_is_said_names_the_cache_and_the_first_line_of_the_error(monkeypatch):
    monkeypatch.delenv("HF_HOME", raising=False)
    said = not_there("a/b", OSError("no such model\nand much more"), "tokenizer.json")
    assert said.startswith("'a/b' cannot be loaded (OSError: no such model). Expected a folder with config.json, model")
    assert "and tokenizer.json, or a model" in said and "~/.cache/huggingface (HF_HOME)" in said
    assert "much more" not in said and "`hf download a/b`" in said
    monkeypatch.setenv("HF_HOME", "elsewhere")
    assert "(ValueError: )" in not_there("a/b", ValueError(" ")) and "elsewhere" in not_there("a/b", ValueError())
