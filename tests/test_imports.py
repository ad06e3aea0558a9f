"""The shape of the source: who imports whom, how long files and functions are, what import costs.

Everything but the import budget is read from the syntax trees; nothing is imported.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parent.parent / "src"
PACKAGE = SRC / "pellucid"
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 60
IMPORT_BUDGET_S = 0.2

# Part of the package -> parts it may import. A part may always import itself and errors, which
# imports nothing. What stands higher may import what stands lower, never the reverse.
FOUNDATION = {"pixels", "bitstream", "entropy", "runtime"}
MIDDLE = {"codec", "denoising", "exact"}
LIBRARY = FOUNDATION | MIDDLE
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "pages": set(),
    "pixels": set(),
    "bitstream": {"pixels"},
    "entropy": {"bitstream", "pixels"},
    "runtime": {"entropy", "bitstream", "pixels"},
    "codec": FOUNDATION,
    "denoising": FOUNDATION,
    "exact": FOUNDATION,
    "explaining": LIBRARY | {"pages"},
    "_api": LIBRARY | {"explaining"},
    "__init__": LIBRARY | {"_api"},
    "nets": LIBRARY,
    "evaluate": LIBRARY | {"_api", "__init__", "explaining", "pages"},
    "train": LIBRARY | {"_api", "__init__", "nets", "evaluate"},
    "cli": LIBRARY | {"_api", "__init__", "train", "evaluate", "explaining"},
    "__main__": {"cli"},
}
# A third-party package -> the only parts that may import it.
CONFINED = {
    "torch": {"nets", "train"},
    "onnx": {"nets", "train", "explaining"},
    "onnxruntime": {"runtime"},
    "constriction": {"entropy"},
    "click": {"cli"},
}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def part(path: Path) -> str:
    """The part of the package that a file belongs to: its folder or, at the top, its name."""
    inside = path.relative_to(PACKAGE).parts
    return inside[0].removesuffix(".py")


def is_part(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of every import in a file, at any depth in it."""
    package = path.relative_to(SRC).parent.parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def ours(name: str) -> str | None:
    """The part of pellucid that a dotted name belongs to, None for another package's."""
    first, *rest = name.split(".")
    if first != "pellucid":
        return None
    return rest[0] if rest and is_part(rest[0]) else "__init__"


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(SRC)}:{line}"


def test_every_part_has_its_place() -> None:
    assert FILES
    assert {part(path) for path in FILES} <= ALLOWED.keys()


def test_imports_go_one_way() -> None:
    wrong = [
        f"{where(path, line)}: {part(path)} imports {name}"
        for path in FILES
        for line, name in imports(path)
        if (target := ours(name)) and target not in {part(path), "errors", *ALLOWED[part(path)]}
    ]
    assert not wrong, "\n".join(wrong)


def test_allowed_has_no_cycle() -> None:
    from graphlib import TopologicalSorter

    TopologicalSorter(ALLOWED).prepare()  # raises CycleError


@pytest.mark.parametrize("package", CONFINED)
def test_package_is_confined(package: str) -> None:
    wrong = [
        f"{where(path, line)}: {name}"
        for path in FILES
        for line, name in imports(path)
        if name.split(".")[0] == package and part(path) not in CONFINED[package]
    ]
    assert not wrong, "\n".join(wrong)


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    wrong = [f"{where(path, n)}" for path, n in lengths.items() if n > MAX_FILE_LINES]
    assert not wrong, f"over {MAX_FILE_LINES} lines: {wrong}"


def test_functions_are_short() -> None:
    wrong = [
        f"{where(path, node.lineno)} {node.name}: {length} lines"
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert not wrong, "\n".join(wrong)


def run(code: str) -> str:
    """What a fresh interpreter prints that knows no environment but the source."""
    prelude = f"import sys; sys.path.insert(0, {str(SRC)!r})\n"
    command = [sys.executable, "-c", prelude + code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_import_loads_no_framework() -> None:
    loaded = set(run("import pellucid; print(*sys.modules)").split())
    assert loaded.isdisjoint({"torch", "onnx", "onnxruntime", "matplotlib", "imagecodecs"})


def test_import_is_fast() -> None:
    code = "import time; t = time.perf_counter(); import pellucid; print(time.perf_counter() - t)"
    run(code)  # compiles what isn't compiled yet
    seconds = min(float(run(code)) for _ in range(5))  # the least disturbed by other processes
    assert seconds < IMPORT_BUDGET_S


def test_nothing_is_left_in_the_home_folder(tmp_path: Path) -> None:
    """ONNX Runtime would keep a device id and events there, to be sent to its maker."""
    code = "import numpy, pellucid; pellucid.denoise(numpy.zeros((9, 9, 3), 'uint8'), sigma=9.0)"
    kept = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "HOME")}
    kept = {k: v for k, v in kept.items() if not k.startswith("XDG_")}
    home = {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env={**kept, **home})
    assert not list(tmp_path.iterdir())
