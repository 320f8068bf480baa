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


def test_searching_and_evaluating_load_neither_losses_nor_figures():
    code = (
        "import sys, hrlib.evaluation, hrlib.search; "
        "print([m for m in ('pytorch_metric_learning', 'plotly', 'kornia', 'umap') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


HEAVY = (
    "kornia",
    "lightning_fabric",
    "matplotlib",
    "numba",
    "papermill",
    "pymilvus",
    "pytorch_metric_learning",
    "sklearn",
    "torchmetrics",
    "transformers",
    "umap",
)


def test_all_that_a_notebook_names_loads_no_library_that_it_may_never_use():
    code = f"import sys, hrlib as hr; [getattr(hr, name) for name in hr.__all__]; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    assert all(getattr(hr, name) is not None for name in hr.__all__)
    assert set(hr.__all__) <= set(dir(hr))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'hrlib' has no attribute 'lod'"):
        hr.lod  # noqa: B018
