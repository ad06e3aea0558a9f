"""Runs the shipped networks with ONNX Runtime; nothing else in the package imports it."""

from __future__ import annotations

from pellucid.runtime.denoiser import DenoiserModel
from pellucid.runtime.guide import GuideModel
from pellucid.runtime.identity import network_id
from pellucid.runtime.model import CodecModel
from pellucid.runtime.session import Network
from pellucid.runtime.store import (
    CODEC,
    DENOISER,
    find_model,
    installed_models,
    load_denoiser,
    load_guide,
    load_model,
    locate,
)

__all__ = [
    "CODEC",
    "DENOISER",
    "CodecModel",
    "DenoiserModel",
    "GuideModel",
    "Network",
    "find_model",
    "installed_models",
    "load_denoiser",
    "load_guide",
    "load_model",
    "locate",
    "network_id",
]
