"""What lies in a folder of photos, how deep, and the classes that the folders stand for."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.catalogue.folders import class_names, depth_of, photos_below


def filled(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")
    return root


def test_photos_are_found_by_their_endings_and_sorted(tmp_path):
    filled(
        tmp_path, "b/2.JPG", "b/1.png", "a/x.webp", "a/notes.txt", "a/.hidden.jpg", ".git/3.png", "a/jpg", "a/y.tiff"
    )
    assert photos_below(tmp_path) == ["a/x.webp", "a/y.tiff", "b/1.png", "b/2.JPG"]


def test_a_folder_that_links_reach_twice_is_refused(tmp_path):
    filled(tmp_path, "a/1.png")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(HrlibError, match="are one folder through a link: expected a folder a class"):
        photos_below(tmp_path)


def test_no_folder_and_no_photos(tmp_path):
    with pytest.raises(HrlibError, match="is no folder: expected one with a sub-folder a class"):
        photos_below(tmp_path / "none")
    with pytest.raises(HrlibError, match="no photos .* below .*: expected a sub-folder a class"):
        photos_below(filled(tmp_path, "a/notes.txt"))


def test_all_photos_are_equally_deep():
    root = Path("shop")
    assert depth_of(["a/1.png"], root) == 1 and depth_of(["a/b/1.png", "c/d/1.png"], root) == 2
    with pytest.raises(HrlibError, match="the photo 1.png lies directly in shop: .*move it into one"):
        depth_of(["a/1.png", "1.png"], root)
    with pytest.raises(HrlibError, match=r"different depths \(1 folders for a/1.png, 2 folders for a/b/1.png\)"):
        depth_of(["a/1.png", "a/2.png", "a/b/1.png"], root)


def test_classes_are_called_by_their_folders_or_their_paths_where_names_repeat():
    paths = ["men/boot/1.png", "men/coat/1.png", "women/boot/1.png"]
    names = class_names(paths, ["kind", "for"])
    assert names == {"kind": ["men/boot", "coat", "women/boot"], "for": ["men", "men", "women"]}


@given(st.lists(st.tuples(*[st.sampled_from("ab")] * 3), min_size=1, max_size=8))
def test_two_photos_are_of_one_class_exactly_where_their_folders_are_the_same(folders):
    paths = [f"{'/'.join(folder)}/{number}.png" for number, folder in enumerate(folders)]
    for level, names in enumerate(class_names(paths, ["fine", "middle", "coarse"]).values()):
        above = [folder[: 3 - level] for folder in folders]
        for name, folder in zip(names, above, strict=True):
            assert [other == name for other in names] == [other == folder for other in above]
            assert name in (folder[-1], "/".join(folder))
