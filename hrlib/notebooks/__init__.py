"""Runs notebooks with checked parameters, several at a time, and leaves their numbers in one table and their figures in one report.

python -m hrlib.notebooks                       # all, the small profile
python -m hrlib.notebooks 03 -p epochs=5        # one, with parameters
python -m hrlib.notebooks --copy my_class       # copies for students, without solutions
"""

import sys

from hrlib.errors import HrlibError

try:
    from hrlib.notebooks.lessons import copy_for_students
    from hrlib.notebooks.parameters import Parameter, checked, declared
    from hrlib.notebooks.run import Outcome, find, run
except ModuleNotFoundError as missing:
    said = f'hrlib.notebooks needs {missing.name}, which is not installed: pip install "hrlib[notebooks]"'
    if sys.argv[0] == "-m":  # as it is while Python looks for the module of `python -m`: a sentence, no traceback
        sys.exit(f"error: {said}")
    raise HrlibError(said) from None

__all__ = ["Outcome", "Parameter", "checked", "copy_for_students", "declared", "find", "run"]
