"""This machine -> the facts about it that can change the last bits of a number."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tensorflow as tf

from reportgen.document.report import Fact

_PACKAGES = ("reportgen", "tensorflow", "keras", "numpy", "matplotlib", "jinja2", "pillow", "weasyprint")
_FEATURES = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve")


# Those that decide which kernels are chosen and into how many parts a sum is split.
_VARIABLES = (
    "TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES", "TF_XLA_FLAGS", "XLA_FLAGS",
)  # fmt: skip


def versions() -> tuple[Fact, ...]:
    """Return the versions of Python and of every library that has a part in a number or a picture."""
    return (Fact("python", platform.python_version()), *(Fact(name, _version(name)) for name in _PACKAGES))


def machine() -> tuple[Fact, ...]:
    """Return the processor, threads, oneDNN and the variables that steer them: sums are added up as these say."""
    intra, inter = (
        tf.config.threading.get_intra_op_parallelism_threads(),
        tf.config.threading.get_inter_op_parallelism_threads(),
    )
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return (
        Fact("processor", platform.machine()),
        Fact("processor model", processor_model()),
        Fact("processor features", processor_features()),
        Fact("processors usable", count),
        Fact("threads within an operation", intra or f"{count} (chosen by TensorFlow)"),
        Fact("threads between operations", inter or f"{count} (chosen by TensorFlow)"),
        Fact("oneDNN optimisations", onednn()),
        Fact("environment variables", tuple(f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ)),
        Fact(
            "accelerators",
            tuple(device.device_type for device in tf.config.get_visible_devices() if device.device_type != "CPU"),
        ),
    )


def onednn() -> bool | str:
    """Return whether TensorFlow computes with kernels of oneDNN, or "unknown".

    It decides when it is imported, by `TF_ENABLE_ONEDNN_OPTS`, else by the processor, and no public name says which it
    was. The variable by itself does not: most of the time it is not set, and TensorFlow reads it once.
    """
    try:
        from tensorflow.python.util import _pywrap_util_port as port
    except ImportError:
        return "unknown"
    return bool(port.IsMklEnabled()) if hasattr(port, "IsMklEnabled") else "unknown"


def processor_model() -> str:
    """Return what the processor calls itself, such as "AMD EPYC 7763 64-Core Processor", or "unknown"."""
    return " ".join(_of_processor(r"model name|Model|cpu model").split()) or platform.processor() or "unknown"


def processor_features() -> tuple[str, ...]:
    """Return the vector extensions that the processor names, of those that numerical libraries choose by."""
    listed = set(_of_processor("flags|Features").split())
    return tuple(name for name in _FEATURES if name in listed)


def _of_processor(names: str) -> str:
    """Return the line of the first processor that has one of some names; "" where the system has no such file."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    found = re.search(rf"^(?:{names})\s*:(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"
