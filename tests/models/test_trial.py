"""Models whose cost nobody can tell before: built elsewhere first, within memory and time."""

from __future__ import annotations

import hashlib
import resource
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.models import formats, judging, trial
from reportgen.models.assembling import Judged
from reportgen.models.estimating import Limits
from reportgen.models.loading import load
from tests.commands import here
from tests.models import hostile, toys
from tests.nursery import true_processes

pytestmark = pytest.mark.keras


@pytest.fixture
def true_trial() -> Iterator[None]:
    """Have the process started as the product does, and not forked."""
    with true_processes(trial, "hold"):
        yield


@pytest.fixture
def good(tmp_path: Path) -> Path:
    toys.sequential().save(tmp_path / "good.keras")
    return tmp_path / "good.keras"


def unknowable() -> dict[str, Any]:
    """A layer that no formula knows and that makes a table of 10^12 words when it is built."""
    return hostile.instance("keras.layers", "StringLookup", name="big", vocabulary=["a"], num_oov_indices=10**12)


@pytest.mark.slow
@pytest.mark.usefixtures("true_trial")
def test_file_that_nobody_can_judge_ends_in_one_sentence_within_the_limits(good: Path, tmp_path: Path) -> None:
    bad = hostile.changed(good, hostile.behind(unknowable()), tmp_path / "bad.keras")
    limit = trial.OWN_BYTES + trial.BYTES_PER_NUMBER * 23 + (1 << 30)
    done = here("build", bad, "--output", tmp_path / "out", "--max-memory", str(1 << 30), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert "'bad.keras' has layers whose cost is not known before they are built, and took more than " in line
    assert line.endswith("Raise the limit with --max-memory if you trust the file.")
    assert not (tmp_path / "out").exists()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10 < limit


@pytest.mark.exhaustive
@pytest.mark.usefixtures("true_trial")
def test_memory_of_the_process_is_limited(good: Path, tmp_path: Path) -> None:
    # 40 000 x 40 000 weights of 4 bytes are more than any of the limits.
    change = hostile.built_with("Dense", None, 40_000)
    bad = hostile.changed(good, change, tmp_path / "wide.keras")
    bad = hostile.changed(bad, hostile.set_in("Dense", "units", 40_000), tmp_path / "model.keras")
    config = hostile.config_of(bad)
    with pytest.raises(ModelError, match=r"^'x' has layers .* took more than 1073741824 bytes of memory or 180 s"):
        trial.hold(Judged(bad, formats.ARCHIVE, config, "x"), memory_bytes=1 << 30)
    trial.hold(Judged(good, formats.ARCHIVE, hostile.config_of(good), "x"), memory_bytes=1 << 30)


@pytest.mark.usefixtures("true_trial")
def test_time_of_the_process_is_limited(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 1)  # less than TensorFlow takes to start
    with pytest.raises(ModelError, match=r"or 1 s when that was tried"):
        trial.hold(Judged(good, formats.ARCHIVE, hostile.config_of(good), "x"), memory_bytes=8 << 30)


@pytest.mark.slow
def test_what_keras_says_there_is_said_here(good: Path) -> None:
    hostile.with_members(good, {"config.json": b"{}"}, good.parent / "model.keras")
    with pytest.raises(ModelError, match=r"^Keras [\d.]+ cannot load 'x': .* Build the same model in code"):
        trial.hold(Judged(good.parent / "model.keras", formats.ARCHIVE, {}, "x"), memory_bytes=8 << 30)


@pytest.mark.slow
def test_call_that_fills_the_memory_counts_as_well(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((1,), dtype="int32"), keras.layers.CategoryEncoding(10**9)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ModelError, match=r"took more than 2147483648 bytes"):
        trial.hold(Judged(tmp_path / "model.keras", formats.ARCHIVE, {}, "x"), memory_bytes=2 << 30)


def test_model_of_known_layers_is_loaded_without_a_process(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **named: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(trial, "hold", fail)
    for number, model in enumerate((toys.sequential(), toys.nested(), toys.shared(), toys.over_time())):
        for suffix in (".keras", ".h5"):
            model.save(good.parent / f"{number}{suffix}")
            assert load(good.parent / f"{number}{suffix}").model.count_params() == model.count_params()
    load(Path(__file__).resolve().parents[1] / "data" / "legacy_model.h5")
    lookup = keras.Sequential([keras.Input((1,), dtype="int32"), keras.layers.CategoryEncoding(3)])
    lookup.save(good.parent / "lookup.keras")
    with pytest.raises(AssertionError, match="a process was started"):
        load(good.parent / "lookup.keras")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_what_was_judged_is_loaded_whatever_happens_to_the_file(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"model{suffix}"
    toys.functional().save(tmp_path / f"other{suffix}")
    toys.sequential().save(path)
    before = path.read_bytes()
    real = judging.judge

    def exchange(*arguments: Any) -> Any:
        shutil.copyfile(tmp_path / f"other{suffix}", path)
        return real(*arguments)

    monkeypatch.setattr(judging, "judge", exchange)
    loaded = load(path)
    assert loaded.file_sha256 == hashlib.sha256(before).hexdigest() != hashlib.sha256(path.read_bytes()).hexdigest()
    images = toys.image(6, 6, 1)
    np.testing.assert_array_equal(np.asarray(loaded.model(images)), np.asarray(toys.sequential()(images)))


def test_unpacked_archive_is_read(good: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(good) as archive:
        archive.extractall(tmp_path / "unpacked.keras")
    loaded = load(tmp_path / "unpacked.keras")
    assert (loaded.format, loaded.file_name) == ("unpacked Keras archive (folder)", "unpacked.keras")
    digest = hashlib.sha256()
    for name in ("config.json", "metadata.json", "model.weights.h5"):
        digest.update(f"{name}\0".encode() + (tmp_path / "unpacked.keras" / name).read_bytes())
    assert loaded.file_sha256 == digest.hexdigest()
    images = toys.image(6, 6, 1)
    np.testing.assert_array_equal(np.asarray(loaded.model(images)), np.asarray(toys.sequential()(images)))


def test_file_that_is_larger_than_its_model_could_be_is_not_copied(good: Path, tmp_path: Path) -> None:
    (tmp_path / "sparse.keras").write_bytes(good.read_bytes())
    with (tmp_path / "sparse.keras").open("r+b") as file:
        file.truncate(80 << 20)
    with pytest.raises(ModelError, match=r"'sparse\.keras' has more than 67111264 bytes\. .* --max-parameters"):
        load(tmp_path / "sparse.keras", Limits(parameters=100))
