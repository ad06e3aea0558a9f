"""What every bench asks of its adapters: names to adapters, and those that can be had."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from pellucid.errors import OptionError, PellucidError

Adapter = TypeVar("Adapter")


def expand_names(
    names: Iterable[str], groups: Mapping[str, Collection[str]], known: Collection[str], what: str
) -> tuple[str, ...]:
    """Names and groups of them, such as `all`, to names of adapters, each once.

    Args:
        groups: one is `all`, those that a person may name.
        known: all adapters there are.
        what: they are called, in the message.

    Raises:
        OptionError: a name that neither has.
    """
    found: dict[str, None] = {}
    for name in names:
        members = groups.get(name, (name,))
        if unknown := [member for member in members if member not in known]:
            there = ", ".join(dict.fromkeys([*groups, *groups["all"]]))
            raise OptionError(f"no {what} called {unknown[0]!r}; there are: {there}")
        found.update(dict.fromkeys(members))
    return tuple(found)


def load_adapters(
    names: Iterable[str], make: Callable[[str], Callable[[int], Adapter]], threads: int
) -> tuple[list[Adapter], dict[str, str]]:
    """All adapters that can be had, and for the others the reason why not.

    Args:
        make: name -> what makes its adapter for a number of threads; OptionError for no such name.

    Raises:
        OptionError: no adapter of that name, or `threads` below 1.
    """
    check_threads(threads)
    factories = {name: make(name) for name in names}
    found: list[Adapter] = []
    missing: dict[str, str] = {}
    for name, factory in factories.items():
        try:
            found.append(factory(threads))
        except PellucidError as error:
            missing[name] = str(error)
    return found, missing


def check_threads(threads: int) -> None:
    """Raise OptionError for none."""
    if threads < 1:
        raise OptionError(f"threads must be at least 1, got {threads}")
