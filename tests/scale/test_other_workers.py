"""Schedulers and workers that have another pellucid, other models or none, and those that end."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from distributed.comm import CommClosedError
from PIL import Image

import pellucid
from dask_programs import WORKERS, running, running_dask, running_scheduler
from pellucid.errors import PellucidError
from pellucid.scale.scheduler import reaching
from program import ENVIRONMENT, call

PATIENCE_S = 90
WORKER = (*WORKERS[:2], "--nthreads", "1")
PACKAGE = Path(pellucid.__file__).parent
NONE = "raise ModuleNotFoundError(\"No module named 'pellucid'\", name='pellucid')\n"
OLD = f"""\
from pathlib import Path
__path__, __file__ = [{str(PACKAGE)!r}], {pellucid.__file__!r}
exec(compile(Path(__file__).read_text("utf-8"), __file__, "exec"))
__version__ = "0.0.9"
"""


def environment_where(folder: Path, package: str) -> Mapping[str, str]:
    """That of a machine whose `pellucid` is another."""
    (folder / "pellucid").mkdir(parents=True)
    (folder / "pellucid" / "__init__.py").write_text(package, "utf-8")
    return {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join([str(folder), str(PACKAGE.parent)])}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for number in range(3):
        samples = np.full((8, 8, 3), number, np.uint8)
        Image.fromarray(samples).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


def batch(
    photos: Path, scheduler: str, *options: str, environment: Mapping[str, str] = ENVIRONMENT
) -> tuple[int, list[str]]:
    """Exit code and what was said; what is made is in `pel` beside the pictures."""
    words = ("batch", photos, photos.parent / "pel", "--scheduler", scheduler, *options)
    done = call(*words, environment=environment, timeout=PATIENCE_S)
    return done.returncode, done.stderr.splitlines()


def outputs(photos: Path) -> int:
    return len(list((photos.parent / "pel").glob("*.pel")))


def test_workers_that_can_not_do_it_get_no_work(photos, tmp_path):
    with ExitStack() as stack:
        address = stack.enter_context(running_scheduler(tmp_path))
        for environment in (
            ENVIRONMENT,
            environment_where(tmp_path / "none", NONE),
            environment_where(tmp_path / "old", OLD),
        ):
            stack.enter_context(running([*WORKER, address], tmp_path, environment))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(3)
        code, said = batch(photos, address, "--lossless")
    assert code == 0, said
    assert outputs(photos) == 3
    unused = sorted(line.partition(" isn't used: ")[2] for line in said if "isn't used" in line)
    assert unused == [
        "it has no pellucid",
        f"it has pellucid 0.0.9, and here it is {pellucid.__version__}",
    ]


def test_workers_that_lack_the_model(photos, tmp_path):
    """The client's is in a folder that theirs isn't told of."""
    shutil.copytree(PACKAGE / "models" / "s", folder := tmp_path / "models" / "mine")
    card = json.loads((folder / "card.json").read_text("utf-8"))
    (folder / "card.json").write_text(json.dumps({**card, "name": "mine"}), "utf-8")
    here = {**ENVIRONMENT, "PELLUCID_MODELS": str(tmp_path / "models")}
    with running_dask(tmp_path) as address:
        code, said = batch(photos, address, "--model", "mine", environment=here)
        assert code == 1
        assert "no worker can do this" in said[-1]
        assert "mine" in said[-1]
        assert outputs(photos) == 0


@pytest.mark.parametrize(("package", "has"), [(NONE, "no pellucid"), (OLD, "pellucid 0.0.9")])
def test_a_scheduler_that_can_not_unpack_tasks(package, has, photos, tmp_path):
    environment = environment_where(tmp_path / "other", package)
    with (
        running_scheduler(tmp_path, environment=environment) as address,
        running([*WORKER, address], tmp_path),
    ):
        code, said = batch(photos, address, "--lossless")
    assert code == 1
    assert said == [
        f"pellucid: the scheduler has {has}, and here it is {pellucid.__version__}: it needs the "
        "same, as tasks go through it"
    ]


def test_a_scheduler_that_is_lost():
    with (
        pytest.raises(PellucidError, match="is lost; what was done is kept, and --resume goes on"),
        reaching(),
    ):
        raise CommClosedError
