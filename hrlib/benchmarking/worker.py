"""A process that does one run after another: `python -m hrlib.benchmarking.worker FOLDER [MODULE ...]`, specs as lines of JSON on
standard input, an answer a line on standard output. It keeps the last catalogue, so that reading it is paid once.

It ends with its standard input, also in the middle of a run: when the process that asks is killed, none is left behind.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path

import torch

from hrlib.benchmarking.run import run_one
from hrlib.benchmarking.spec import RunSpec
from hrlib.catalogue import load


def main() -> None:
    """Read specs until the input ends."""
    folder, *modules = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")  # what a library prints must not come between the answers
    os.dup2(2, 1)
    asked: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(asked,), daemon=True).start()
    torch.set_num_threads(1)
    for module in modules:  # where a user registers losses
        importlib.import_module(module)
    kept = (None, None)
    while True:
        fields = json.loads(asked.get())
        spec = RunSpec(**{**fields, "split": tuple(fields["split"])})
        try:
            if kept[0] != spec.load:
                kept = (spec.load, load(**spec.load))
            run_one(spec, Path(folder) / spec.key, kept[1])
            answer = {"key": spec.key}
        except Exception as error:
            with suppress(OSError):  # the log may lie on a full disk
                traceback.print_exc()
            answer = {"key": spec.key, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _read(asked: queue.Queue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)  # at once: what a run writes is whole or not there


if __name__ == "__main__":
    main()
