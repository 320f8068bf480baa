"""Where sixteen-bit arithmetic pays."""

from __future__ import annotations

import torch


def bf16_pays(device: torch.device) -> bool:
    """Whether bf16 arithmetic is quicker there: GPUs that have it, and processors with AMX or AVX512-BF16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
