"""`import hrlib` is light, and its names are there."""

import subprocess
import sys

import pytest

import hrlib as hr


def test_import_loads_no_heavy_library():
    code = "import sys, hrlib, hrlib.catalogue; print([m for m in ('torch', 'plotly', 'umap', 'kornia', 'papermill') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


HEAVY = (
    "jsonschema",
    "kornia",
    "lightning_fabric",
    "matplotlib",
    "numba",
    "papermill",
    "plotly.io",
    "pymilvus",
    "pytorch_metric_learning",
    "scipy.cluster",
    "sklearn",
    "torchmetrics",
    "transformers",
    "umap",
)


def test_what_is_named_loads_no_library_that_it_may_never_use():
    """First searching and evaluating, which load neither losses nor figures; then all names that a notebook may use."""
    code = (
        "import sys, hrlib as hr, hrlib.evaluation, hrlib.search\n"
        f"print([m for m in {(*HEAVY, 'plotly')} if m in sys.modules])\n"
        "[getattr(hr, name) for name in hr.__all__]\n"
        f"print([m for m in {HEAVY} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


def test_every_public_name_is_there():
    assert all(getattr(hr, name) is not None for name in hr.__all__)
    assert set(hr.__all__) <= set(dir(hr))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'hrlib' has no attribute 'lod'"):
        hr.lod  # noqa: B018
