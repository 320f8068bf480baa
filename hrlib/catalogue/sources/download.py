"""Fetching a file from its publisher: checked, with a progress bar, and going on where a broken-off download stopped."""

from __future__ import annotations

import os
from pathlib import Path

import pooch

from hrlib import progress
from hrlib.errors import HrlibError

CHUNK = 1 << 20


def fetch(url: str, to: Path, checksum: str | None = None, by_hand: str = "") -> Path:
    """Download `url` to the file `to`, which is there whole or not at all.

    What came of a download that broke off stays beside it as NAME.part, and the next call asks for the rest; without a
    checksum to judge the result by, it begins anew.

    Args:
        checksum: "md5:..." or "sha256:..." as the publisher gives it.
        by_hand: where to get the file otherwise; the end of every error.

    Raises:
        HrlibError: the server cannot be reached, the download broke off, or the checksum is another.
    """
    part = to.with_name(f"{to.name}.part")
    if checksum is None:
        part.unlink(missing_ok=True)
    pooch.get_logger().setLevel("WARNING")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        pooch.retrieve(url, checksum, fname=to.name, path=to.parent, downloader=_Resuming(part))
    except ValueError as error:  # pooch's word for a wrong checksum: got and expected; the file is deleted
        raise HrlibError(f"{url}: {error} Try again. {by_hand}") from error
    except OSError as error:  # requests' errors are OSErrors
        kept = part.stat().st_size if part.exists() else 0
        again = f"{kept:,} bytes are kept: call again to go on from there" if kept else "try again"
        raise HrlibError(f"{url} cannot be fetched to {to} ({error}); {again}. {by_hand}") from error
    return to


class _Resuming:
    """A downloader for pooch that writes to `part` and asks the server for what is missing there."""

    def __init__(self, part: Path):
        self.part = part

    def __call__(self, url: str, output_file: str, _: object) -> None:
        with open(self.part, "ab") as file:
            start = file.tell()

            def begin(response, **_):
                if response.status_code in (200, 416):  # the whole file comes, or there is nothing behind `start`
                    file.truncate(0)

            settings = {"headers": {"Range": f"bytes={start}-"}} if start else {}
            with progress.bar(total=1, desc=self.part.stem, unit="B", unit_scale=True) as bar:
                download = pooch.HTTPDownloader(bar, CHUNK, hooks={"response": begin}, **settings)
                download(url, file, None)
        os.replace(self.part, output_file)
