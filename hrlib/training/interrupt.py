"""Ctrl-C that waits for the end of a training step."""

from __future__ import annotations

import signal
import threading


class DeferredInterrupt:
    """A context in which Ctrl-C sets `requested` instead of cutting a step in two; a second Ctrl-C interrupts at once.

    An interrupt in the middle of an optimizer step would leave weights that are of neither the step before nor the step after. Outside
    the main thread Python delivers no signals: there the context does nothing.
    """

    def __init__(self):
        self.requested = False

    def __enter__(self) -> DeferredInterrupt:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number, frame) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

    def __exit__(self, *_) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)
