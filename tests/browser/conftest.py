"""JupyterLab on a free port, driven through a real browser: Debian's Chromium and Playwright. Skipped, with the reason, where they are not."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The address of a JupyterLab, with its token, on a copy of the notebooks: what is saved there does not change ours."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*", "out"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, log = secrets.token_hex(16), folder / "lab.log"
    options = {
        "ip": "127.0.0.1",
        "port": port,
        "port_retries": 0,
        "allow_root": True,
        "open_browser": False,
        "root_dir": folder / "notebooks",
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"--ServerApp.{name}={value}" for name, value in options.items())]
    # the application in the page's window, for the tests; nothing that asks the network
    command += [
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        "--LanguageServerManager.autodetect=False",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    # settings and workspaces of its own: neither the user's are used nor are they changed; the token does not show among the processes
    own = {
        name: str(folder / name)
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "JUPYTER_RUNTIME_DIR",
        )
    }
    environment = {**os.environ, **own, "JUPYTER_TOKEN": token, "PYTHONPATH": str(ROOT)}
    del environment["HRLIB_PROGRESS"]  # the tests' own: here somebody watches
    with open(log, "wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/api?token={token}", process, log)
        yield f"{address}/lab", token
    finally:
        process.terminate()  # it shuts its kernels down
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(address, process, log):
    deadline = time.time() + 120
    while time.time() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.3)
    raise AssertionError(f"JupyterLab does not answer: {log.read_text()[-2000:]}")


class Notebook:
    """A notebook that is open in JupyterLab: runs, looks, and keeps what the browser's console says."""

    def __init__(self, page, lab, name, pictures):
        self.page, self.name, self.pictures, self.console = page, name, pictures, []
        self.tracebacks = []  # of the kernel, those of widgets' callbacks too, which no cell shows
        page.on("websocket", lambda socket: socket.on("framereceived", self._keep_traceback))
        page.on("console", lambda message: self.console.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        address, token = lab
        page.goto(f"{address}/workspaces/{name}/tree/{name}.ipynb?reset&token={token}", wait_until="commit")
        self.panel = page.locator(".jp-NotebookPanel:visible")
        self.panel.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.wait_until_idle(120)

    def _keep_traceback(self, frame):
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        if '"traceback"' in text:
            self.tracebacks.append(text[-3000:])

    def command(self, name, args="{}"):
        """A command of JupyterLab, such as notebook:run-all-cells."""
        self.page.evaluate(f"window.jupyterapp.commands.execute({name!r}, {args})")

    def state(self):
        """The kernel's status, and for each code cell its number and whether it has an error; read from the model, as cells out of sight are not drawn."""
        return self.page.evaluate(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const cells = Array.from(panel.content.model.cells).filter(cell => cell.type === 'code').map(cell => cell.toJSON());
                return {
                    kernel: panel.sessionContext.session?.kernel?.status ?? 'none',
                    counts: cells.map(cell => cell.execution_count),
                    errors: cells.flatMap(cell => cell.outputs).filter(output => output.output_type === 'error').map(output => output.evalue),
                };
            }"""
        )

    def wait_until_idle(self, seconds):
        deadline = time.time() + seconds
        while time.time() < deadline:
            state = self.state()
            if state["kernel"] == "idle":
                return state
            self.page.wait_for_timeout(300)
        raise AssertionError(f"the kernel is {self.state()['kernel']} after {seconds} s")

    def run_all(self, seconds):
        """Clear the outputs, restart the kernel's counts and run all cells; the state at the end."""
        self.command("notebook:select-all")
        self.command("editmenu:clear-all")
        self.command("runmenu:run-all")
        deadline = time.time() + seconds
        while time.time() < deadline:
            state = self.state()
            if state["errors"] or (state["kernel"] == "idle" and all(state["counts"])):
                return state
            self.page.wait_for_timeout(500)
        raise AssertionError(f"not all cells ran within {seconds} s: {self.state()}")

    def picture(self, name):
        """A screenshot, kept in the folder of this test run; its path."""
        path = self.pictures / f"{self.name} {name}.png"
        self.page.screenshot(path=path)
        return path


@pytest.fixture
def open_notebook(browser, lab, tmp_path):
    """open_notebook(name) -> Notebook, in a page of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(120_000)
    yield lambda name: Notebook(context.new_page(), lab, name, tmp_path)
    context.close()
