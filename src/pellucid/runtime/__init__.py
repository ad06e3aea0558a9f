"""Runs the shipped networks; nothing else in the package imports ONNX Runtime or OpenVINO."""

from __future__ import annotations

from pellucid.runtime.denoiser import DenoiserModel
from pellucid.runtime.device import check_device, device_for
from pellucid.runtime.guide import GuideModel
from pellucid.runtime.identity import network_id
from pellucid.runtime.model import EYE, PSNR, CodecModel, read_card, tune_of
from pellucid.runtime.session import Network
from pellucid.runtime.store import (
    CODEC,
    DENOISER,
    find_folder,
    find_model,
    installed_models,
    load_codec,
    load_denoiser,
    load_guide,
    load_model,
    locate,
    locate_tuned,
)

__all__ = [
    "CODEC",
    "DENOISER",
    "EYE",
    "PSNR",
    "CodecModel",
    "DenoiserModel",
    "GuideModel",
    "Network",
    "check_device",
    "device_for",
    "find_folder",
    "find_model",
    "installed_models",
    "load_codec",
    "load_denoiser",
    "load_guide",
    "load_model",
    "locate",
    "locate_tuned",
    "network_id",
    "read_card",
    "tune_of",
]
