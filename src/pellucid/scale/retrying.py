"""Storage that fails for a while is tried again, with back-off; what is final isn't.

Which is which: a server that is slow, overloaded, gone, or that cut what it sent may be well again
soon. What isn't there, isn't allowed, is there already or doesn't fit stays so. Nothing below this
retries as well, as far as that can be helped: s3fs and botocore together would ask 25 times for
each of our tries.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_random,
)

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

T = TypeVar("T")

TRIES, FIRST_S, MOST_S = 8, 0.5, 8.0  # half a minute of what fails at once
LONG_TRIES, LONG_S = 3, 30.0  # of what takes its time to fail, such as no answer at all
FINAL = (
    FileNotFoundError,
    FileExistsError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
)
FINAL_NUMBERS = {
    errno.EFBIG,
    errno.EINVAL,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOSYS,
    errno.EPERM,
    errno.EROFS,
    getattr(errno, "EDQUOT", errno.ENOSPC),
}
# Classes of botocore, aiohttp, paramiko and fsspec by name, as none need be installed.
PASSING = {
    "ClientPayloadError",
    "EndpointConnectionError",
    "FlexibleChecksumError",
    "FSTimeoutError",
    "HTTPClientError",
    "IncompleteRead",
    "ResponseParserError",
    "SSHException",
    "ServerDisconnectedError",
}
FINAL_NAMES = {"AuthenticationException", "BadHostKeyException"}  # kinds of SSHException
ARCHIVES = {"BadZipFile", "ReadError"}  # said, too, when an archive can't be read for a while
PASSING_STATUSES = {408, 425, 429, 500, 502, 503, 504}
# What S3 says of a request that came in pieces; s3fs makes EINVAL of it.
CUT = ("IncompleteBody", "BadDigest", "RequestTimeout", "XAmzContentSHA256Mismatch")


class CutError(OSError):
    """A copy is not what the storage said it would be."""


def is_passing(error: BaseException) -> bool:
    """Whether an error of storage may be gone at the next try."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, FINAL) or names & FINAL_NAMES:
        return False
    if names & ARCHIVES and error.__context__ is not None:
        return is_passing(error.__context__)
    if names & PASSING or status_of(error) in PASSING_STATUSES:
        return True
    if not isinstance(error, OSError):
        return False
    if any(word in f"{error} {error.__cause__}" for word in CUT):
        return True
    return error.errno not in FINAL_NUMBERS


def status_of(error: BaseException) -> int:
    """What a server answered, as HTTP numbers it; 0 if it's not known."""
    for one in (error, error.__cause__):
        said = getattr(one, "response", None)  # of botocore; s3fs keeps it as the cause
        if isinstance(said, dict):
            return int(said.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        for name in ("status", "code"):  # of aiohttp; of Google's
            if isinstance(found := getattr(one, name, None), int):
                return found
    return 0


def retried(function: Callable[..., T], *args: Any, **more: Any) -> T:
    """What `function` returns, at last; raises what it raises at the last try."""
    tries = Retrying(
        stop=stop_after_attempt(TRIES)
        | (stop_after_attempt(LONG_TRIES) & stop_after_delay(LONG_S)),
        wait=wait_exponential(FIRST_S, MOST_S) + wait_random(0, FIRST_S),
        retry=retry_if_exception(is_passing),
        reraise=True,
    )
    return tries(function, *args, **more)


def kinds_of(system: AbstractFileSystem) -> set[str]:
    """What URLs of a file system may begin with."""
    kinds = system.protocol
    return {kinds} if isinstance(kinds, str) else set(kinds)


def without_retries(system: AbstractFileSystem) -> None:
    """Make one of s3fs try once only, unless its user has said how often it should.

    So it doesn't go on in the midst of a file either, which may have changed since.
    """
    if "s3" not in kinds_of(system):
        return
    system.retries = 1
    if not {"AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"} & set(os.environ):
        system.config_kwargs.setdefault("retries", {"total_max_attempts": 1, "mode": "standard"})
