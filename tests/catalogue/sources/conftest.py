"""Writes tiny archives in the layout of the real ones."""

import io
import zipfile

import pytest
from PIL import Image


def photo(number, kind="JPEG"):
    data = io.BytesIO()
    Image.new("RGB", (12, 16), (number * 7 % 256, number * 31 % 256, 90)).save(data, kind)
    return data.getvalue()


@pytest.fixture(params=["zip", "folder"])
def pack(request, tmp_path):
    """pack(stem, {name: bytes or text}) -> the folder to give as data_dir; once as a zip file, once unpacked."""

    def write(stem, members):
        members = {name: data.encode() if isinstance(data, str) else data for name, data in members.items()}
        if request.param == "zip":
            with zipfile.ZipFile(tmp_path / f"{stem}.zip", "w") as archive:
                for name, data in members.items():
                    archive.writestr(name, data)
        else:
            for name, data in members.items():
                (tmp_path / stem / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / stem / name).write_bytes(data)
        return tmp_path

    return write


@pytest.fixture(scope="session")
def make_photo():
    return photo
