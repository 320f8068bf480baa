"""Ctrl-C that waits for the end of a training step."""

from __future__ import annotations

import signal
import threading


class DeferredInterrupt:
    """A context in which Ctrl-C sets `requested` instead of cutting a step in two; a second Ctrl-C interrupts at once.

    An interrupt in the middle of an optimizer step would leave weights that are of neither the step before nor the step after. Outside
    the main thread Python delivers no signals: there the context does nothing.

    Args:
        torchrun: whether it stops this process. It passes on the signal that it got itself, SIGTERM as well, perhaps to one process first; after a time (30
            seconds) it kills. So SIGTERM counts too, and a second signal changes nothing: the processes stop together.
    """

    def __init__(self, torchrun: bool = False):
        self.requested, self._torchrun = False, torchrun

    def __enter__(self) -> DeferredInterrupt:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            signals = (signal.SIGINT, signal.SIGTERM) if self._torchrun else (signal.SIGINT,)
            self._before = {number: signal.signal(number, self._note) for number in signals}
        return self

    def _note(self, number, frame) -> None:
        if self.requested and not self._torchrun:
            raise KeyboardInterrupt
        self.requested = True

    def __exit__(self, *_) -> None:
        if self._main:
            for number, before in self._before.items():
                signal.signal(number, before)
