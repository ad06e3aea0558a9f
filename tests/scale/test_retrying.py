"""What is tried again, how often, and how long that takes."""

from __future__ import annotations

import errno
import time
from types import SimpleNamespace
from zipfile import BadZipFile

import fsspec
import pytest
import s3fs

from pellucid.scale import retrying
from pellucid.scale.retrying import CutError, is_passing, retried, without_retries


def error_of(status: int) -> OSError:
    """An error as s3fs raises it: that of botocore is its cause."""
    error = OSError(errno.EINVAL, "said")
    error.__cause__ = Exception()
    error.__cause__.response = {"ResponseMetadata": {"HTTPStatusCode": status}}  # type: ignore[attr-defined]
    return error


def named(name: str, *bases: type[Exception], **about: object) -> Exception:
    """An error of a library that may not be installed."""
    return type(name, bases or (Exception,), about)()


PASSING = [
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.EBUSY, "slow down"),
    ConnectionResetError(errno.ECONNRESET, "reset"),
    TimeoutError(),
    CutError("3 bytes came of 5"),
    OSError(errno.EINVAL, "IncompleteBody"),
    error_of(503),
    error_of(429),
    named("EndpointConnectionError"),
    named("SSHException"),
    named("ClientResponseError", status=502),
    named("HttpError", code=500),
]
FINAL = [
    *(OSError(number, "said") for number in retrying.FINAL_NUMBERS),
    FileNotFoundError(),
    FileExistsError(),
    PermissionError(),
    IsADirectoryError(),
    NotADirectoryError(),
    error_of(400),
    ValueError("a bug"),
    named("AuthenticationException", type("SSHException", (Exception,), {})),
    named("ClientResponseError", status=403),
    named("NoCredentialsError"),
    KeyboardInterrupt(),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize("error", FINAL, ids=repr)
def test_what_is_final_is_not(error: BaseException) -> None:
    assert not is_passing(error)


def test_an_archive_that_is_none_for_a_while() -> None:
    error = BadZipFile("File is not a zip file")
    assert not is_passing(error)
    error.__context__ = error_of(503)
    assert is_passing(error)
    error.__context__ = FileNotFoundError()
    assert not is_passing(error)


class Clock:
    """Time that goes on only when someone waits, or works."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.calls = 0.0, 0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr("tenacity.nap.time.sleep", self.wait)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def failing(self, seconds: float, times: int = 99) -> str:
        """What takes so long, and fails so often."""
        self.calls += 1
        self.wait(seconds)
        if self.calls <= times:
            raise CutError("again")
        return "done"


def test_what_fails_at_once_is_tried_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with pytest.raises(CutError, match="again"):
        retried(clock.failing, 0.01)
    assert clock.calls == retrying.TRIES
    assert 25 < clock.now < 45


def test_what_does_not_answer_is_given_up_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with pytest.raises(CutError):
        retried(clock.failing, s3fs.S3FileSystem.read_timeout)
    assert clock.calls == retrying.LONG_TRIES
    assert clock.now < 60


def test_a_long_upload_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert retried(clock.failing, 600.0, times=retrying.LONG_TRIES - 1) == "done"


def test_it_is_enough_that_one_try_goes_well(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert retried(clock.failing, 0.0, times=retrying.TRIES - 1) == "done"


def test_what_is_final_is_tried_once() -> None:
    calls: list[int] = []

    def gone() -> None:
        calls.append(1)
        raise FileNotFoundError("it")

    with pytest.raises(FileNotFoundError):
        retried(gone)
    assert len(calls) == 1


def test_s3fs_and_botocore_try_once() -> None:
    system = s3fs.S3FileSystem(skip_instance_cache=True)
    without_retries(system)
    assert system.retries == 1
    assert system.config_kwargs["retries"]["total_max_attempts"] == 1


def test_who_says_how_often_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = {"retries": {"total_max_attempts": 7}}
    system = s3fs.S3FileSystem(skip_instance_cache=True, config_kwargs=dict(mine))
    without_retries(system)
    assert system.config_kwargs == mine
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    system = s3fs.S3FileSystem(skip_instance_cache=True)
    without_retries(system)
    assert "retries" not in system.config_kwargs


def test_other_file_systems_are_left_as_they_are() -> None:
    without_retries(fsspec.filesystem("memory"))
    other = SimpleNamespace(protocol=("abfs", "az"))
    without_retries(other)
    assert vars(other) == {"protocol": ("abfs", "az")}
