import torch

from hrlib.versions import PACKAGES, versions


def test_names_what_a_result_depends_on():
    found = versions()
    assert set(found) == {"python", *PACKAGES}
    assert found["torch"].startswith(torch.__version__.split("+")[0])
