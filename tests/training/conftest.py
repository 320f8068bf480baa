"""The catalogue of the training tests."""

import pytest

import hrlib as hr
from tests.tiny import tiny_shop


@pytest.fixture(scope="session")
def shop() -> hr.Catalogue:
    return tiny_shop()
