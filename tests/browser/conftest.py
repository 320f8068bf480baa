"""A browser and a JupyterLab for the tests. Skipped, with the reason, where they are not."""

import pytest

from tests.browser import lab as laboratory


@pytest.fixture(scope="session")
def browser():
    try:
        with laboratory.chromium() as browser:
            yield browser
    except (ImportError, FileNotFoundError) as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with laboratory.jupyterlab(tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture
def open_notebook(browser, lab, tmp_path):
    """open_notebook(name) -> Notebook, in a page of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(120_000)
    yield lambda name: laboratory.Notebook(context.new_page(), lab, name, tmp_path)
    context.close()
