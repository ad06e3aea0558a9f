"""The tests of `js/` that Node.js runs, and the size of what is built."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import pellucid
from browser import JS, node

MOST_BYTES = 300_000  # of the package without models and runtime


def run(*arguments: str) -> None:
    """Run Node.js in `js/`; what it says is shown if it fails."""
    done = subprocess.run([node(), *arguments], cwd=JS, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(done.stdout[-6000:] + done.stderr[-6000:])


def test_in_node() -> None:
    run("--test", "--test-reporter=dot", "test/*.test.ts")


def test_the_package_is_small_and_works_in_node(tmp_path: Path) -> None:
    run("scripts/build.ts", str(tmp_path))
    about = json.loads((JS / "package.json").read_text("utf-8"))
    for export in about["exports"].values():
        path = export if isinstance(export, str) else export["default"]
        assert list(tmp_path.glob(path.removeprefix("./dist/"))), path
    assert "Apache License" in (tmp_path / "LICENSE").read_text("utf-8")
    notice = (tmp_path / "NOTICE").read_text("utf-8")
    assert "Microsoft" in notice
    assert "Paul Miller" in notice
    assert sum(path.stat().st_size for path in tmp_path.glob("*.js")) < MOST_BYTES
    case = JS.parent / "conformance" / "v1" / "good" / "rgb" / "file.pel"
    program = (
        'import { readFile } from "node:fs/promises";'
        f"const {{ decode }} = await import({(tmp_path / 'index.js').as_uri()!r});"
        f"const picture = await decode(await readFile({str(case)!r}));"
        "if (picture.channels !== 3) throw new Error(String(picture.channels));"
    )
    run("--input-type=module", "--eval", program)


def test_it_has_the_version_of_the_python_package() -> None:
    about = json.loads((JS / "package.json").read_text("utf-8"))
    assert about["version"] == pellucid.__version__


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (JS / "package-lock.json").read_text("utf-8")
