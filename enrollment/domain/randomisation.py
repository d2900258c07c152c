"""The randomisation list: stratified permuted blocks, made once from a seed by the study's statistician.

The generator is our own and written down here, because `random.Random` promises the same numbers in the
next Python version for its core only, not for shuffling. Bytes come from SHA-256 over "seed | stratum |
counter"; whole numbers are drawn from 8 bytes without bias (values beyond the last full multiple are thrown
away); blocks are shuffled after Fisher and Yates. Each stratum has its own stream, so that a site opened
later changes no other list.

A minimised trial has no list of arms: its sealed list holds the draws, one number below DRAW_SPAN a subject."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product

METHOD = "sha256-fisher-yates-1"
DRAW_SPAN = 1_000_000
DRAWS = "minimisation"  # the name of the stream of draws
_BYTES = 8
_SPAN = 1 << (8 * _BYTES)


@dataclass(frozen=True)
class AllocationSlot:
    """One place of the list: the number within its stratum (from 1), its block and the arm."""

    stratum: str
    number: int
    block: int
    block_size: int
    arm: str


class _Draws:
    """The stream of whole numbers of one stratum."""

    def __init__(self, seed: str, stratum: str) -> None:
        self._bytes = self._stream(f"{METHOD}|{seed}|{stratum}")

    @staticmethod
    def _stream(label: str) -> Iterator[int]:
        for counter in count():
            yield from hashlib.sha256(f"{label}|{counter}".encode()).digest()

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1, each as likely as the other."""
        limit = _SPAN - _SPAN % bound
        while True:
            number = int.from_bytes(bytes(next(self._bytes) for _ in range(_BYTES)), "big")
            if number < limit:
                return number % bound

    def shuffled(self, things: Sequence[str]) -> list[str]:
        """The things in random order (Fisher and Yates, from the end)."""
        mixed = list(things)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed


def stratum_key(levels: Mapping[str, str]) -> str:
    """The key of a stratum: its factors in alphabetical order, `risk=HIGH;site=SZ01`."""
    return ";".join(f"{factor}={levels[factor]}" for factor in sorted(levels))


def all_strata(factors: Mapping[str, Sequence[str]]) -> list[str]:
    """The keys of every combination of levels."""
    names = sorted(factors)
    return [
        stratum_key(dict(zip(names, levels, strict=True)))
        for levels in product(*(factors[one] for one in names))
    ]


def allocation_list(
    seed: str,
    strata: Iterable[str],
    ratio: Mapping[str, int],
    block_sizes: Sequence[int],
    slots_per_stratum: int,
) -> tuple[AllocationSlot, ...]:
    """The list for each stratum: whole blocks, at least `slots_per_stratum` places.

    ratio: arm → whole number ({"A": 1, "B": 1}). block_sizes: drawn at random block by block; each a
    multiple of the ratio's sum. The same arguments give the same list on any machine and Python version;
    the order of arms and of block sizes in the arguments does not matter. ValueError when a size does not
    fit the ratio or a stratum is named twice."""
    sizes, unit, names = sorted(set(block_sizes)), sum(ratio.values()), list(strata)
    if not seed:
        raise ValueError("A randomisation list needs a seed.")
    if not ratio or any(share < 1 for share in ratio.values()):
        raise ValueError("Each arm needs a share of at least 1.")
    if not sizes or any(size < unit or size % unit for size in sizes):
        raise ValueError(f"Each block size must be a multiple of {unit}, the sum of the ratio.")
    if len(set(names)) != len(names):
        raise ValueError("A stratum stands in the list twice.")
    return tuple(slot for name in names for slot in _stratum(seed, name, ratio, sizes, slots_per_stratum))


def draw_list(seed: str, count: int) -> tuple[int, ...]:
    """The random element of minimisation: for each subject in turn a number from 0 to DRAW_SPAN - 1."""
    if not seed:
        raise ValueError("A randomisation list needs a seed.")
    draws = _Draws(seed, DRAWS)
    return tuple(draws.below(DRAW_SPAN) for _ in range(count))


def list_lines(slots: Iterable[AllocationSlot]) -> list[str]:
    """A list as its digest reads it: a line a place, by stratum and number, whatever the order they came in."""
    inside = sorted(slots, key=lambda one: (one.stratum, one.number))
    return [f"{one.stratum}|{one.number}|{one.block}|{one.block_size}|{one.arm}" for one in inside]


def draw_lines(draws: Iterable[int]) -> list[str]:
    """The draws of minimisation as their digest reads them."""
    return [f"{number}|{draw}" for number, draw in enumerate(draws, start=1)]


def list_digest(lines: Iterable[str], key: str) -> str:
    """SHA-256 over the sealed key (the seed, or the salt of an imported list) and the lines.

    It is published before the first allocation. Without the key nobody can try lists against it: who has seen most
    of a stratum would otherwise find the rest. With the key, after the study, it proves the list."""
    return hashlib.sha256("\n".join([key, *lines]).encode()).hexdigest()


def _stratum(
    seed: str, stratum: str, ratio: Mapping[str, int], sizes: Sequence[int], at_least: int
) -> Iterator[AllocationSlot]:
    draws, number = _Draws(seed, stratum), 0
    unit = sum(ratio.values())
    for block in count(1):
        if number >= at_least:
            return
        size = sizes[draws.below(len(sizes))]
        arms = [arm for arm in sorted(ratio) for _ in range(ratio[arm] * size // unit)]
        for arm in draws.shuffled(arms):
            number += 1
            yield AllocationSlot(stratum, number, block, size, arm)
