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


@pytest.fixture(scope="session")
def trained():
    """A small shop and a model trained on it: see `visual_shop`."""
    from tests.search.visual.shop import made

    return made()


@pytest.fixture(scope="session")
def visual(trained):
    """A search over the small shop that no test changes; nothing is grouped but where a test says so."""
    from hrlib.search import VisualSearch

    shop, model = trained
    return VisualSearch.index(model, shop, near_duplicate=None)
