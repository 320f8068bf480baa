import pytest

import hrlib as hr
from hrlib.catalogue.sources import SOURCES


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "grocerry"}, "no data set is called 'grocerry'; did you mean 'grocery'"),
        ({"name": "synthetic", "size": "medium"}, "size is 'medium': expected 'small' or 'full'"),
        ({"name": "synthetic", "image_sice": 3}, "'synthetic' has no setting 'image_sice'; did you mean 'image_size'"),
    ],
)
def test_bad_calls_are_named(arguments, says):
    with pytest.raises(hr.HrlibError, match=says):
        hr.load(**arguments)


@pytest.mark.parametrize("arguments", [(), ("no such thing",)])
def test_no_or_an_unknown_name_lists_the_sets_with_a_line_each(arguments):
    with pytest.raises(hr.HrlibError) as error:
        hr.load(*arguments)
    lines = str(error.value).splitlines()
    assert lines[0].startswith(
        "no data set is called 'no such thing'; Known: synth" if arguments else "give the name of"
    )
    assert [line.split()[0] for line in lines[1:]] == list(SOURCES)
    assert all(len(line.split()) > 4 for line in lines[1:])


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "synthetic"])
def test_missing_data_says_where_to_get_it_and_where_to_put_it(name, tmp_path, monkeypatch):
    with pytest.raises(hr.HrlibError, match=r"neither .* nor .* is in .* Get .* put (it|them) there"):
        hr.load(name, data_dir=tmp_path)
    monkeypatch.delenv("HRLIB_DATA", raising=False)
    with pytest.raises(hr.HrlibError, match="give data_dir=... or set HRLIB_DATA"):
        hr.load(name)
