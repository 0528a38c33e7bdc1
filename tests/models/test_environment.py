"""What can change the last bits of a number, as facts."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.models import environment

pytestmark = [pytest.mark.keras, pytest.mark.numbers]


def facts() -> dict[str, object]:
    return {fact.name: fact.value for fact in environment.machine()}


def test_versions_are_those_that_run() -> None:
    told = {fact.name: fact.value for fact in environment.versions()}
    assert (told["python"], told["keras"]) == (platform.python_version(), keras.__version__)
    assert (told["numpy"], told["reportgen"]) == (np.__version__, version("reportgen"))
    assert "not installed as a package" not in told.values()


def runs_channels_first() -> bool:
    """Whether a convolution in channels_first order runs on the processor: of TensorFlow's own kernels none can."""
    with tf.device("CPU"):
        try:
            tf.nn.conv2d(tf.ones((1, 1, 4, 4)), tf.ones((3, 3, 1, 1)), 1, "VALID", data_format="NCHW")
        except tf.errors.OpError:
            return False
    return True


def test_onednn_is_said_as_this_process_computes() -> None:
    assert facts()["oneDNN optimisations"] is runs_channels_first()


def test_variable_that_is_set_too_late_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = facts()["oneDNN optimisations"]
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0" if before else "1")
    assert facts()["oneDNN optimisations"] is before


@pytest.mark.slow
@pytest.mark.parametrize("other", [True, pytest.param(False, marks=pytest.mark.exhaustive)], ids=["other", "same"])
def test_onednn_is_said_as_its_switch_says_at_the_start(other: bool) -> None:
    """Above all where it says something else than for this process, whose own is tested above."""
    expected = environment.onednn() is not other
    if platform.machine() not in {"x86_64", "AMD64"}:
        pytest.skip("TensorFlow has oneDNN on x86 only, or on some other processors by a build of its own")
    program = "from reportgen.models.environment import onednn; print(onednn())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": str(int(expected))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(expected)]


def test_variables_that_choose_kernels_are_told_as_they_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    told = facts()["environment variables"]
    assert isinstance(told, tuple)
    assert not any(each.startswith("ONEDNN_MAX_CPU_ISA") for each in told)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    told = facts()["environment variables"]
    assert isinstance(told, tuple)
    assert {"ONEDNN_MAX_CPU_ISA=AVX2", "OMP_NUM_THREADS=1"} <= set(told)


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="a system without this file")
def test_processor_says_what_it_is_called() -> None:
    told = str(facts()["processor model"])
    assert told == "unknown" or " ".join(Path("/proc/cpuinfo").read_text(encoding="ascii").split()).count(told)
