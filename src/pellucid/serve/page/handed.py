"""Pictures that a command hands to the page: by random ids, so that no address names a file."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Handed"]


class Handed:
    """Files, which only who knows their ids gets."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = {secrets.token_urlsafe(16): path for path in paths}

    @property
    def listed(self) -> list[dict[str, str]]:
        """Ids and names, for the page."""
        return [{"id": key, "name": path.name} for key, path in self._paths.items()]

    def path(self, key: str) -> Path | None:
        """The file with this id, if there is one."""
        return self._paths.get(key)
