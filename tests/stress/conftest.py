"""Starts processes that are to be killed."""

import multiprocessing

import pytest


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
        ]
    )

    def start(function, *args):
        process = context.Process(target=function, args=args, daemon=True)
        process.start()
        return process

    return start
