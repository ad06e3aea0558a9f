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
from importlib.util import find_spec
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parent.parent / "src"
PACKAGE = SRC / "pellucid"
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 60
MOST_FUNCTION_LINES = 30  # nine of ten functions have no more
IMPORT_BUDGET = 60  # modules, the standard library's too

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
    "video": LIBRARY | {"_api"},
    "plugins": LIBRARY | {"_api", "__init__"},
    "__init__": LIBRARY | {"_api", "video"},
    "nets": LIBRARY,
    "evaluate": LIBRARY | {"_api", "__init__", "video", "explaining", "pages", "plugins", "scale"},
    "train": LIBRARY | {"_api", "__init__", "nets", "evaluate"},
    "serve": LIBRARY | {"_api", "__init__", "explaining", "pages"},
    "scale": LIBRARY | {"_api", "__init__", "explaining", "pages"},
    "cli": LIBRARY
    | {"_api", "__init__", "train", "evaluate", "explaining", "video", "serve", "plugins", "scale"},
    "__main__": {"cli"},
}
# A third-party package -> the only parts that may import it.
CONFINED = {
    "torch": {"nets", "train"},
    "onnx": {"nets", "train", "explaining"},
    "onnxruntime": {"runtime"},
    "openvino": {"runtime"},
    "constriction": {"entropy"},
    "click": {"cli"},
    "av": {"video", "evaluate"},
    "cv2": {"video", "evaluate"},
    "fastapi": {"serve"},
    "starlette": {"serve"},
    "uvicorn": {"serve"},
    "prometheus_client": {"serve"},
    "distributed": {"scale"},
    "fsspec": {"scale"},
    "pyarrow": {"scale"},
    "tenacity": {"scale"},
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
    yield from absolute(path, list(ast.walk(tree(path))))


def absolute(path: Path, nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of the imports among `nodes` of a file."""
    package = path.relative_to(SRC).parent.parts
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """`ast.walk` that leaves out what only a type checker reads."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return
    for child in ast.iter_child_nodes(node):
        yield from at_run_time(child)


def module_of(path: Path) -> str:
    """Dotted name of a file; a package's `__init__` keeps that name."""
    return ".".join(path.relative_to(SRC).with_suffix("").parts)


def loaded_by(path: Path, modules: set[str]) -> set[str]:
    """Our modules that a file imports when it runs; `from package import module` is the module."""
    found = set()
    for _, name in absolute(path, list(at_run_time(tree(path)))):
        while name and name not in modules:
            package = f"{name}.__init__"
            name = package if package in modules else name.rpartition(".")[0]
        found.add(name)
    return found - {""}


def circles(edges: dict[str, set[str]]) -> set[frozenset[str]]:
    """Groups of two modules or more in which each reaches every other."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            new = edges[waiting.pop()] - seen
            seen |= new
            waiting.extend(new)
        return seen

    all_reached = {name: reached(name) for name in edges}
    groups = (
        frozenset(other for other in ends if name in all_reached[other])
        for name, ends in all_reached.items()
    )
    return {group for group in groups if len(group) > 1}


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


def test_no_circles_inside_a_package() -> None:
    """File by file, imports inside functions too."""
    modules = {module_of(path) for path in FILES}
    found = circles({module_of(path): loaded_by(path, modules) for path in FILES})
    wrong = [" <-> ".join(sorted(group)) for group in found]
    assert not wrong, "these import each other:\n" + "\n".join(wrong)


def test_circles_are_found() -> None:
    """The search itself: a circle of three, one module that only leads to it, one of types."""
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"e"}}
    assert circles(edges) == {frozenset("abc")}
    text = "if TYPE_CHECKING:\n    import pellucid.a\ndef f():\n    from pellucid import b\n"
    names = [n for _, n in absolute(PACKAGE / "x.py", list(at_run_time(ast.parse(text))))]
    assert names == ["pellucid.b"]


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    wrong = [f"{where(path, n)}" for path, n in lengths.items() if n > MAX_FILE_LINES]
    assert not wrong, f"over {MAX_FILE_LINES} lines: {wrong}"


def function_lengths() -> list[tuple[int, str]]:
    """Lines and place of every function, methods and nested ones too."""
    return [
        ((node.end_lineno or 0) - node.lineno + 1, f"{where(path, node.lineno)} {node.name}")
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_functions_are_short() -> None:
    lengths = sorted(function_lengths())
    wrong = [f"{name}: {length} lines" for length, name in lengths if length > MAX_FUNCTION_LINES]
    assert not wrong, "\n".join(wrong)
    longest_of_nine_tenths = lengths[int(0.9 * len(lengths))][0]
    assert longest_of_nine_tenths <= MOST_FUNCTION_LINES


# What makes models, measures or shows the whole of it needs more than the public functions.
NOT_ON_THE_PUBLIC_API = ("adapt", "train", "bench", "_bench", "demo", "_demo")
PAGES = {
    "page_of",
    "check_target",
    "refuse_same_file",
    "write_atomic",
}  # `explain` draws a page of what it is given


def test_commands_stand_on_the_public_api() -> None:
    """They import what anyone can from `pellucid`, errors, plugins, each other, and constants."""
    wrong = []
    for path in (PACKAGE / "cli").glob("*.py"):
        if path.stem.startswith(NOT_ON_THE_PUBLIC_API):
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ImportFrom) or node.module in ("pellucid", None):
                continue
            if node.module.startswith("pellucid.") and not node.module.startswith(
                (
                    "pellucid.cli",
                    "pellucid.errors",
                    "pellucid.plugins",
                    "pellucid.scale",
                    "pellucid.serve",
                )
            ):
                names = {alias.name for alias in node.names}
                allowed = PAGES if path.stem == "explain" else set()
                wrong += [f"{path.name}: {n}" for n in names - allowed if not n.isupper()]
    assert not wrong


def run(code: str) -> str:
    """What a fresh interpreter prints that knows no environment but the source."""
    prelude = f"import sys; sys.path.insert(0, {str(SRC)!r})\n"
    command = [sys.executable, "-c", prelude + code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_import_loads_no_framework() -> None:
    loaded = set(run("import pellucid; print(*sys.modules)").split())
    assert loaded.isdisjoint(
        {"torch", "onnx", "onnxruntime", "openvino", "matplotlib", "imagecodecs"}
    )


def test_import_is_fast() -> None:
    """A module takes about a millisecond, so their number stands for the time."""
    code = "before = set(sys.modules); import pellucid; print(*set(sys.modules) - before)"
    loaded = run(code).split()
    assert len(loaded) <= IMPORT_BUDGET, sorted(loaded)


@pytest.mark.parametrize("device", ["cpu", "openvino"])
def test_nothing_is_left_in_the_home_folder(tmp_path: Path, device: str) -> None:
    """ONNX Runtime and OpenVINO would keep an id there, and send events to their makers."""
    if device == "openvino" and find_spec("openvino") is None:
        pytest.skip("OpenVINO has no package for this system")
    picture = "numpy.zeros((9, 9, 3), 'uint8')"
    code = f"import numpy, pellucid; pellucid.denoise({picture}, sigma=9.0, device={device!r})"
    kept = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "HOME")}
    kept = {k: v for k, v in kept.items() if not k.startswith("XDG_")}
    home = {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env={**kept, **home})
    assert not list(tmp_path.iterdir())
