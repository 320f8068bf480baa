"""Writes the badges for Binder and Colab into the README, once the repository is public: python -m docs.badges owner/name."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BINDER = "[![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/{}/HEAD?urlpath=lab/tree/notebooks/index.ipynb)"
COLAB = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/{}/blob/main/.binder/colab.ipynb)"
LINE = re.compile(r"(?:\[!\[Open in (?:Binder|Colab)\]\S+ ?)+\n\n")


def write(repository: str, root: Path = ROOT) -> None:
    """Put the badges under the README's title, instead of those that are there, and the address into Colab's notebook.

    Raises:
        SystemExit: a repository that is not owner/name.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        sys.exit(f"{repository!r} is no repository: expected owner/name, as in github.com/owner/name")
    readme, colab = root / "README.md", root / ".binder" / "colab.ipynb"
    title, _, rest = LINE.sub("", readme.read_text()).partition("\n\n")
    readme.write_text(f"{title}\n\n{BINDER.format(repository)} {COLAB.format(repository)}\n\n{rest}")
    colab.write_text(re.sub(r'REPOSITORY = \\"[^"]*\\"', rf'REPOSITORY = \\"{repository}\\"', colab.read_text()))


if __name__ == "__main__":
    write(*sys.argv[1:])
