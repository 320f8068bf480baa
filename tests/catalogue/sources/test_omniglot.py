import pytest

import hrlib as hr


def test_characters_of_alphabets(pack, make_photo):
    names = [
        f"images/{alphabet}/character0{c}/0{c}_0{drawer}.png"
        for alphabet in ("Latin", "Greek")
        for c in (1, 2)
        for drawer in (1, 2)
    ]
    members = {name: make_photo(n, "PNG") for n, name in enumerate(names)} | {"LICENSE": "MIT"}
    catalogue = hr.load("omniglot", size="full", data_dir=pack("omniglot_small", members))
    assert catalogue.hierarchy.n_classes == (4, 2) and len(catalogue) == 8
    with pytest.raises(hr.HrlibError, match="'omniglot' has no column 'split': no official split came with it"):
        catalogue.official_split()
    assert catalogue.hierarchy.names[0][0] == "Greek: character01" and set(catalogue.items["drawer"]) == {"01", "02"}


def test_an_archive_of_something_else(pack):
    with pytest.raises(hr.HrlibError, match="has no images/ALPHABET/CHARACTER"):
        hr.load("omniglot", data_dir=pack("omniglot_small", {"images/readme.txt": "nothing"}))


def test_real(data_dir):
    catalogue = hr.load("omniglot", size="full", data_dir=data_dir)
    assert catalogue.hierarchy.n_classes == (242, 8) and len(catalogue) == 242 * 20
