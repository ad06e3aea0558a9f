"""How much a request, and all of them together, may take of the machine."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.bitstream import Limits
from pellucid.bitstream.limits import is_number
from pellucid.errors import is_whole, require

LOOPBACK = ("127.0.0.1", "localhost", "::1")  # this machine, as seen from itself


@dataclass(frozen=True, kw_only=True)
class ServerLimits:
    """What the server takes; beyond it answers with an error, before it allocates anything.

    Attributes:
        request_bytes: of the body of a request.
        pixels: width times height of a picture, before it is decoded; its samples are bounded by
            four times as much.
        seconds: of work on a request, waiting not counted.
        stall: seconds without a byte of a body or of an answer, after which it is given up.
        at_once: requests that are worked on at a time, each in a process of its own.
        waiting: further requests that wait for one of these; to more the answer is 429.
        kept_bytes: of pictures that the page keeps between requests.

    Raises:
        OptionError: a value is out of range.
    """

    request_bytes: int = 256_000_000
    pixels: int = 64_000_000
    seconds: float = 60.0
    stall: float = 10.0
    at_once: int = 2
    waiting: int = 16
    kept_bytes: int = 512_000_000

    def __post_init__(self) -> None:
        for name in ("request_bytes", "pixels", "at_once", "waiting", "kept_bytes"):
            value, least = getattr(self, name), int(name != "waiting")
            fine = is_whole(value) and value >= least
            require(fine, name, value, f"a whole number from {least}")
        for name in ("seconds", "stall"):
            value = getattr(self, name)
            fine = is_number(value) and 0 < value < float("inf")
            require(fine, name, value, "a number above 0")

    @property
    def of_pictures(self) -> Limits:
        """The limits that the verbs take."""
        return Limits(max_pixels=self.pixels)
