"""Runs the shipped networks with ONNX Runtime; nothing else in the package imports it."""

from __future__ import annotations

from pellucid.runtime.model import CodecModel
from pellucid.runtime.store import find_model, installed_models, load_model

__all__ = ["CodecModel", "find_model", "installed_models", "load_model"]
