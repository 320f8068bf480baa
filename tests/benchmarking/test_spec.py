"""What makes a run another run, and what does not."""

import dataclasses
import json

from hrlib.benchmarking import RunSpec, plan
from hrlib.benchmarking.spec import catalogue_fingerprint, function_source, identity


def spec(**changes):
    (found,) = plan({"a loss": "hpl-proxy-anchor"}, {"my shop": {"name": "sop", **changes}}, 1).specs
    return found


def test_where_the_data_lie_does_not_matter(tmp_path):
    """Shards on several machines are one benchmark; a Path is as good as its text."""
    assert spec(data_dir=tmp_path).key == spec(data_dir="elsewhere", workers=3).key == spec().key
    assert spec(size="full").key != spec().key
    assert spec(data_dir=tmp_path).load["data_dir"] == str(tmp_path)


def test_the_same_after_a_way_through_json():
    first = dataclasses.replace(spec(), settings={"weights": (1.0, 0.3)})
    again = RunSpec(**json.loads(json.dumps(dataclasses.asdict(first))))
    assert again.key == first.key
    assert identity(dataclasses.asdict(again)) == identity(dataclasses.asdict(first))


def test_fingerprints_see_photos_labels_and_code(shop):
    same, other = shop.subset(range(120)), shop.subset(range(119, -1, -1))
    assert catalogue_fingerprint(same) == catalogue_fingerprint(shop) != catalogue_fingerprint(other)
    assert "def spec" in function_source(spec)["function"]
    assert function_source(len) == {"function": "builtins.len"}
