import subprocess
import sys

SCRIPT = """
import faiss, numpy as np
if {first}:
    import faiss.contrib.torch_utils
from hrlib.search.faiss_mended import mend_faiss
mend_faiss()
mend_faiss()
import faiss.contrib.torch_utils, torch
x = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)
index = faiss.IndexHNSWFlat(8, 8)
index.add(x)
some = faiss.SearchParametersHNSW(sel=faiss.IDSelectorRange(0, 50), efSearch=100)
assert index.search(x, 5, params=some)[1].max() < 50
plain = index.search(x, 5)
assert (plain[1][:, 0] == np.arange(100)).all()
from_torch = index.search(torch.from_numpy(x), 5)[1]
assert isinstance(from_torch, torch.Tensor) and (from_torch.numpy() == plain[1]).all()
"""


def test_params_tensors_and_arrays_whoever_came_first():
    for first in (True, False):  # in a process of its own: what is put over faiss' methods stays
        done = subprocess.run([sys.executable, "-c", SCRIPT.format(first=first)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
