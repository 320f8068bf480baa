import pytest

from hrlib import HrlibError
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.parts import Part, places

PART = Part("things.zip", "list.csv")


def find(folder, part=PART, **settings):
    return Archive.find("some-things", part, "Get it.", folder, **settings)


@pytest.mark.parametrize("file", ["a.b.zip", "a.b.tgz", "a.b.tar.gz", "a.b.tar", "a.b"])
def test_the_stem_is_the_name_without_the_packing(file):
    assert Part(file, "").stem == "a.b"


def test_where_a_data_set_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("HRLIB_DATA", str(tmp_path / "data"))
    assert places("cub", "", None, False) == [tmp_path / "data" / "cub", tmp_path / "data"]
    assert places("cub", "", tmp_path, False) == [tmp_path / "cub", tmp_path]
    monkeypatch.delenv("HRLIB_DATA")
    monkeypatch.setenv("HRLIB_CACHE", str(tmp_path / "cache"))
    assert places("cub", "", None, True) == [tmp_path / "cache" / "data" / "cub"]  # to be made by the download
    (tmp_path / "cache" / "data" / "cub").mkdir(parents=True)
    assert places("cub", "", None, False) == [tmp_path / "cache" / "data" / "cub"]


def test_missing_files_say_where_to_get_them_and_where_to_put_them(tmp_path, monkeypatch):
    with pytest.raises(
        HrlibError, match=r"neither things.zip nor things/list.csv is in .*some-things or .*\. Get it\."
    ):
        find(tmp_path)
    with pytest.raises(HrlibError, match="With download=True it is fetched. Get it."):
        find(tmp_path, Part("things.zip", "list.csv", "http://127.0.0.1:9/things.zip"))
    with pytest.raises(HrlibError, match="download=True cannot help: the publisher of things.zip offers no plain"):
        find(tmp_path, download=True)
    monkeypatch.delenv("HRLIB_DATA", raising=False)
    monkeypatch.setenv("HRLIB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(HrlibError, match="no folder for some-things: give data_dir=... or set HRLIB_DATA. Get it."):
        find(None)
