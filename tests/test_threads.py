"""The environment that gives a process one thread."""

import os
import subprocess
import sys

from hrlib.threads import ONE_THREAD


def test_torch_and_numba_take_one_thread():
    script = "import torch, numba; print(torch.get_num_threads(), numba.config.NUMBA_NUM_THREADS)"
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **ONE_THREAD}, capture_output=True, text=True
    )
    assert done.stdout.split() == ["1", "1"], done.stderr
