"""Connections to Milvus: what is started is stopped, nothing is left, and what is no address is said."""

import sys
import threading
import time
from pathlib import Path

import pytest

from hrlib import HrlibError
from hrlib.search import MilvusStore, milvus_connection
from tests.search.conformance import unit


def test_a_server_is_stopped_with_its_last_store(tmp_path):
    first = MilvusStore(tmp_path / "items.db", dim=4)
    before = threading.active_count()
    first.upsert(["a"], unit(1, dim=4))
    second = MilvusStore(str(tmp_path / "items.db"))
    first.close()
    first.close()
    assert second.ids() == ["a"]
    del second  # as when it is forgotten
    assert str(tmp_path / "items.db") not in milvus_connection._servers
    until = time.monotonic() + 20
    while threading.active_count() >= before and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() < before
    third = MilvusStore(tmp_path / "items.db")
    assert third.ids() == ["a"]
    third.close()


def test_a_temporary_store_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = MilvusStore(dim=4)
    store.upsert(["a"], unit(1, dim=4))
    assert Path(store.stats()["uri"]).is_relative_to(tmp_path) and len(list(tmp_path.iterdir())) == 1
    store.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["pymilvus", "milvus_lite"])
def test_what_is_missing_is_said(tmp_path, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(HrlibError, match=r'pip install "hrlib\[cluster\]"'):
        MilvusStore(tmp_path / "items.db", dim=4)


@pytest.mark.parametrize("uri", ["items", 3, "", b"items.db"])
def test_bad_addresses(uri):
    with pytest.raises(HrlibError, match="expected a path that ends with .db, or an address"):
        MilvusStore(uri, dim=4)


def test_an_address_that_nothing_listens_at():
    with pytest.raises(HrlibError, match="no Milvus at 127.0.0.1:1: is it running") as error:
        MilvusStore("http://user:secret@127.0.0.1:1", dim=4)
    assert "secret" not in str(error.value)
