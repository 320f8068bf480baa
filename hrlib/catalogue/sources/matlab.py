"""MATLAB files, read in a process of their own: scipy's reader is written in C and crashes on some damaged ones, which must not end yours."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from hrlib.errors import HrlibError

SECONDS = 300
READER = """
import io, json, sys
import numpy as np
from scipy.io import loadmat

def values(array):
    return {field: array[field].tolist() for field in array.dtype.names} if array.dtype.names else array.tolist()

found = loadmat(io.BytesIO(sys.stdin.buffer.read()), squeeze_me=True)
found = {name: values(np.atleast_1d(value)) for name, value in found.items() if not name.startswith("__")}
print(json.dumps(found, default=lambda value: value.tolist() if hasattr(value, "tolist") else str(value)))
"""


def read_matlab(content: bytes, name: str) -> dict[str, Any]:
    """The variables of a MATLAB file: of an array the list of its values, of a struct array such a list for each field.

    Raises:
        HrlibError: it is damaged; `name` says which.
    """
    try:
        command = [sys.executable, "-P", "-c", READER]
        done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise ValueError(said[-1] if said else f"its reader ended with {done.returncode}")
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise HrlibError(f"{name} cannot be read as a MATLAB file ({error}): fetch it again") from error
