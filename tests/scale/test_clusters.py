"""Batches on clusters that are started as docs/batch-clusters.md says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow.parquet
import pytest
import yaml
from distributed import LocalCluster, SSHCluster
from PIL import Image

import pellucid
from dask_programs import SCHEDULER, WORKERS, running, running_dask, running_scheduler
from program import ENVIRONMENT, call
from s3_server import BUCKET, running_s3
from ssh_server import running_ssh

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "batch-clusters.md").read_text("utf-8")
MANIFESTS = sorted((DOCS / "kubernetes").glob("*.yaml"))
posix = pytest.mark.skipif(sys.platform == "win32", reason="shells and signals of POSIX")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small pictures."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(6):
        samples = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(samples).save(folder / f"{number}.png")
    return folder


def batch(
    photos: Path, target: Path, scheduler: str, environment: Mapping[str, str] = ENVIRONMENT
) -> set[str]:
    """Do a batch and look at what it made; returns the addresses of the workers that did it."""
    table = target.with_suffix(".parquet")
    words = ("batch", photos, target, "--lossless", "--scheduler", scheduler, "--parquet", table)
    done = call(*words, environment=environment)
    assert done.returncode == 0, done.stderr
    check(photos, target)
    return set(pyarrow.parquet.read_table(table)["worker"].to_pylist())


def run(*words: object, environment: Mapping[str, str] = ENVIRONMENT) -> None:
    """A program that must end well."""
    command = list(map(str, words))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check(photos: Path, target: Path) -> None:
    """There is each picture, as it was, and nothing else of the run."""
    for source in photos.iterdir():
        made = pellucid.decompress(target / f"{source.name}.pel")
        assert np.array_equal(made, np.asarray(Image.open(source)))
    assert not (target / ".pellucid").exists()


def blocks(language: str) -> list[str]:
    """The examples of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_a_cluster_in_python(photos, tmp_path):
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    ) as cluster:
        workers = batch(photos, tmp_path / "pel", cluster.scheduler_address)
        assert workers <= {worker.worker_address for worker in cluster.workers.values()}


def test_a_scheduler_and_workers_that_join_it(photos, tmp_path):
    with running_dask(tmp_path) as address:
        assert address not in batch(photos, tmp_path / "pel", address)


@posix
def test_ssh(photos, tmp_path):
    here = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with (
        running_ssh(tmp_path, ENVIRONMENT) as login,
        SSHCluster(
            ["127.0.0.1", "127.0.0.1"],
            connect_options=login.options,
            scheduler_options={**here, "port": 0},
            worker_options={**here, "nthreads": 1, "n_workers": 2, "memory_limit": "3GiB"},
        ) as cluster,
    ):
        batch(photos, tmp_path / "pel", cluster.scheduler_address)


@pytest.mark.slow
@posix
def test_the_job_for_slurm(photos, tmp_path):
    """The page's script, where `srun` starts two tasks on this machine."""
    (script,) = (block for block in blocks("sh") if "#SBATCH" in block)
    python = shlex.quote(sys.executable)
    programs = {
        "srun": '"$@" & "$@" & trap "kill $(jobs -p | xargs)" TERM; wait',
        "dask": f'exec {python} -m dask "$@" --host 127.0.0.1',
        "pellucid": f'exec {python} -m pellucid "$@" --lossless',
        "python": f'exec {python} "$@"',
    }
    for name, line in programs.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{line}\n", "utf-8")
        (tmp_path / name).chmod(0o700)
    script = script.replace("/data/photos", str(photos)).replace("/data/pel", str(tmp_path / "pel"))
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "job.sh").write_text(f"cd {shlex.quote(str(tmp_path))}\n{script}", "utf-8")
    environment = {**ENVIRONMENT, "PATH": path, "SLURM_JOB_ID": "1"}
    run("bash", tmp_path / "job.sh", environment=environment)
    check(photos, tmp_path / "pel")
    assert not (tmp_path / "scheduler-1.json").exists()


@pytest.mark.slow
@posix
def test_tls(photos, tmp_path):
    """With the page's certificate and variables; who hasn't these is told so."""
    (certificate,) = (block for block in blocks("sh") if "openssl" in block)
    (variables,) = (block for block in blocks("sh") if "REQUIRE_ENCRYPTION" in block)
    lines = f"cd {shlex.quote(str(tmp_path))}\n{certificate}\n{variables}\nenv -0"
    said = subprocess.run(["bash", "-euc", lines], env=ENVIRONMENT, capture_output=True, check=True)
    whole = dict(line.split("=", 1) for line in said.stdout.decode().split("\0") if line)
    with (
        running_scheduler(tmp_path, (*SCHEDULER, "--protocol", "tls"), whole) as address,
        running([*WORKERS, address], tmp_path, whole),
    ):
        workers = batch(photos, tmp_path / "pel", address, whole)
        assert all(worker.startswith("tls://") for worker in workers)
        bare = call("batch", photos, tmp_path / "other", "--scheduler", address)
        assert bare.returncode == 1
        assert f"there is no Dask scheduler at {address}" in bare.stderr
        assert "Traceback" not in bare.stderr


def resources() -> list[dict[str, Any]]:
    """What is in the manifests for Kubernetes."""
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text("utf-8"))]


def container(name: str) -> dict[str, Any]:
    """The container of a Deployment or Job."""
    pods = [one["spec"]["template"]["spec"] for one in resources() if "template" in one["spec"]]
    (found,) = (one for pod in pods for one in pod["containers"] if one["name"] == name)
    return dict(found)


def test_manifests_for_kubernetes_are_of_its_schema():
    validate = pytest.importorskip("kubernetes_validate").validate
    assert len(resources()) == 6
    for resource in resources():
        validate(resource, "1.31", strict=True)


@pytest.mark.slow
def test_the_commands_of_the_containers(photos, tmp_path):
    """As local programs: a scheduler, two workers, and the job, with an S3 server."""
    (tmp_path / "manifest").mkdir()

    def command(name: str, address: str = "") -> list[str]:
        places = {
            "tcp://pellucid-scheduler:8786": address,
            "/manifest": str(tmp_path / "manifest"),
            "directory=/tmp": f"directory={tmp_path}",
            "archive": BUCKET,
            "8786": "0",
        }
        line = shlex.join(container(name)["command"])
        for old, new in places.items():
            line = line.replace(old, new)
        return shlex.split(line)

    with running_s3():
        files = fsspec.filesystem("s3", skip_instance_cache=True)
        for source in photos.iterdir():
            files.put_file(str(source), f"{BUCKET}/photos/{source.name}")
        environment = {**ENVIRONMENT, **os.environ, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"]}
        with running_scheduler(tmp_path, command("scheduler"), environment) as address:
            worker = command("worker", address)
            with (
                running(worker, tmp_path, environment),
                running(worker, tmp_path, environment),
            ):
                client = [sys.executable, "-m", *command("client", address), "--lossless"]
                run(*client, environment=environment)
                run(*client, environment=environment)  # a pod that follows has nothing to do
        files.get(f"{BUCKET}/pel/", str(tmp_path / "pel"), recursive=True)
    check(photos, tmp_path / "pel")
    assert (tmp_path / "manifest" / "photos.sqlite").exists()
