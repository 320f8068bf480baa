"""Runs notebooks with checked parameters, several at a time, and leaves their numbers in one table and their figures in one report.

python -m hrlib.notebooks                       # all, the small profile
python -m hrlib.notebooks 03 -p epochs=5        # one, with parameters
"""

from hrlib.notebooks.parameters import Parameter, checked, declared
from hrlib.notebooks.run import Outcome, find, run

__all__ = ["Outcome", "Parameter", "checked", "declared", "find", "run"]
