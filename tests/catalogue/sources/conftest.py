"""Writes tiny archives in the layout of the real ones."""

import http.server
import io
import tarfile
import threading
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


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, start = self.server, 0
        server.asked.append((self.path, self.headers.get("Range")))
        if self.path not in server.files:
            self.send_error(404)
            return
        content = server.files[self.path]
        if server.ranges and (wanted := self.headers.get("Range")):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = len(content) if server.breaks_at is None else min(server.breaks_at, len(content))
        self.wfile.write(content[start:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server on this machine for `files` by path; `breaks_at` closes the connection after so many bytes; `ranges`: whether it can go on in the middle."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files, server.asked, server.breaks_at, server.ranges = {}, [], None, True
        server.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
