"""Shared by all tests: one hypothesis profile, the same examples on every run in CI."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "pellucid",
    deadline=None,  # the machines that run this differ tenfold in speed
    max_examples=50,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("pellucid")
