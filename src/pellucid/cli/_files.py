"""Reading a .pel file's bytes, with a message for what can go wrong."""

from __future__ import annotations

from pathlib import Path

from pellucid.errors import InputError


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        InputError: it isn't there, is a folder or can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder, not a file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read: {reason}") from error
