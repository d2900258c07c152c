"""The hourly digest of all chain heads, published as a line of a file that anybody may keep."""

import fcntl
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection, transaction

from .models import Digest, DigestHead

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One published digest. `heads`: (chain, position, hash) of each chain that moved since the one before."""

    number: int
    at: datetime
    chains: int
    previous: str
    digest: str
    heads: tuple[tuple[str, int, str], ...]

    def computed(self) -> str:
        """The digest that its contents give, as `audit_digest_of` computes it."""
        microseconds = (self.at - EPOCH) // timedelta(microseconds=1)
        first = "\x1f".join(map(str, (self.number, microseconds, self.chains, self.previous)))
        heads = ["\x1f".join(map(str, head)) for head in sorted(self.heads)]
        return hashlib.sha256("\n".join([first, *heads]).encode()).hexdigest()

    def text(self) -> str:
        content = {**vars(self), "at": self.at.isoformat().replace("+00:00", "Z")}
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> "Line":
        content = json.loads(text)
        heads = tuple((chain, position, digest) for chain, position, digest in content.pop("heads"))
        return cls(**{**content, "at": datetime.fromisoformat(content["at"]), "heads": heads})


def publish_digest() -> int:
    """Take the digest of all heads and, once that is committed, write what the file does not hold yet; its number.

    Runs inside `audit.acting`, as the system.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_publish()")
        number: int = cursor.fetchone()[0]
    transaction.on_commit(write_published)
    return number


def write_published() -> None:
    """Append the digests that the published file does not hold yet, in their order."""
    path = Path(settings.DIGEST_PATH)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = last_number(file)
        for line in lines_after(last):
            file.write(line.text().encode() + b"\n")


def last_number(file: BinaryIO) -> int:
    """The number of the last whole line; 0 for an empty file."""
    file.seek(0)
    lines = file.read().splitlines()
    return Line.read(lines[-1].decode()).number if lines else 0


def lines_after(number: int) -> Iterator[Line]:
    """The digests of the database after a number."""
    heads: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
    for head in DigestHead.objects.filter(digest_id__gt=number).order_by("digest_id", "chain"):
        heads[head.digest_id].append((head.chain, head.position, bytes(head.hash).hex()))
    for digest in Digest.objects.filter(pk__gt=number).order_by("pk"):
        yield Line(
            digest.pk, digest.at, digest.chains, digest.previous, digest.digest, tuple(heads[digest.pk])
        )


def published_lines(path: Path) -> list[Line]:
    return [Line.read(text) for text in path.read_text(encoding="utf-8").splitlines() if text]


def disagreements(lines: list[Line]) -> Iterator[tuple[str, int, str]]:
    """Where the trail does not agree with a published file: chain, position, problem."""
    previous = ""
    for line in lines:
        if line.computed() != line.digest or line.previous != previous:
            yield "published file", line.number, "this line was altered, or the one before it is missing"
        previous = line.digest
    held = dict(Digest.objects.values_list("pk", "digest"))
    told: set[str] = set()
    for line in lines:
        if held.get(line.number) != line.digest:
            yield "digest", line.number, "it was published, and the database holds another or none"
        for chain, position in broken_heads(line.heads):
            if chain not in told:
                told.add(chain)
                yield (
                    chain,
                    position,
                    f"digest {line.number} of {line.at:%Y-%m-%dT%H:%M:%SZ} published another entry",
                )


def broken_heads(heads: Sequence[tuple[str, int, str]]) -> Iterator[tuple[str, int]]:
    """Those of the heads (chain, position, hash) that the trail does not hold."""
    if not heads:
        return
    columns: list[list[Any]] = [list(column) for column in zip(*heads, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.chain, h.position FROM unnest(%s::text[], %s::bigint[], %s::text[]) h(chain, position, hash)"
            " WHERE NOT EXISTS (SELECT 1 FROM audit_trail t WHERE t.chain = h.chain AND t.position = h.position"
            " AND t.hash = decode(h.hash, 'hex')) ORDER BY 1",
            columns,
        )
        yield from cursor.fetchall()
