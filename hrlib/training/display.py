"""What a run shows while it trains: a progress bar. `live.LivePanel` is the same for people in notebooks."""

from __future__ import annotations

from typing import Any

from hrlib import progress


class Bar:
    """One bar over the steps, with the loss and the speed, and a line an epoch; silent where nobody watches.

    A display is told of each step and epoch, and says by `stop` whether its user wants the run to end.
    """

    stop = False

    def __init__(self, steps: int, done: int):
        self._steps, self._done = steps, done

    def __enter__(self) -> Bar:
        self._bar = progress.bar(total=self._steps, initial=self._done, unit="step")
        return self

    def step(self, loss: float, images_per_second: int) -> None:
        """After a step."""
        self._bar.set_postfix_str(f"loss {loss:.3f}, {images_per_second} images/s", refresh=False)
        self._bar.update()

    def epoch(self, row: dict[str, Any]) -> None:
        """After an epoch: its row of the history."""
        if "map@r" in row and not self._bar.disable:
            self._bar.write(f"epoch {row['epoch']}: loss {row['loss']:.3f}, validation map@r {row['map@r']:.4f}")

    def __exit__(self, *_) -> None:
        self._bar.close()
