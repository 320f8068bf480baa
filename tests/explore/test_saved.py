import json

import numpy as np
import pytest

from hrlib.errors import HrlibError
from hrlib.explore.saved import Saved, fingerprint

IDENTITY = {"method": "pca", "settings": {"seed": 0}, "embeddings": "abc", "after": None}
COORDINATES = np.arange(10, dtype=np.float32).reshape(5, 2)


def test_what_was_written_is_read_and_said_to_people(tmp_path):
    saved = Saved(tmp_path / "new" / "folder", IDENTITY)
    assert saved.read(5) is None
    saved.write({"coordinates": COORDINATES}, quality={"points": 5.0})
    arrays, facts = saved.read(5)
    np.testing.assert_array_equal(arrays.pop("coordinates"), COORDINATES)
    assert arrays == {} and facts["quality"] == {"points": 5.0} and facts["identity"] == IDENTITY
    assert json.loads(saved.path.with_suffix(".json").read_text()) == facts
    assert {"umap-learn", "scikit-learn", "numpy", "hrlib"} <= facts["versions"].keys()
    assert {path.suffix for path in saved.folder.iterdir()} == {".npz", ".json"}


def test_another_identity_has_a_file_of_its_own(tmp_path):
    changed = [{"method": "umap"}, {"settings": {"seed": 1}}, {"embeddings": "abd"}, {"after": "x"}]
    assert len({Saved(tmp_path, IDENTITY | change).path for change in [{}, *changed]}) == 5


def test_a_fingerprint_tells_values_shapes_and_types_apart():
    x = np.arange(6, dtype=np.float32)
    others = [x + 1, x.reshape(2, 3), x.reshape(3, 2), x.astype(np.float64), x.view(np.int32), x[::-1]]
    assert len({fingerprint(array) for array in [x, *others]}) == 7
    assert fingerprint(np.stack([x, x], 1)[:, 0]) == fingerprint(x)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    saved = Saved(tmp_path_factory.mktemp("saved"), IDENTITY)
    saved.write({"coordinates": COORDINATES}, quality={})
    return saved


def test_nothing_is_unpickled(written):
    saved = written
    facts = np.array(json.dumps({"identity": IDENTITY}))
    np.savez(saved.path, facts=facts, coordinates=np.array([[print, 1]] * 5, dtype=object))
    with pytest.raises(HrlibError, match="Object arrays cannot be loaded"):
        saved.read(5)


@pytest.mark.parametrize("identity, n", [(IDENTITY | {"embeddings": "other"}, 5), (IDENTITY, 6)])
def test_a_file_of_another_projection_under_this_name_is_refused(tmp_path, identity, n):
    saved = Saved(tmp_path, IDENTITY)
    Saved(tmp_path, identity).write({"coordinates": COORDINATES})
    if identity != IDENTITY:
        Saved(tmp_path, identity).path.rename(saved.path)
    with pytest.raises(HrlibError, match="another projection"):
        saved.read(n)
