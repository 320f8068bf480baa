"""What a visual search keeps beside its store: what does not fit is refused."""

import json

import pytest

import hrlib as hr
from hrlib.search import VisualSearch


@pytest.fixture
def search(trained):
    """A search over 40 items that a test may change."""
    shop, model = trained
    return VisualSearch.index(model, shop.subset(range(40)), near_duplicate=None)


def test_a_folder_that_does_not_fit_is_refused(search, trained, tmp_path):
    shop, model = trained
    with pytest.raises(hr.HrlibError, match="no visual search in"):
        VisualSearch.open(tmp_path / "none", model, shop)
    search.save(tmp_path)
    other = hr.load("synthetic", size="small", products=1, photos=1, image_size=(16, 16), workers=1)
    with pytest.raises(hr.HrlibError, match=r"saved with photos of \(32, 32\), and the catalogue's are \(16, 16\)"):
        VisualSearch.open(tmp_path, model, other)
    with pytest.raises(hr.HrlibError, match="'near' is no setting"):
        VisualSearch.open(tmp_path, model, shop, near=1)
    facts = json.loads((tmp_path / "visual.json").read_text())
    (tmp_path / "visual.json").write_text(json.dumps(facts | {"format": 9}))
    with pytest.raises(hr.HrlibError, match="has format 9; this hrlib reads 1"):
        VisualSearch.open(tmp_path, model, shop)
    (tmp_path / "visual.json").write_text("{")
    with pytest.raises(hr.HrlibError, match="visual.json is damaged"):
        VisualSearch.open(tmp_path, model, shop)
