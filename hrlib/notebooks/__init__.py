"""Runs notebooks with checked parameters, several at a time, and leaves their numbers in one table and their figures in one report.

python -m hrlib.notebooks                       # all, the small profile
python -m hrlib.notebooks 03 -p epochs=5        # one, with parameters
python -m hrlib.notebooks --copy my_class       # copies for students, without solutions
"""

from hrlib.notebooks.lessons import copy_for_students
from hrlib.notebooks.parameters import Parameter, checked, declared
from hrlib.notebooks.run import Outcome, find, run

__all__ = ["Outcome", "Parameter", "checked", "copy_for_students", "declared", "find", "run"]
