"""One thread each for processes that run side by side."""

# two processes with two threads each on two cores made a training step ten times slower
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
