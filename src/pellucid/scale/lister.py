"""Sources into the manifest, by a thread, while others are worked on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from pellucid.scale.items import Item, State, Verb
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.options import BatchOptions
from pellucid.scale.sources.find import find_sources

Say = Callable[[str], None]
SAID = 100  # names that are left out, of which each is told
SOON_S, PATIENCE_S = 0.02, 5.0  # between two looks; for it to end


class Listing:
    """The pictures of a run's source, as a stream, and what was left out of it.

    Attributes:
        passed: suffixes of files in folders that aren't taken.
        left_out: how many names stood for something that can't be taken, which `say` is told of.
    """

    def __init__(self, verb: Verb, options: BatchOptions, say: Say) -> None:
        self._verb, self._options, self._say = verb, options, say
        self._exclude = options.excluded(verb)
        self.passed, self.left_out = Counter[str](), 0

    def __iter__(self) -> Iterator[Item]:
        """Raises InputError if there are none."""
        found = find_sources(
            self._options.source, self._verb.suffixes, self.passed, self._exclude, self._told
        )
        return islice(found, self._options.limit)

    def _told(self, text: str) -> None:
        self.left_out += 1
        if self.left_out <= SAID:
            self._say(text)
        elif self.left_out == SAID + 1:
            self._say("and more of this kind")


class Lister(threading.Thread):
    """Puts a listing into a manifest; `error` is why it couldn't go on."""

    error: Exception | None = None

    def __init__(self, listing: Listing, manifest: Manifest, verb: Verb) -> None:
        super().__init__(name="lister", daemon=True)
        self._listing, self._manifest, self._verb = listing, manifest, verb
        self._ended = threading.Event()

    def run(self) -> None:
        """List until the end, or until it is told to stop."""
        try:
            going = (item for item in self._listing if not self._is_over())
            self._manifest.add(going, self._verb.output)
            self._manifest.mark_listed()
        except InterruptedError:
            pass
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            self.error = error

    def _is_over(self) -> bool:
        if self._ended.is_set():
            raise InterruptedError
        return False

    def waits(self) -> bool:
        """Whether there is anything to be done; returns when that is known.

        Raises what the listing does.
        """
        while True:
            listed = self._manifest.is_listed  # before, as what is added last must be seen
            if self._manifest.counts().states[State.WAITING]:
                return True
            if self.error is not None:
                raise self.error
            if listed:
                return False
            self.join(SOON_S)

    def stop(self) -> None:
        """End it; one that waits for its source, as for standard input, is left alone."""
        self._ended.set()
        self.join(PATIENCE_S)


@contextmanager
def listed(listing: Listing, manifest: Manifest, verb: Verb) -> Iterator[Lister]:
    """Sources are listed while the block lasts."""
    lister = Lister(listing, manifest, verb)
    lister.start()
    try:
        yield lister
    finally:
        lister.stop()
