"""`python -m hrlib.benchmark`: see `hrlib.benchmarking`."""

from hrlib.benchmarking.command import main

if __name__ == "__main__":
    main()
