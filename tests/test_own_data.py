"""The README's "Your own data in five lines", run as they stand there."""

import re
from pathlib import Path

import numpy as np
from PIL import Image

import hrlib as hr

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_five_lines_run_as_they_stand(tmp_path, monkeypatch, capsys):
    lines = (
        re.search(r"### Your own data in five lines.*?```python\n(.*?)```", README, re.DOTALL)[1].strip().splitlines()
    )
    assert len(lines) == 5
    rng = np.random.default_rng(0)
    for folder in ("kitchen/mug", "kitchen/pan", "footwear/boot", "footwear/sandal"):
        colour = rng.integers(40, 216, 3)
        (tmp_path / "my_shop" / folder).mkdir(parents=True)
        for number in range(4):
            pixels = np.clip(colour + rng.normal(0, 20, (40, 30, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "my_shop" / folder / f"{number}.jpg", quality=95)
    Image.fromarray(pixels).save(tmp_path / "photo.jpg", quality=95)
    monkeypatch.chdir(tmp_path)
    names = {"hr": hr}
    exec("\n".join(lines[:-1]), names)
    table = eval(lines[-1].split("  #")[0], names)
    assert len(names["catalogue"]) == 16 and "Catalogue('my_shop': 16 photos" in capsys.readouterr().out
    assert table["id"][0] == "footwear/sandal/3.jpg", "the photo that was asked with is a photo of the shop"
