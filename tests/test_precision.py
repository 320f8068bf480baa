"""Where bf16 pays: what the processor says of itself."""

import platform
from pathlib import Path

import pytest
import torch

from hrlib.precision import bf16_pays


@pytest.mark.skipif(platform.machine() != "x86_64" or not Path("/proc/cpuinfo").exists(), reason="Linux on x86-64 only")
def test_a_processor_that_has_it():
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    assert bf16_pays(torch.device("cpu")) == ("amx_tile" in flags or "avx512_bf16" in flags)


def test_another_device_has_not():
    assert not bf16_pays(torch.device("meta"))
