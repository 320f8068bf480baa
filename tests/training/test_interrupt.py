import signal
import threading

import pytest

from hrlib.training.interrupt import DeferredInterrupt


def test_first_waits_second_interrupts():
    with pytest.raises(KeyboardInterrupt), DeferredInterrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.requested
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_does_nothing_in_another_thread():
    seen = []

    def work():
        with DeferredInterrupt() as interrupt:
            seen.append(interrupt.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


def test_under_torchrun_sigterm_counts_and_a_second_signal_changes_nothing():
    before = signal.getsignal(signal.SIGTERM)
    with DeferredInterrupt(torchrun=True) as interrupt:
        signal.raise_signal(signal.SIGTERM)
        assert interrupt.requested
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
