"""Whatever is killed at whatever moment, going on makes each output once, and whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from batch_work import copy_of, files_below, make_sources
from dask_programs import free_port

from pellucid.scale.items import State
from pellucid.scale.manifest import Manifest

SOURCES = 60
TESTS = Path(__file__).resolve().parent.parent
PROGRAM = TESTS / "batch_work.py"
PATIENCE_S = 90


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    source, target = tmp_path / "source", tmp_path / "target"
    target.mkdir()
    return source, target
