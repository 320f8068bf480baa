"""Servers are for this machine alone: what they listen on."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = {"127.0.0.1", "::1"}


def listening(process):
    """The addresses that a process and its children listen on."""
    family = [process, *process.children(recursive=True)]
    found = (connection for one in family for connection in one.net_connections("inet"))
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


def start(arguments, folder):
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("server", ["voila", "jupyterlab"])
def test_they_listen_on_the_loopback_only(server, tmp_path, tally):
    """As `make demo` and `make lab` start them."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("1")], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    nbformat.write(notebook, tmp_path / "a.ipynb")
    arguments = {
        "voila": [
            "voila",
            f"--Voila.config_file_paths={ROOT / 'docs'}",
            "--no-browser",
            "--port=0",
            str(tmp_path / "a.ipynb"),
        ],
        "jupyterlab": ["jupyterlab", f"--notebook-dir={tmp_path}", "--no-browser", "--port=0", "--allow-root"],
    }
    started = start(arguments[server], tmp_path)
    try:
        process, end = psutil.Process(started.pid), time.time() + 300
        while not (found := listening(process)) and time.time() < end and started.poll() is None:
            time.sleep(0.3)
        tally("a server that is asked what it listens on", server, failed=not found or not found <= LOOPBACK)
        assert found and found <= LOOPBACK
    finally:
        for child in psutil.Process(started.pid).children(recursive=True) if started.poll() is None else []:
            child.terminate()
        started.terminate()
        started.wait(30)


def test_the_commands_ask_for_nothing_else(tally):
    makefile = (ROOT / "Makefile").read_text()
    assert (
        "--Voila.config_file_paths=docs" in makefile
        and json.loads((ROOT / "docs" / "voila.json").read_text())["Voila"]["ip"] == "127.0.0.1"
    )
    sources = [makefile, *(path.read_text() for path in (ROOT / "hrlib").rglob("*.py"))]
    wrong = [text for text in sources if re.search(r"0\.0\.0\.0|--ip[= ]|\.bind\(|allow_origin", text)]
    tally(
        "addresses beyond the loopback in our sources",
        "all modules and the Makefile",
        failed=bool(wrong),
        times=len(sources),
    )
    assert not wrong


def test_kernels_are_reached_on_the_loopback(tally):
    from jupyter_client import KernelManager

    address = KernelManager().ip
    tally("a server that is asked what it listens on", "kernels of notebooks", failed=address not in LOOPBACK)
    assert address in LOOPBACK


@pytest.mark.stress
def test_importing_and_using_the_kit_connects_to_nothing(tmp_path, tally):
    """In a process of its own, watched from its first line."""
    script = tmp_path / "alone.py"
    script.write_text(
        "import sys\n"
        "seen = []\n"
        "events = ('socket.connect', 'socket.getaddrinfo', 'urllib.Request', 'pickle.find_class')\n"
        "sys.addaudithook(lambda event, args: seen.append((event, str(args)[:80])) if event in events else None)\n"
        "import hrlib as hr\n"
        "shop = hr.load('synthetic', size='small', products=1, photos=2, image_size=(16, 16), workers=1)\n"
        "model = hr.models.image_encoder('small', dim=8)\n"
        "hr.fit(model, hr.losses.make('proxy-anchor', shop.hierarchy, 8), shop, epochs=1, batch_size=16, augment='none')\n"
        "vectors = hr.embed(model, shop)\n"
        "hr.evaluate(vectors, shop.hierarchy)\n"
        "hr.explore.to_png(hr.explore.scatter(hr.explore.project(vectors, 'pca'), shop))\n"
        "visual = hr.search.VisualSearch.index(model, shop)\n"
        "visual.search(shop.images[0])\n"
        "assert not seen, seen\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path)
    tally("from import to search, without a network asked for", "the library", failed=done.returncode != 0)
    assert done.returncode == 0, done.stderr[-2000:]
