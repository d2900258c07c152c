"""Rows kept in temporary files, so that tables that cost many queries are made once and read several times."""

import pickle
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Generic, TypeVar

Batch = TypeVar("Batch")
Row = dict[str, Any]
AT_ONCE = 500  # rows in memory


class Spool(Generic[Batch]):
    """The rows of several tables, made in one walk over the batches when the first is asked for; memory stays flat.

    `makers`: table → its rows in a batch. The files are gone with the spool."""

    def __init__(
        self,
        batches: Callable[[], Iterable[Batch]],
        makers: Mapping[str, Callable[[Batch], Iterable[Row]]],
    ) -> None:
        self.batches, self.makers = batches, makers

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a table, anew each time."""
        with (self.folder / name).open("rb") as kept:
            while True:
                try:
                    some = pickle.load(kept)  # noqa: S301  (written below by this process)
                except EOFError:
                    return
                yield from some

    @cached_property
    def folder(self) -> Path:
        folder = Path(mkdtemp(prefix="export-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with ExitStack() as stack:
            files = {name: stack.enter_context((folder / name).open("wb")) for name in self.makers}
            for batch in self.batches():
                for name, make in self.makers.items():
                    for some in pieces(make(batch)):
                        pickle.dump(some, files[name], protocol=pickle.HIGHEST_PROTOCOL)
        return folder


def pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while some := list(islice(rows, AT_ONCE)):
        yield some
