"""What the package declares: one place for the version, and every extra that is named."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import pellucid
from pellucid.runtime import CodecModel
from pellucid.runtime.store import PACKAGED
from shipped import CODECS

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


def test_the_wheel_has_the_models_whole_and_stays_small():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = config["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["src/pellucid"]
    assert "src/pellucid/models/**" in wheel["artifacts"]  # also what .gitignore leaves out
    files = [path for path in Path(pellucid.__file__).parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files if path.suffix != ".pyc") < 25e6


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_says_what_it_is_and_may_be_used_for(name: str):
    model = CodecModel(PACKAGED / name)
    assert model.name == name
    assert model.tune == ("eye" if name.endswith("-eye") else "psnr")
    assert model.card["licence"] == "Apache-2.0"
    model.check_deep()
    for network in (model.analysis, model.hyper_analysis, model.hyper_synthesis):
        assert network.outputs
    assert model.context_model.outputs
    assert pellucid.models()[name] == model.id.hex()
