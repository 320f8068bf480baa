import io

import numpy as np
import pytest
from scipy.io import savemat

import hrlib as hr
from hrlib.catalogue.sources import cars

MODELS = [
    "AM General Hummer SUV 2000",
    "Acura RL Sedan 2012",
    "Aston Martin Virage Coupe 2012",
    "Ford Ranger SuperCab 2011",
]
NUMBERS = [1, 1, 2, 2, 3, 3, 4, 4]
TESTED = [0, 1] * 4


def matlab(**variables):
    file = io.BytesIO()
    savemat(file, variables)
    return file.getvalue()


def records(**columns):
    """A struct array as MATLAB writes it."""
    table = np.empty(len(next(iter(columns.values()))), dtype=[(name, object) for name in columns])
    for name, values in columns.items():
        table[name] = values
    return table


NAMES = np.array(MODELS, dtype=object)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(cars, "EXPECTED", {"photos": 8, "model": 4, "train": 4, "test": 4})
    monkeypatch.setattr(cars, "TRAIN_CLASSES", 2)
    return tmp_path


@pytest.fixture
def load(folder):
    def load(**settings):
        common = {"size": "full", "data_dir": folder, "cache_dir": folder / "cache", "workers": 1}
        return hr.load("cars", **common | settings)

    return load


@pytest.fixture(params=["tgz", "folder"])
def one_folder(folder, write_archive, make_photo, request):
    """car_ims and cars_annos.mat."""
    paths = [f"car_ims/{n:06}.jpg" for n in range(1, 9)]
    where = (folder, "car_ims") if request.param == "tgz" else (folder / "cars", ".")
    write_archive(*where, {path: make_photo(n) for n, path in enumerate(paths, 1)}, request.param)
    content = matlab(
        annotations=records(relative_im_path=paths, bbox_x1=[1] * 8, **{"class": NUMBERS, "test": TESTED}),
        class_names=NAMES,
    )
    (folder / "cars_annos.mat").write_bytes(content)
    return paths


@pytest.fixture(params=["tgz", "doubled folders"])
def two_folders(folder, write_archive, make_photo, request):
    """cars_train, cars_test, the development kit and the labels of the test photos."""
    annotations = {}
    for part, tested in (("train", 0), ("test", 1)):
        numbers = [number for number, test in zip(NUMBERS, TESTED, strict=True) if test == tested]
        names = [f"{n:05}.jpg" for n in range(1, 5)]
        annotations[part] = matlab(annotations=records(fname=names, **{"class": numbers}))
        shots = {f"cars_{part}/{name}": make_photo(n + 4 * tested) for n, name in enumerate(names, 1)}
        write_archive(folder, f"cars_{part}", shots, "tgz" if request.param == "tgz" else "folder")
    kit = {
        "devkit/cars_meta.mat": matlab(annotations=records(x=[1]), class_names=NAMES),
        "devkit/cars_train_annos.mat": annotations["train"],
    }
    write_archive(
        folder, "car_devkit" if request.param == "tgz" else ".", kit, "tgz" if request.param == "tgz" else "folder"
    )
    labels = folder if request.param == "tgz" else folder / "devkit"
    (labels / "cars_test_annos_withlabels.mat").write_bytes(annotations["test"])


def check(catalogue):
    assert catalogue.hierarchy.levels == ("model", "make") and catalogue.attributes == ("body", "year")
    assert catalogue.hierarchy.names[1] == ("AM General", "Acura", "Aston Martin", "Ford")
    train, test = catalogue.official_split()
    assert set(train.items["model"]) == set(MODELS[:2]) and set(test.items["model"]) == set(MODELS[2:])
    trained, tested = catalogue.official_split("photo_split")
    assert len(trained) == len(tested) == 4 and set(tested.items["model"]) == set(MODELS)
    return dict(zip(catalogue.items["id"], catalogue.items["model"], strict=True))


def test_all_photos_in_one_folder(load, one_folder):
    models = check(load())
    assert [models[path] for path in one_folder] == [MODELS[number - 1] for number in NUMBERS]
    by_body = load(superclass="body")
    assert by_body.hierarchy.names[1] == ("Coupe", "Pickup", "SUV", "Sedan") and by_body.attributes == ("make", "year")
    assert set(by_body.items["year"]) == {"2000", "2011", "2012"}


def test_photos_in_two_folders(load, two_folders):
    catalogue = load()
    models = check(catalogue)
    assert models["cars_train/00002.jpg"] == models["cars_test/00002.jpg"] == MODELS[1]
    red = dict(zip(catalogue.items["id"], catalogue.images[:][:, 32, 32, 0].astype(int), strict=True))
    assert abs(red["cars_train/00002.jpg"] - 14) < 4 and abs(red["cars_test/00002.jpg"] - 42) < 4


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("AM General Hummer SUV 2000", ("AM General", "SUV", "2000")),
        ("Land Rover LR2 SUV 2012", ("Land Rover", "SUV", "2012")),
        ("Ford E-Series Wagon Van 2012", ("Ford", "Van", "2012")),
        ("Ram C/V Cargo Van Minivan 2012", ("Ram", "Minivan", "2012")),
        ("Rolls-Royce Phantom Drophead Coupe Convertible 2012", ("Rolls-Royce", "Convertible", "2012")),
        ("Chevrolet Silverado 1500 Classic Extended Cab 2007", ("Chevrolet", "Pickup", "2007")),
        ("Infiniti G Coupe IPL 2012", ("Infiniti", "Coupe", "2012")),
        ("MINI Cooper Roadster Convertible 2012", ("MINI", "Convertible", "2012")),
        ("Acura Integra Type R 2001", ("Acura", "unstated", "2001")),
    ],
)
def test_names_tell_make_body_and_year(model, parts):
    assert cars.parse(model) == parts


def test_small_takes_models_of_both_parts(load, one_folder, monkeypatch):
    monkeypatch.setattr(cars, "SMALL", (2, 1))
    assert [len(part) for part in load(size="small").official_split()] == [1, 1]


def test_what_is_missing_or_wrong_is_named(load, folder, write_archive, make_photo, monkeypatch):
    with pytest.raises(
        hr.HrlibError, match=r"neither cars_train.tgz nor .*car_ims.tgz and cars_annos.mat, or cars_train.tgz"
    ):
        load()
    with pytest.raises(hr.HrlibError, match="download=True cannot help.*mirrors"):
        load(download=True)
    write_archive(folder, "car_ims", {"car_ims/000001.jpg": make_photo(1)}, "tgz")
    paths = ["car_ims/000001.jpg", "car_ims/000002.jpg"]
    for content, says in (
        (b"MATLAB 5.0" + bytes(200), "cars_annos.mat cannot be read as a MATLAB file"),
        (matlab(annotations=records(fname=paths)), "cars_annos.mat have no field relative_im_path, class, test"),
        (
            matlab(annotations=records(relative_im_path=[], **{"class": [], "test": []}), class_names=NAMES),
            "cars_annos.mat has no annotations: expected one a photo",
        ),
        (
            matlab(annotations=records(relative_im_path=paths, **{"class": [1, 5], "test": [0, 1]}), class_names=NAMES),
            "classes from 1 to 5: expected 1 to 4",
        ),
        (
            matlab(annotations=records(relative_im_path=paths, **{"class": [1, 2], "test": [0, 1]})),
            "come without class_names",
        ),
        (
            matlab(annotations=records(relative_im_path=paths, **{"class": [1, 2], "test": [0, 1]}), class_names=NAMES),
            "cars: 1 of 2 photos are missing, the first: car_ims/000002.jpg",
        ),
    ):
        (folder / "cars_annos.mat").write_bytes(content)
        with pytest.raises(hr.HrlibError, match=says):
            load()
    assert len(load(partial=True)) == 1
    with pytest.raises(hr.HrlibError, match="superclass is 'year': expected 'make' or 'body'"):
        load(superclass="year")
    write_archive(folder, "car_ims", {path: make_photo(1) for path in paths}, "tgz")
    with pytest.raises(
        hr.HrlibError, match="cars: 2 photos, expected 8; 2 model, expected 4; 2 train, expected 4; 0 test"
    ):
        load()
