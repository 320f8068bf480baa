"""The process of one notebook: papermill runs it in a kernel, and both end when the process that asked for it does.

It reads one line of JSON (an order) from its standard input and writes run.json beside the executed notebook. A process that is
started afresh, and not forked or spawned by multiprocessing, needs no `if __name__ == "__main__":` in the script that calls `run`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from hrlib.files import write
from hrlib.notebooks.lessons import with_solutions
from hrlib.versions import versions

ANSI = re.compile(r"\x1b\[[0-9;]*m")
RECORD, LOG = "run.json", "process.log"
PATIENCE = 15.0  # seconds that a kernel has to end before its process is killed


def execute(path: Path, folder: Path, values: dict[str, Any], cell_timeout: int, solutions: bool) -> str | None:
    """Run the notebook into `folder`, with the code of its folded solutions or without; what went wrong, or None."""
    import nbformat
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.iorw import LocalHandler, papermill_io

    class Whole(LocalHandler):
        """papermill saves the notebook after every cell: over the old one, of which a crash or a full disk would leave a part."""

        def write(self, text, path):
            write(Path(path), text.encode())

    papermill_io.register(str(folder), Whole())
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    logging.getLogger("papermill").setLevel(logging.ERROR)
    to = folder / path.name
    try:
        if solutions:  # as a file: papermill writes a notebook that it is given in memory, as text, into the metadata of what it ran
            nbformat.write(with_solutions(nbformat.read(path, as_version=4)), to)
        papermill.execute_notebook(
            str(to if solutions else path),
            str(to),
            values,
            kernel_name="python3",
            execution_timeout=cell_timeout,
            progress_bar=False,
            log_output=False,
            cwd=str(path.parent),
            store_widget_state=False,
            # it warns at each start about a transport that stays on this machine
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
    except papermill.PapermillExecutionError as failed:
        return _explained(failed.exec_count, failed.source, "\n".join(failed.traceback))
    except CellTimeoutError as failed:
        return f"a cell took longer than {cell_timeout} s (--cell-timeout)\n{ANSI.sub('', str(failed))}"
    except DeadKernelError as failed:
        return f"the kernel died ({failed}): was there memory enough?"
    except NoSuchKernel as failed:
        return f"no kernel to run it in ({failed}): install ipykernel into this Python, {sys.executable}"
    except Exception as failed:  # whatever it is, it is this notebook's, and the others go on
        return f"it could not be run: {type(failed).__name__}: {failed}"
    return None


def _explained(count: int, source: str, traceback: str) -> str:
    cell = "\n".join(f"    {line}" for line in source.strip().splitlines())
    return f"cell [{count}] failed:\n\n{cell}\n\n{ANSI.sub('', traceback).strip()}"


def _end_with_the_parent() -> None:
    """Wait for the end of standard input, which comes when the parent closes it or dies; then interrupt, so that papermill ends the kernel."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(PATIENCE)
    os._exit(1)


def main() -> int:
    line = b""
    while not line.endswith(b"\n"):  # unbuffered: the thread below goes on with the same descriptor
        piece = os.read(0, 1)
        if not piece:
            return 1
        line += piece
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    tempfile.tempdir = os.environ.get("JUPYTER_RUNTIME_DIR")  # there jupyter_client writes the kernel's address, too
    order = json.loads(line)
    path, folder, values = Path(order["path"]), Path(order["folder"]), order["values"]
    start = time.perf_counter()
    try:
        error = execute(path, folder, values, order["cell_timeout"], order["solutions"])
    except KeyboardInterrupt:
        return 130
    facts = {"seconds": time.perf_counter() - start, "error": error, "parameters": values, "versions": versions()}
    write(folder / RECORD, json.dumps(facts, indent=1).encode())
    return 0
