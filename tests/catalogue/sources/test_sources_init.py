import importlib
from dataclasses import replace

import pytest

import hrlib as hr
from hrlib.catalogue.sources import SOURCES

# a file that each source looks for first
FIRST = {
    "fashion-products": "fashion_products",
    "grocery": "grocery_store",
    "omniglot": "omniglot_small",
    "cub": "CUB_200_2011",
    "cars": "car_ims",
    "sop": "Stanford_Online_Products",
    "in-shop": "img",
    "inaturalist": "Inat_dataset_splits",
    "cifar100": "cifar-100-binary",
    "flickr8k": "Flickr8k_Dataset",
    "flickr30k": "flickr30k-images",
    "coco": "caption_datasets",
}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "grocerry"}, "no data set is called 'grocerry'; did you mean 'grocery'"),
        ({"name": "synthetic", "size": "medium"}, "size is 'medium': expected 'small' or 'full'"),
        ({"name": "synthetic", "image_sice": 3}, "'synthetic' has no setting 'image_sice'; did you mean 'image_size'"),
    ],
)
def test_bad_calls_are_named(arguments, says):
    with pytest.raises(hr.HrlibError, match=says):
        hr.load(**arguments)


@pytest.mark.parametrize("arguments", [(), ("no such thing",)])
def test_no_or_an_unknown_name_lists_the_sets_with_a_line_each(arguments):
    with pytest.raises(hr.HrlibError) as error:
        hr.load(*arguments)
    lines = str(error.value).splitlines()
    assert lines[0] == (
        "no data set is called 'no such thing'; Known:" if arguments else "give the name of a data set. Known:"
    )
    assert [line.split()[0] for line in lines[1:]] == list(SOURCES)
    assert all(len(line.split()) > 4 for line in lines[1:])


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "synthetic"])
def test_missing_data_says_where_to_get_it_and_where_to_put_it(name, tmp_path, monkeypatch):
    with pytest.raises(hr.HrlibError, match=r"neither .* nor .* is in .* Get .* put (it|them) there"):
        hr.load(name, data_dir=tmp_path)
    monkeypatch.delenv("HRLIB_DATA", raising=False)
    with pytest.raises(hr.HrlibError, match="give data_dir=... or set HRLIB_DATA"):
        hr.load(name)


@pytest.mark.parametrize("form", ["zip", "tgz", "tar.gz"])
@pytest.mark.parametrize("name", FIRST)
def test_a_cut_off_archive_is_named(name, form, tmp_path, write_archive):
    path = write_archive(tmp_path / name, FIRST[name], {"a.txt": "a" * 5000, "b.txt": "b"}, form)
    path.write_bytes(path.read_bytes()[:-25])
    with pytest.raises(hr.HrlibError, match=rf"{path.name} is no whole (zip file|tar archive) \(.*\): fetch it again"):
        hr.load(name, data_dir=tmp_path, cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
@pytest.mark.parametrize("name", FIRST)
def test_no_name_in_an_archive_leads_out_of_it(name, form, tmp_path, write_archive):
    evil = {"../evil.jpg": "x", "../../evil.jpg": "x", f"{tmp_path}/evil.jpg": "x"}
    path = write_archive(tmp_path / "data" / name, FIRST[name], evil, form)
    with pytest.raises(hr.HrlibError, match="points out of the archive" if form == "tar.gz" else "holds no"):
        hr.load(name, data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


@pytest.mark.parametrize("name", ["cub", "cifar100"])
def test_a_download_with_another_checksum_is_refused(name, tmp_path, server, monkeypatch):
    source = importlib.import_module(SOURCES[name])
    server.files["/set.tgz"] = b"something else"
    monkeypatch.setattr(source, "ARCHIVE", replace(source.ARCHIVE, url=f"{server.url}set.tgz"))
    with pytest.raises(hr.HrlibError, match=rf"expected {source.ARCHIVE.checksum} but got .* Get "):
        hr.load(name, data_dir=tmp_path, download=True)
    assert not any(file.is_file() for file in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    "name", [name for name in SOURCES if name not in ("synthetic", "cub", "cifar100", "fashion-mnist", "coco")]
)
def test_where_nothing_can_be_downloaded_it_says_so(name, tmp_path):
    with pytest.raises(
        hr.HrlibError, match=r"download=True cannot help: the publisher of .* offers no plain download\. Get "
    ):
        hr.load(name, data_dir=tmp_path, download=True)
