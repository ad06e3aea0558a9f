"""Keras on PyTorch, imported so that it reads and writes no settings of its own.

Keras picks its backend, and makes a folder for its settings, when it is imported. So both variables
are set for that moment, the folder to a temporary one.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pellucid.errors import MissingExtraError, OptionError

BACKEND = "torch"
EXTRAS = "bench,train"  # keras itself is in the one, its backend in the other


def load_keras(threads: int) -> Any:
    """The module keras, with `threads` threads for PyTorch below it.

    Raises:
        MissingExtraError: keras or PyTorch isn't installed.
        OptionError: keras was imported before, with another backend.
    """
    for package in (BACKEND, "keras"):
        try:
            if sys.modules.get(package) is None:
                with _own_settings():
                    importlib.import_module(package)
        except ImportError as error:
            raise MissingExtraError(package, EXTRAS) from error
    keras: Any = sys.modules["keras"]
    if (found := keras.backend.backend()) != BACKEND:
        raise OptionError(
            f"keras was imported with the backend {found!r}; set KERAS_BACKEND={BACKEND} before"
        )
    sys.modules[BACKEND].set_num_threads(threads)
    return keras


def version_of(keras: Any) -> str:
    """Keras and its backend."""
    return f"keras {keras.__version__}, torch {sys.modules[BACKEND].__version__}"


@contextmanager
def _own_settings() -> Iterator[None]:
    names = ("KERAS_BACKEND", "KERAS_HOME")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(zip(names, (BACKEND, folder), strict=True))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
