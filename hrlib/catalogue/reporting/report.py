"""The report of a catalogue: what is in it, what is wrong with it, and what to do about that."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hrlib.catalogue.checks import require_columns
from hrlib.catalogue.reporting import labels, photos
from hrlib.catalogue.reporting.duplicates import ALIKE, alike_pairs, divided_pairs, one_colour, same_pixels
from hrlib.catalogue.reporting.finding import Finding
from hrlib.errors import HrlibError
from hrlib.settings import nearest

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from hrlib.catalogue.catalogue import Catalogue

SHOWN = 5  # rows of a finding in the page
WIDTH = 110  # of the text


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What is in a catalogue of N items, what is wrong with it, and what to do about that. A notebook shows it as a page, `print` as text.

    Attributes:
        catalogue: what it is about.
        findings: by name, those that apply.
        looked_for: the names of all that was looked for.
        distinct: (n,) int64, the rows without photos whose pixels an earlier one has: `catalogue.subset(report.distinct)`.
    """

    catalogue: Catalogue
    findings: Mapping[str, Finding]
    looked_for: tuple[str, ...]
    distinct: np.ndarray

    def __str__(self) -> str:
        lines = [repr(self.catalogue), "", self.catalogue.summary().to_string(), ""]
        for number, (name, found) in enumerate(self.findings.items(), 1):
            lines += textwrap.wrap(f"{number}. {name}: {found.said}", WIDTH, subsequent_indent="   ")
            lines += textwrap.wrap(found.advice, WIDTH, initial_indent="   -> ", subsequent_indent="      ")
        return "\n".join([*lines, *([] if self.findings else textwrap.wrap(self._nothing(), WIDTH))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<p><b>{html.escape(repr(self.catalogue))}</b></p>", self.catalogue.summary().to_html(border=0)]
        for name, found in self.findings.items():
            said, advice = html.escape(found.said), html.escape(found.advice)
            rows = found.rows.head(SHOWN).to_html(index=False, border=0, float_format="{:.3f}".format)
            more = f"the first {SHOWN} of {len(found.rows):,}" if len(found.rows) > SHOWN else f"all {len(found.rows)}"
            parts.append(
                f"<h4>{html.escape(name)}</h4><p>{said}<br><i>{advice}</i></p><details><summary>{more}</summary>{rows}</details>"
            )
        return "".join([*parts, "" if self.findings else f"<p>{html.escape(self._nothing())}</p>"])

    def _nothing(self) -> str:
        return f"Nothing was found of what was looked for: {', '.join(self.looked_for)}."

    def sheet(self, level: str | int | None = None, **settings: int) -> go.Figure:
        """A contact sheet, see `hrlib.explore.contact_sheet`; of the second level unless `level` says otherwise."""
        from hrlib.explore import contact_sheet

        return contact_sheet(
            self.catalogue, self.catalogue.hierarchy.superclass if level is None else level, **settings
        )

    def pairs(self, name: str = "similar photos", count: int = 12) -> go.Figure:
        """The first pairs of a finding, side by side: of "similar photos", the most alike first, "repeated photos" or "divided photos".

        Raises:
            HrlibError: no such finding, or one that is not about pairs.
        """
        from hrlib.explore.photo_pairs import photo_pairs

        there = [each for each, found in self.findings.items() if "other" in found.rows]
        if name not in there:
            raise HrlibError(f"no pairs of {name!r} were found; {nearest(name, there) if there else 'no pairs at all'}")
        return photo_pairs(self.catalogue, self.findings[name].rows.head(count), title=self.findings[name].said)


def report(catalogue: Catalogue, split: str | Mapping[str, Catalogue] | None, alike: float | None) -> Report:
    """See `Catalogue.report`."""
    alike = ALIKE if alike is None else alike
    if not 0 < alike <= 1:
        raise HrlibError(f"alike is {alike!r}: expected a cosine above 0, at most 1")
    images, part = catalogue.images, _parts(catalogue, split)
    first, pairs = same_pixels(images), alike_pairs(images, alike)
    divided = None if part is None else photos.across(catalogue, divided_pairs(images, part, pairs, alike), part)
    found = {
        "broken photos": photos.broken(catalogue),
        "plain photos": photos.plain(catalogue, one_colour(images)),
        "repeated photos": photos.repeated(catalogue, first),
        "similar photos": photos.alike(catalogue, pairs),
        "divided photos": divided,
        "conflicts": labels.conflicts(catalogue),
        "levels": labels.levels(catalogue),
        "single photos": labels.singletons(catalogue),
        "attributes": labels.attributes(catalogue),
        "missing texts": labels.missing_texts(catalogue),
        "shared texts": labels.shared_texts(catalogue),
    }
    kept = {name: finding for name, finding in found.items() if finding is not None}
    return Report(catalogue, kept, tuple(found), np.flatnonzero(first == np.arange(len(first))))


def _parts(catalogue: Catalogue, split: str | Mapping[str, Catalogue] | None) -> np.ndarray | None:
    """(N,) names of parts, None where a row is in none: from a column, or from catalogues that hold some of the items, matched by id."""
    if split is None:
        return catalogue.items["split"].to_numpy() if "split" in catalogue.items else None
    if isinstance(split, str):
        require_columns(catalogue.items, [split], "the parts of a split")
        return catalogue.items[split].to_numpy()
    part_of: dict = {}
    for name, part in split.items():
        twice = [id for id in part.items["id"] if part_of.setdefault(id, name) != name]
        if twice:
            raise HrlibError(
                f"{len(twice)} items are in two parts of the split, the first by id {twice[0]!r}: expected each in one"
            )
    return catalogue.items["id"].map(part_of).to_numpy(dtype=object)
