"""The movie: a frame a projection, with nothing but coordinates, in a frame that does not move."""

import numpy as np
import pytest

import hrlib as hr
from hrlib.explore import movie, project_together


@pytest.fixture(scope="module")
def placed(shop, spaces):
    return project_together(
        {"epoch <1>": spaces["flat"], "epoch 2": spaces["hierarchical"]}, "pca", hierarchy=shop.hierarchy
    )


def test_frames_move_every_item_to_its_place(shop, placed):
    film = movie(placed, shop, "category")
    assert [frame.name for frame in film.frames] == list(placed)
    for frame, projection in zip(film.frames, placed.values(), strict=True):
        seen = []
        for number, moved in zip(frame.traces, frame.data, strict=True):
            rows = film.data[number].customdata
            np.testing.assert_array_equal(np.stack([moved.x, moved.y], 1), projection.coordinates[rows])
            assert set(moved.to_plotly_json()) == {"type", "x", "y"}
            seen += rows.tolist()
        assert sorted(seen) == list(range(36))
        assert frame.layout.annotations[0].text.replace("<br>", " ") == projection.caption()


def test_the_picture_starts_with_the_first_and_holds_all(shop, placed):
    film = movie(placed, shop, "product")
    first = film.data[0]
    np.testing.assert_array_equal(first.x, placed["epoch <1>"].coordinates[first.customdata, 0])
    for axis, own in ((film.layout.xaxis, 0), (film.layout.yaxis, 1)):
        every = np.concatenate([projection.coordinates[:, own] for projection in placed.values()])
        assert axis.range[0] < every.min() and every.max() < axis.range[1]


def test_controls_name_the_frames(shop, placed):
    film = movie(placed, shop)
    steps = film.layout.sliders[0].steps
    assert [step.label for step in steps] == ["epoch &lt;1&gt;", "epoch 2"]
    assert [list(step.args[0]) for step in steps] == [["epoch <1>"], ["epoch 2"]]
    assert [button.label for button in film.layout.updatemenus[0].buttons] == ["▶ play", "❚❚ pause"]


def test_another_number_of_items_is_refused(shop, placed):
    with pytest.raises(hr.HrlibError, match="'epoch <1>' has coordinates"):
        movie(placed, shop.subset(range(5)))
