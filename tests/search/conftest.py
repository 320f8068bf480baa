import faiss
import numpy as np
import pytest


def unit(x: np.ndarray) -> np.ndarray:
    x = np.ascontiguousarray(x, np.float32)
    faiss.normalize_L2(x)
    return x


@pytest.fixture(scope="session")
def clustered():
    """Vectors (2,000, 16) around 20 centres, and 60 queries of the same kind."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 16))[rng.integers(20, size=2060)] + 0.5 * rng.standard_normal((2060, 16))
    return unit(x[:2000]), unit(x[2000:])
