"""Writes tiny archives in the layout of the real ones."""

import io
import tarfile
import zipfile

import pytest
from PIL import Image


def photo(number, kind="JPEG"):
    data = io.BytesIO()
    Image.new("RGB", (12, 16), (number * 7 % 256, number * 31 % 256, 90)).save(data, kind)
    return data.getvalue()


def write(folder, stem, members, form):
    """The members as a zip file, a compressed tar file or a folder; the name is what comes of it."""
    members = {name: data.encode() if isinstance(data, str) else data for name, data in members.items()}
    folder.mkdir(parents=True, exist_ok=True)
    if form == "zip":
        with zipfile.ZipFile(path := folder / f"{stem}.zip", "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    elif form == "folder":
        for name, data in members.items():
            (path := folder / stem / name).parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    else:
        with tarfile.open(path := folder / f"{stem}.{form}", "w:gz") as archive:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.fixture(params=["zip", "tgz", "folder"])
def pack(request, tmp_path):
    """pack(stem, {name: bytes or text}) -> the folder to give as data_dir; once as a zip file, as a tar file, unpacked."""
    return lambda stem, members: write(tmp_path, stem, members, request.param) and tmp_path


@pytest.fixture(scope="session")
def write_archive():
    return write


@pytest.fixture(scope="session")
def make_photo():
    return photo
