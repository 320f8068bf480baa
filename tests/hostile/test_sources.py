"""Named data sets: their lists damaged, their archives hostile."""

import gzip
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.catalogue.sources import tar
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.parts import Part
from tests.hostile import sources
from tests.hostile.corpus import bomb, encrypted, tarred, unknown_method, zipped
from tests.hostile.damage import damaged, damaged_json, damaged_lines, tries

PHOTOS = (".jpg", ".JPG", ".png")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """unpacked(name) -> the folder of a data set, its cache, and its files but for the photos."""
    made = {}

    def once(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("sources") / "data"
            (cache := folder.parent / "cache").mkdir()
            files = sources.SOURCES[name][0]()
            sources.write(folder, files)
            lists = {folder / file: data for file, data in files.items() if not file.endswith(PHOTOS)}
            made[name] = folder, cache, lists
        return made[name]

    return once


@pytest.mark.parametrize("name", sources.SOURCES)
def test_they_are_sound_before_they_are_damaged(name, unpacked):
    folder, cache, _ = unpacked(name)
    assert len(sources.loader(name, folder, cache)()) >= 4


@pytest.mark.parametrize("name", [name for name in sources.SOURCES if name != "cars"])
@tries(30)
@given(data=st.data())
def test_damaged_lists(name, unpacked, attempt, data):
    damage_and_load(name, unpacked, attempt, data)


@tries(6, most=1_000)  # each starts a process
@given(data=st.data())
def test_damaged_matlab_files(unpacked, attempt, data):
    """scipy's reader crashes on some: the first found was a file with 16 bytes of noise in it."""
    damage_and_load("cars", unpacked, attempt, data)


def damage_and_load(name, unpacked, attempt, data):
    folder, cache, lists = unpacked(name)
    path = data.draw(st.sampled_from(list(lists)))
    whole = lists[path]
    ways = [damaged(whole)]
    if path.suffix == ".json":
        ways.append(damaged_json(whole))
    elif path.suffix in (".txt", ".csv"):
        ways += [damaged_lines(whole), damaged_lines(whole)]
    path.write_bytes(data.draw(st.one_of(ways)))
    try:
        catalogue, _ = attempt(
            "damaged lists and arrays", f"hr.load: {name}", sources.loader(name, folder, cache), folder, cache
        )
        if catalogue is not None:
            assert (
                len(catalogue) == len(catalogue.images) == len(catalogue.hierarchy) and catalogue.items["id"].is_unique
            )
    finally:
        path.write_bytes(whole)


def test_no_source_is_forgotten():
    assert {name.split(" ")[0].rstrip(",") for name in sources.SOURCES} == set(hr.catalogue.sources.SOURCES) - {
        "synthetic"
    }


@pytest.mark.parametrize("name", ["flickr8k", "flickr30k", "coco", "inaturalist", "inaturalist, competition"])
def test_half_a_character_in_json(name, unpacked, attempt):
    folder, cache, lists = unpacked(name)
    for path in (path for path in lists if path.suffix == ".json"):
        for key in (b'"filename": "', b'"file_name": "', b'"raw": "', b'"name": "', b'"genus": "'):
            changed = lists[path].replace(key, key + b"\\ud83d", 1)
            path.write_bytes(changed)
            try:
                load = sources.loader(name, folder, cache)
                _, refusal = attempt("half a character", f"hr.load: {name}", load, folder, cache)
            finally:
                path.write_bytes(lists[path])
            read = name != "inaturalist" or path.name == "categories.json"  # the others are the competition's
            assert (refusal is not None) == (changed != lists[path] and read)


@pytest.fixture(scope="module")
def groceries():
    """The grocery data set as the files of an archive."""
    return {name.removeprefix("grocery_store/"): data for name, data in sources.grocery().items()}


@tries(100)
@given(data=st.data())
def test_damaged_zip_files(fresh, groceries, attempt, data):
    whole = zipped(groceries, compression=data.draw(st.sampled_from([0, 8, 12, 14])))
    load_packed("zip", data.draw(damaged(whole)), fresh, attempt)


@tries(60)
@given(data=st.data())
def test_damaged_tar_files(fresh, groceries, attempt, data):
    members = ((name, tarfile.REGTYPE, content) for name, content in groceries.items())
    load_packed("tar", data.draw(damaged(tarred(*members, packed=data.draw(st.booleans())))), fresh, attempt)


def load_packed(kind, archive, fresh, attempt):
    """Try the grocery data set whose archive of this kind has these bytes."""
    folder = fresh() / "data"
    (cache := folder.parent / "cache").mkdir()
    folder.mkdir()
    (folder / f"grocery_store.{kind}").write_bytes(archive)
    load = sources.loader("grocery", folder, cache)
    attempt(f"damaged {kind} files", "hr.load, archives", load, folder, cache)


@pytest.fixture
def place(tmp_path):
    """A folder for data, one for the cache, and beside them a file that nobody may read or change."""
    for name in ("data", "cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "secret.txt").write_text("Gala,9,Secret,9,x,x")
    return tmp_path / "data", tmp_path / "cache"


def with_lists(groceries, **changed):
    return groceries | {f"{name}.txt": text.encode() for name, text in changed.items()}


OUT = ["../../secret.txt", "/etc/passwd", "..\\..\\secret.txt", "a/../../secret.txt", "C:\\secret.txt"]


@pytest.mark.parametrize("name", OUT)
def test_names_in_a_zip_file_that_point_out(name, place, groceries, attempt):
    """Nothing is unpacked under a name that the archive gives: such a member is a name like another, and what a list says is looked up in it."""
    folder, cache = place
    (folder / "grocery_store.zip").write_bytes(zipped({name: b"evil", **with_lists(groceries, val=f"{name}, 0, 0\n")}))
    attempt(
        "archives with .. and absolute paths",
        "hr.load, archives",
        sources.loader("grocery", folder, cache),
        folder,
        cache,
    )
    assert not [path for path in folder.parent.rglob("*") if path.name.endswith("passwd")]
    assert (folder.parent / "secret.txt").read_text().startswith("Gala,9")


@pytest.mark.parametrize("name", OUT)
def test_names_in_a_list_that_point_out(name, place, groceries, attempt):
    folder, cache = place
    sources.write(folder / "grocery_store", with_lists(groceries, val=f"{name}, 0, 0\n"))
    catalogue, _ = attempt(
        "archives with .. and absolute paths", "hr.load, lists", sources.loader("grocery", folder, cache), folder, cache
    )
    assert catalogue is None or name not in catalogue.items["id"].tolist()


LINKS = {
    "a symbolic link": (tarfile.SYMTYPE, "../../secret.txt"),
    "a symbolic link to a folder": (tarfile.SYMTYPE, "/etc"),
    "a hard link": (tarfile.LNKTYPE, "../../secret.txt"),
    "a hard link to itself": (tarfile.LNKTYPE, "val/Fruit/Apple/Gala/3.jpg"),
    "a device": (tarfile.CHRTYPE, ""),
    "a pipe": (tarfile.FIFOTYPE, ""),
}


@pytest.mark.parametrize("kind", LINKS)
def test_links_in_a_tar_file(kind, place, groceries, attempt):
    folder, cache = place
    photo = "val/Fruit/Apple/Gala/3.jpg"
    members = [(name, tarfile.REGTYPE, content) for name, content in groceries.items() if name != photo]
    (folder / "grocery_store.tgz").write_bytes(
        tarred(*members, (photo, *LINKS[kind]), ("link", tarfile.SYMTYPE, "../.."))
    )
    catalogue, _ = attempt(
        "archives with links and devices", "hr.load, archives", sources.loader("grocery", folder, cache), folder, cache
    )
    assert len(catalogue) == 3 and photo not in catalogue.items["id"].tolist()
    assert not [path for path in folder.parent.rglob("*") if path.is_symlink() or path.is_fifo()]


@pytest.mark.parametrize("name", ["../../evil.txt", "/tmp/evil.txt", "a/../../evil.txt"])
def test_members_of_a_tar_file_that_point_out(name, place, groceries, attempt):
    folder, cache = place
    members = [(name, tarfile.REGTYPE, b"evil")] + [(n, tarfile.REGTYPE, c) for n, c in groceries.items()]
    (folder / "grocery_store.tgz").write_bytes(tarred(*members))
    _, refusal = attempt(
        "archives with .. and absolute paths",
        "hr.load, archives",
        sources.loader("grocery", folder, cache),
        folder,
        cache,
    )
    assert "points out of the archive" in str(refusal) and not list((cache / "archives").iterdir())


def test_zip_files_that_cannot_be_unpacked(place, groceries, attempt):
    folder, cache = place
    for made, said in ((encrypted, "encrypted"), (unknown_method, "compression")):
        (folder / "grocery_store.zip").write_bytes(made(groceries))
        _, refusal = attempt(
            "encrypted and strange zip files",
            "hr.load, archives",
            sources.loader("grocery", folder, cache),
            folder,
            cache,
        )
        assert said in str(refusal)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(place, attempt, monkeypatch):
    folder, cache = place
    (folder / "grocery_store.zip").write_bytes(bomb(50_000_000))
    monkeypatch.setattr("hrlib.catalogue.sources.archive.MOST_BYTES", 40_000_000)
    _, refusal = attempt(
        "zip and tar bombs", "hr.load, archives", sources.loader("grocery", folder, cache), folder, cache
    )
    assert "50,000,000 bytes, more than the cap of 40,000,000" in str(refusal)


def test_a_photo_that_is_a_bomb_is_a_bad_photo(place, groceries, attempt):
    folder, cache = place
    data = zipped(groceries | {"val/Fruit/Apple/Gala/3.jpg": bytes(150_000_000)}, compression=8)
    assert len(data) < 400_000
    (folder / "grocery_store.zip").write_bytes(data)
    catalogue, _ = attempt(
        "zip and tar bombs", "hr.load, archives", sources.loader("grocery", folder, cache), folder, cache
    )
    assert catalogue.skipped["id"].tolist() == ["val/Fruit/Apple/Gala/3.jpg"]
    assert "150,000,000 bytes, more than the cap" in catalogue.skipped["reason"].iloc[0]


def test_a_tar_bomb_is_refused_while_it_is_small(place, groceries, attempt, monkeypatch):
    folder, cache = place
    members = [(f"zeros {n}", tarfile.REGTYPE, bytes(2_000_000)) for n in range(10)]
    (folder / "grocery_store.tgz").write_bytes(
        tarred(*members, *((n, tarfile.REGTYPE, c) for n, c in groceries.items()))
    )
    monkeypatch.setattr(tar, "ALWAYS", 5_000_000)
    _, refusal = attempt(
        "zip and tar bombs", "hr.load, archives", sources.loader("grocery", folder, cache), folder, cache
    )
    assert "is it a bomb?" in str(refusal) and not list((cache / "archives").iterdir())


def test_a_gzip_bomb_in_the_place_of_an_array(place, attempt, monkeypatch):
    folder, cache = place
    files = sources.fashion_mnist_idx()
    files["train-images-idx3-ubyte.gz"] = gzip.compress(
        bytes([0, 0, 8, 3]) + np.array([50_000, 28, 28], ">u4").tobytes() + bytes(39_200_000)
    )
    sources.write(folder, files)
    monkeypatch.setattr("hrlib.catalogue.sources.fashion_mnist.MOST_BYTES", 1_000_000)
    _, refusal = attempt(
        "zip and tar bombs", "hr.load: fashion-mnist", sources.loader("fashion-mnist", folder, cache), folder, cache
    )
    assert "1,000,000 bytes for an array of shape (50000, 28, 28)" in str(refusal)


def test_a_pickle_in_the_place_of_arrays(place, attempt):
    """CIFAR's python version is a pickle, and .npy files can hold one."""
    folder, cache = place
    for content in (np.array([print], dtype=object), {"x": 1}):
        with open(folder / "fashion_mnist.npz", "wb") as file:
            np.save(file, content, allow_pickle=True)
        attempt("a pickle", "hr.load: fashion-mnist", sources.loader("fashion-mnist", folder, cache), folder, cache)


@pytest.mark.parametrize("name", [name for name in hr.catalogue.sources.SOURCES if name != "synthetic"])
def test_nothing_is_fetched_unasked(name, place, attempt):
    """Without download=True a data set that is not there is an error, and no connection is tried."""
    folder, cache = place
    _, refusal = attempt(
        "data that is not there", "hr.load", lambda: hr.load(name, data_dir=folder, cache_dir=cache), folder, cache
    )
    assert isinstance(refusal, hr.HrlibError) and "neither" in str(refusal)


@tries(100)
@given(name=st.text(max_size=20))
def test_no_name_leads_out_of_a_folder(fresh, attempt, name):
    folder = fresh() / "data"
    folder.mkdir()
    (folder / "classes.csv").write_text("in")
    (folder.parent / "classes.csv").write_text("out")
    archive = Archive.search([folder], Part("grocery_store.zip", "classes.csv"))
    for tried in (name, f"../{name}", f"{name}/../../classes.csv", "../classes.csv"):
        content, _ = attempt(
            "archives with .. and absolute paths", "hr.load, lists", lambda tried=tried: archive.read(tried), folder
        )
        assert content in (None, b"in")
