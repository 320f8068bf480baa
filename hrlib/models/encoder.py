"""The small image encoder: four convolutional stages, trained from nothing on a laptop's processor."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.errors import HrlibError


class SmallEncoder(nn.Module):
    """Photos (B, 3, H, W) in 0..1 to unit vectors (B, dim).

    Stages of convolution, average pooling, batch normalisation and ReLU; the first halves the picture by its stride. Pooling comes before
    the normalisation: averaging and normalising commute (but for the batch's variance), and on a processor the element-wise work on a
    quarter of the map is what makes a step almost twice as fast. Averages and the narrow middle were chosen on validation classes of
    fashion product groups, where they cost no MAP@R against maxima and 64 and 128 channels, and a third less arithmetic.
    Average and maximum over the last map are both kept: the one says how much of the photo looks like something, the other that some of
    it does.
    """

    def __init__(self, dim: int = 64, parts: int = 1, widths: tuple[int, int, int, int] = (32, 48, 96, 256)):
        super().__init__()
        check_parts(dim, parts)
        first, second, third, last = widths
        self.dim, self.parts = dim, parts
        self.trunk = nn.Sequential(
            *_stage(3, first, stride=2),
            *_stage(first, second, pool=True),
            *_stage(second, third, pool=True),
            *_stage(third, last),
        )
        self.head = nn.Linear(2 * last, dim)

    def forward(self, images: Tensor) -> Tensor:
        return unit_parts(self.head(self.features(images)), self.parts)

    def features(self, images: Tensor) -> Tensor:
        """What the embedding is made of: (B, 2 * the last width), not of unit length."""
        return _described(self.maps(images))

    def maps(self, images: Tensor) -> Tensor:
        """The last map: (B, the last width, height, width)."""
        return self.trunk((images - 0.5) * 4)

    def local_features(self, images: Tensor, grid: int = 4) -> tuple[Tensor, Tensor]:
        """`features`, and those of each cell of a grid over the photo, row by row: (B, F) and (B, grid * grid, F). A cell is described as the whole
        photo is, by average and maximum, so that the same linear layer, `head`, serves both."""
        maps = self.maps(images)
        cells = [F.adaptive_avg_pool2d(maps, grid), F.adaptive_max_pool2d(maps, grid)]
        return _described(maps), torch.cat(cells, 1).flatten(2).transpose(1, 2)


def _described(maps: Tensor) -> Tensor:
    # (B, places, channels): over one axis both are several times quicker
    spots = maps.permute(0, 2, 3, 1).flatten(1, 2)
    return torch.cat([spots.mean(1), spots.max(1).values], 1)


def check_parts(dim: int, parts: int) -> None:
    """Raise an HrlibError unless an embedding of `dim` can be made of so many equal parts of at least 2 dimensions."""
    if parts < 1 or dim % parts or dim // parts < 2:
        raise HrlibError(
            f"dim is {dim} in parts of {parts}: expected at least 2 dimensions, and a multiple of parts that leaves each at least 2"
            if parts != 1
            else f"dim is {dim}: an embedding needs at least 2 dimensions"
        )


def unit_parts(x: Tensor, parts: int = 1) -> Tensor:
    """(B, dim) as unit vectors in fp32, of `parts` equal parts that are all of the length 1 / sqrt(parts): a cosine is then the mean of the
    parts' cosines."""
    return (F.normalize(x.float().unflatten(1, (parts, -1)), dim=2) / parts**0.5).flatten(1)


def _stage(before: int, after: int, stride: int = 1, pool: bool = False) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
    return [convolution, *([nn.AvgPool2d(2)] if pool else []), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
