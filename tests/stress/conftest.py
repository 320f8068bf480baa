"""Starts processes that are to be killed."""

import multiprocessing

import pytest

from tests.stress.faults import Fault


@pytest.fixture(scope="session")
def start():
    """start(function, *args) -> a started process. The library is imported once, in the server that the processes are forked from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "torch",
            "tests.stress.trainee",
            "tests.stress.trader",
            "hrlib.training.loop",
            "hrlib.catalogue.store",
            "hrlib.search",
            "hrlib.benchmarking.command",
            "hrlib.notebooks.__main__",
        ]
    )

    started = []

    def start(function, *args):
        # no daemon: in one joblib starts no workers
        process = context.Process(target=function, args=args, daemon=False)
        process.start()
        started.append(process)
        return process

    start(int).join()  # the imports are done: what is measured next is not their time
    yield start
    for process in started:
        if process.is_alive():  # else its number may be another's by now
            process.kill()


@pytest.fixture
def fault(tally):
    """fault("SIGKILL", "training") -> a `Fault`, whose tries are counted."""
    return lambda name, target: Fault(name, target, tally)
