"""What the package declares: one place for the version, and every extra that is named."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pellucid

ROOT = Path(__file__).resolve().parent.parent


def test_the_build_reads_the_version_from_the_package():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in config["project"]
    assert config["project"]["dynamic"] == ["version"]
    source = ROOT / config["tool"]["hatch"]["version"]["path"]
    assert source == Path(pellucid.__file__).resolve()
    assert re.findall(r'^__version__ = "(.+)"$', source.read_text("utf-8"), re.M) == [
        pellucid.__version__
    ]


def test_the_installed_package_has_it():
    assert metadata.version("pellucid") == pellucid.__version__


def test_extras_that_are_named_are_declared():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "Makefile"]
    named = set()
    for path in [*Path(pellucid.__file__).parent.rglob("*.py"), *pages]:
        text = path.read_text("utf-8")
        for extras in re.findall(r"pellucid\[([a-z,]+)\]", text):
            named |= set(extras.split(","))
        named |= set(re.findall(r'^EXTRA = "(\w+)"$', text, re.M))
    assert {"science", "formats", "train"} <= named
    assert named <= set(config["project"]["optional-dependencies"])


def test_no_other_module_has_a_version():
    package = Path(pellucid.__file__).parent
    found = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"^\s*__version__\s*=", path.read_text("utf-8"), re.M)
    ]
    assert found == ["__init__.py"]


def test_the_changelog_has_its_section():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## {re.escape(pellucid.__version__)}\b", text, re.M)
