"""Where a network runs that decides no bits: the denoiser's, and a codec's synthesis.

    cpu       ONNX Runtime, in float32
    openvino  OpenVINO (`engine_openvino.py`): denoisers of 8-bit samples
    cuda      ONNX Runtime on an NVIDIA card (`engine_cuda.py`), in float32
    auto      what `PELLUCID_DEVICE` names; else, from `WORTH` pixels up, cuda where it works, or
              openvino where it is installed and the processor has a short number format

All else, the analysis too, runs on the processor in float32 whatever the device, so that the same
picture gives the same file. A smaller picture is done sooner than another engine has started. Which
engine runs depends on the picture and the machine alone, never on what ran before.
"""

from __future__ import annotations

import os
from functools import cache

from pellucid.errors import OptionError, PellucidError, refusing, require
from pellucid.runtime import engine_cuda, engine_openvino

DEVICE_VARIABLE = "PELLUCID_DEVICE"
AUTO, CPU, OPENVINO, CUDA = DEVICES = ("auto", "cpu", "openvino", "cuda")
WORTH = 4e6  # pixels


def device_for(asked: str, pixels: float, *, short: bool) -> str:
    """The device, never `auto`, for a picture or what else goes through a network.

    Args:
        asked: one of `DEVICES`.
        pixels: in all; infinite for a stream.
        short: whether a short number format will do, as for 8-bit samples.

    Raises what `check_device` does.
    """
    device = check_device(asked)
    if device == AUTO:
        device = CPU if pixels < WORTH else fastest(short=short)
    return CPU if device == OPENVINO and not short else device


def check_device(asked: str) -> str:
    """The device that is meant, `auto` if none is named.

    Raises:
        OptionError: there is no such device, or no card that works. MissingExtraError: it isn't
        installed.
    """
    require(asked in DEVICES, "device", asked, "auto, cpu, openvino or cuda")
    named = os.environ.get(DEVICE_VARIABLE, "") if asked == AUTO else asked
    require(named in ("", *DEVICES), DEVICE_VARIABLE, named, "auto, cpu, openvino or cuda")
    if named == OPENVINO:
        engine_openvino.library()
    if named == CUDA and (why := cuda_problem()):
        raise OptionError(
            f"device is 'cuda', and {why}; it takes an NVIDIA card and onnxruntime-gpu in place of "
            "onnxruntime (pip uninstall onnxruntime, pip install onnxruntime-gpu), or choose auto"
        )
    return named or AUTO


def fastest(*, short: bool) -> str:
    """What `auto` takes where much is to be done."""
    if not cuda_problem():
        return CUDA
    return OPENVINO if short and openvino_format() is not None else CPU


@cache
def cuda_problem() -> str:
    """Why ONNX Runtime can't use a card; empty if it can."""
    return engine_cuda.problem()


@cache
def openvino_format() -> str | None:
    """The short number format that OpenVINO can use on this processor; None without, or without
    OpenVINO.
    """
    try:
        with refusing("OpenVINO can't start"):
            return engine_openvino.short_format()
    except PellucidError:
        return None
