"""Moving a catalogue from one store to another, of whatever kinds: out of the process and into a cluster, and back."""

from __future__ import annotations

from hrlib.errors import HrlibError
from hrlib.progress import bar
from hrlib.search.checks import Id
from hrlib.search.store import Store
from hrlib.settings import whole_number


def copy_to(source: Store, target: Store, batch_size: int = 1000) -> int:
    """Put all items of a store into another one, with their metadata; returns how many there are.

    What `target` holds under other ids stays. Items are put in by `upsert`, a batch after the other: after an interruption
    call it again, which copies all of them anew and leaves none twice. Neither store may be changed by others meanwhile.

    Args:
        batch_size: items that are read and written at once; so many are held in memory.

    Raises:
        HrlibError: other dimensions, columns that have another type in `target`, or a target that does not have as many
            items in the end as it must.
    """
    whole_number("batch_size", batch_size, what="how many items to copy at once")
    if source.dim != target.dim:
        raise HrlibError(
            f"the items have {source.dim} dimensions and the target {target.dim}: expected the same; make the target with dim={source.dim}"
        )
    ids: list[Id] = source.ids()
    expected = len({*ids, *target.ids()})
    with bar(total=len(ids), desc="copying", unit="item") as shown:
        for start in range(0, len(ids), batch_size):
            batch = ids[start : start + batch_size]
            target.upsert(batch, *source.get(batch))
            shown.update(len(batch))
    if (count := target.count()) != expected:
        raise HrlibError(f"the target has {count} items and must have {expected}: was it changed meanwhile? Copy again")
    return len(ids)
