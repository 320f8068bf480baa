import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.training.sampler import ClassBalancedBatches


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=20),
    batch_size=st.integers(1, 32),
    per_class=st.integers(1, 8),
    seed=st.integers(0, 50),
)
def test_batches_are_balanced_and_seeded(sizes, batch_size, per_class, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    per_class = min(per_class, batch_size)
    batches = ClassBalancedBatches(labels, batch_size, per_class, seed)
    epoch = list(batches.epoch(3))
    assert len(epoch) == len(batches) >= 1
    classes = min(len(sizes), max(1, batch_size // per_class))
    for rows in epoch:
        assert len(rows) == batch_size
        counts = np.unique(labels[rows], return_counts=True)[1]
        # a batch that straddles two rounds may meet a class twice
        assert len(counts) <= classes and counts.min() >= batch_size // classes
    again = ClassBalancedBatches(labels, batch_size, per_class, seed)
    assert all((a == b).all() for a, b in zip(epoch, again.epoch(3), strict=True))


def test_every_class_is_drawn_equally_often():
    labels = np.repeat(np.arange(10), [2, 30, 4, 5, 6, 3, 3, 3, 2, 2])
    batches = ClassBalancedBatches(labels, 12, 3, seed=0)
    drawn = np.concatenate([labels[np.concatenate(list(batches.epoch(e)))] for e in range(20)])
    counts = np.bincount(drawn)
    assert counts.max() - counts.min() <= 3 * 20


def test_rows_of_a_class_are_not_repeated_while_others_wait():
    labels = np.repeat(np.arange(4), 8)
    rows = next(iter(ClassBalancedBatches(labels, 16, 4, seed=0).epoch(0)))
    assert len(set(rows)) == 16


def test_epochs_differ():
    batches = ClassBalancedBatches(np.repeat(np.arange(20), 5), 20, 4, seed=0)
    assert not np.array_equal(np.concatenate(list(batches.epoch(0))), np.concatenate(list(batches.epoch(1))))


def test_bad_input_is_named():
    with pytest.raises(HrlibError, match="catalogue is empty"):
        ClassBalancedBatches(np.array([], int), 8, 4, 0)
    with pytest.raises(HrlibError, match="per_class is 9 with batch_size 8"):
        ClassBalancedBatches(np.zeros(3, int), 8, 9, 0)
