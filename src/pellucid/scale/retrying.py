"""Storage that fails for a while is tried again, with back-off; what is final isn't.

Which is which: a server that is slow, overloaded, gone, or that cut what it sent may be well again
soon. What isn't there, isn't allowed, is there already or doesn't fit stays so.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, TypeVar

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

T = TypeVar("T")

TRIES, FIRST_S, MOST_S = 5, 0.5, 20.0
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
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOSYS,
    errno.EPERM,
    errno.EROFS,
    getattr(errno, "EDQUOT", errno.ENOSPC),
}
# Classes of botocore, aiohttp and fsspec that aren't OSErrors, by name, as none need be installed.
PASSING = {
    "ClientPayloadError",
    "FSTimeoutError",
    "HTTPClientError",
    "IncompleteRead",
    "ResponseParserError",
    "ServerDisconnectedError",
}
# What S3 says of a request that came in pieces; s3fs makes EINVAL of it.
CUT = ("IncompleteBody", "BadDigest", "RequestTimeout", "XAmzContentSHA256Mismatch")


class CutError(OSError):
    """A copy is not what the storage said it would be."""


def is_passing(error: BaseException) -> bool:
    """Whether an error of storage may be gone at the next try."""
    if any(kind.__name__ in PASSING for kind in type(error).__mro__):
        return True
    if isinstance(error, FINAL) or not isinstance(error, OSError):
        return False
    if any(word in f"{error} {error.__cause__}" for word in CUT):
        return True
    return error.errno not in FINAL_NUMBERS


def retried(function: Callable[..., T], *args: Any, **more: Any) -> T:
    """What `function` returns, at last; raises what it raises at the last try."""
    tries = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential(FIRST_S, MOST_S) + wait_random(0, FIRST_S),
        retry=retry_if_exception(is_passing),
        reraise=True,
    )
    return tries(function, *args, **more)
