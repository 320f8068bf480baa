"""Choosing an index by measurement: candidates, built and searched as ann-benchmarks does, a frontier, a choice and its reasons."""
