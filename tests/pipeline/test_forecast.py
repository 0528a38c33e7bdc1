"""`build --dry-run`: what it says against what a build then does, and that it leaves nothing behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen import write
from reportgen.budget import plan
from reportgen.budget.extent import Extent
from reportgen.models import freeing
from reportgen.options import make
from reportgen.pipeline.feeding import opened
from reportgen.pipeline.forecast import foretell
from reportgen.pipeline.origins import Origin, untrained
from reportgen.pipeline.reporting import make_report
from reportgen.pipeline.speed import resident_bytes
from reportgen.renderers import pdf
from tests import made
from tests.commands import Files, environment, here, names, run
from tests.probes.subjects import data


def planned(text: str) -> dict[str, str]:
    """The lines of the printed tables, by their first column."""
    lines = (re.split(r" {2,}", line.strip()) for line in text.splitlines())
    return {line[0]: line[1].replace("\u202f", "") for line in lines if len(line) == 2}


@pytest.mark.keras
def test_default_network_is_planned_without_training_and_without_a_file(tmp_path: Path) -> None:
    shown = here("build", "--dry-run", "--why-budget", "2e10", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "Training" not in shown.stderr
    found = planned(shown.stdout)
    # Conv of 32, conv of 64, pooling of 64 channels; by default one confident, one uncertain and one wrong digit.
    assert (found["samples, at most"], found["layers with activation maps"]) == ("3", "3")
    assert found["maps computed"] == found["maps in the web page"] == str(3 * (32 + 64 + 64))
    assert found["images that go through the model"] == "1000"
    assert "Nothing is left out" in shown.stdout
    assert "Answers are explained less thoroughly. To stay near 20.0" in " ".join(shown.stdout.split())
    assert "seconds, training" in found
    assert names(tmp_path) == []


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads a process's memory as Linux tells of it")
def test_memory_of_a_process_that_collects_is_foretold(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, "softmax"),
        ]
    )
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(0).integers(0, 256, (300, 64, 64, 3), np.uint8)
    np.savez(tmp_path / "data.npz", x=images, y=np.arange(300) % 5)
    given = (tmp_path / "model.keras", "--data", tmp_path / "data.npz", "--section", "channels")
    # In a process of its own: what it holds itself is a part of what is foretold.
    shown = run("build", *given, "--dry-run", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    found = planned(shown.stdout)
    assert float(found["core-hours of passing over all images"].removeprefix("about ")) > 0
    told = float(found["memory of each process that does"].removeprefix("about ").removesuffix("MB")) * 1e6
    assert here("plan", *given, "-o", "plan.json", cwd=tmp_path).returncode == 0
    # A process's highest memory that the system tells of those that ended counts what it was forked from, too.
    program = (
        "import sys\nfrom pathlib import Path\nfrom reportgen.commands.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
    )
    command = (sys.executable, "-c", program, "collect", "plan.json", "--shard", "1/1", "-o", "part.npz", "-q")
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    peak = int(done.stdout.split()[-1]) * 1024
    assert 0.8 < told / peak < 1.4


@pytest.mark.keras
def test_loaded_model_takes_no_more_than_was_planned(files: Files, tmp_path: Path) -> None:
    options = ("--data", files.data, "--pick", "index:0,1", "--output", tmp_path / "report", "--format", "html")
    shown = here("build", files.model, "--dry-run", *options, cwd=files.folder)
    assert shown.returncode == 0, shown.stderr
    assert not (tmp_path / "report").exists()
    found = planned(shown.stdout)
    assert found["samples, at most"] == "2"
    assert "seconds, training" not in found
    assert here("build", files.model, *options, cwd=files.folder).returncode == 0
    size_bytes = (tmp_path / "report" / "report.html").stat().st_size
    assert size_bytes <= float(found["bytes of html, at most"].removesuffix("MB")) * 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="compares with what Linux tells")
def test_memory_of_this_process_is_its_peak_where_the_system_does_not_tell_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = resident_bytes()
    monkeypatch.setattr(freeing, "_MEMORY", tmp_path / "nowhere")
    assert held * 0.9 <= resident_bytes() < 100 * held


def wide() -> Any:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((96, 96, 3)), keras.layers.Conv2D(128, 3, name="wide"), keras.layers.MaxPooling2D(8, name="small")]
    )


@pytest.mark.keras
@pytest.mark.parametrize(
    ("pick", "expected"),
    [((), 3), (("index:1,2,2",), 2), (("per-class:2",), 5), (("random:99",), 9), (("index:0", "random:3"), 4)],
)
def test_samples_are_counted_from_what_is_asked_for(pick: tuple[str, ...], expected: int) -> None:
    toys = data(np.zeros((9, 96, 96, 3)), [0, 0, 0, 0, 1, 1, 1, 1, 2], ("a", "b", "c"))
    found = foretell(Origin(wide(), ("facts",)), toys, make({"pick": pick}))  # type: ignore[arg-type]
    assert found.plan.num_samples == expected


@pytest.mark.keras
def test_what_the_budget_cuts_is_what_the_plan_says() -> None:
    toys = data(np.zeros((4, 96, 96, 3)), [0, 1, 0, 1])
    options = make({"pick": "index:0,1", "max_size": "6MB", "pdf_channels": 9})
    found = foretell(Origin(wide(), ("facts",)), toys, options)  # type: ignore[arg-type]
    # The wide grids give way, the small ones do not.
    assert {grid.path for grid in found.plan.cuts} == {"wide"}
    assert found.plan.on_paper == 2 * 9
    assert found.plan.fits
    assert [name for name, _ in found.files] == ["html", "pdf", "json"]


@pytest.mark.keras
@pytest.mark.parametrize(
    ("budget", "notes"),
    [
        ("1e15", []),
        ("5e10", ["Answers are explained less thoroughly. To stay near 50.0"]),
        ("1e6", ["Explaining one answer takes more multiply-adds than are spent on it. Allow more with"]),
    ],
)
def test_what_a_budget_leaves_of_explanations_is_said(budget: str, notes: list[str]) -> None:
    toys = data(np.zeros((4, 96, 96, 3)), [0, 1, 0, 1])
    options = make({"pick": "index:0,1", "why_budget": budget})
    found = foretell(Origin(wide(), ("facts",)), toys, options).notes  # type: ignore[arg-type]
    assert len(found) == len(notes)
    assert all(note.replace("\u00a0", " ").startswith(start) for note, start in zip(found, notes, strict=True))


@pytest.mark.keras
def test_default_network_of_a_dry_run_is_that_of_a_training() -> None:
    origin = untrained()
    found = foretell(origin, opened(origin.model, origin.data, make({})), make({}))
    assert dict(found.seconds).keys() >= {"training", "predictions on all images", "pages of the PDF"}
    assert all(value > 0 for _, value in found.seconds)
    assert found.model.parameters == 1_199_882  # the article's own count


def setting(channels: int, layers: int, **choices: Any) -> float:
    """Numbers that setting the PDF is worth, for so many conv layers of so many channels."""
    calls = [made.conv(f"conv_{place}", output_shape=(8, 8, channels)) for place in range(layers)]
    return pdf.work(plan.make(calls, 2, make(choices), layers, Extent(100, 5, 5, 192))).numbers


def test_pdf_takes_longer_with_more_pictures_and_not_with_more_maps_in_each() -> None:
    """A picture holds all maps of a layer; measured on a MobileNetV2 whose 55,008 maps were foretold to take 172 s."""
    assert setting(4, 10) < setting(512, 10) < 2 * setting(4, 10)
    assert setting(64, 100) > 1.5 * setting(64, 10)
    assert setting(64, 100, skip_section=["maps"]) < 0.7 * setting(64, 100)
    assert setting(64, 100, section=["summary"]) < 0.5 * setting(64, 100)


def chain(side: int, colours: int, channels: tuple[int, ...], num_classes: int) -> Any:
    """Convolutions of 3 × 3 behind each other, each with a ReLU, and an answer."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    convolutions = [layers.Conv2D(number, 3, activation="relu", padding="same") for number in channels]
    answer = [layers.GlobalAveragePooling2D(), layers.Dense(num_classes, "softmax")]
    return keras.Sequential([keras.Input((side, side, colours)), *convolutions, *answer])


def inverted_bottlenecks() -> Any:
    """A small network of MobileNetV2's kind: wide, each channel by itself, narrow again, and a way around."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, 2, padding="same", use_bias=False)(image)
    for stride in (1, 2):
        y = layers.Conv2D(96, 1, use_bias=False)(x)
        y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
        y = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(y)
        y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
        y = layers.BatchNormalization()(layers.Conv2D(16, 1, use_bias=False)(y))
        x = layers.Add()([x, y]) if stride == 1 else y
    return keras.Model(image, layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(x)))


@pytest.mark.keras
@pytest.mark.parametrize(
    ("network", "num_images", "num_classes"),
    [
        pytest.param(lambda: chain(28, 1, (32, 64), 10), 300, 10, id="default"),
        pytest.param(inverted_bottlenecks, 20, 10, id="mobile"),
        pytest.param(lambda: chain(8, 3, (16, 16), 5), 20_000, 5, id="many-images", marks=pytest.mark.exhaustive),
        # 96 000 means of classes, or 192 000: every channel has its own.
        pytest.param(lambda: chain(8, 1, (32, 64), 1000), 1000, 1000, id="many-classes"),
        pytest.param(lambda: chain(8, 1, (64, 128), 1000), 1000, 1000, id="more-classes", marks=pytest.mark.exhaustive),
        # Above 200 000 only those that are shown have them.
        pytest.param(
            lambda: chain(8, 1, (64, 256), 1000), 1000, 1000, id="too-many-means", marks=pytest.mark.exhaustive
        ),
        pytest.param(lambda: chain(8, 3, (16, 16), 5), 20, 0, id="no-labels"),
    ],
)
def test_files_take_no_more_than_is_foretold_and_a_fifth_of_it_at_least(
    tmp_path: Path, network: Any, num_images: int, num_classes: int
) -> None:
    model = network()
    images = np.random.default_rng(0).random((num_images, *model.input_shape[1:]), dtype=np.float32)
    labels = [place % num_classes for place in range(num_images)] if num_classes else None
    names = tuple(f"class {place}" for place in range(num_classes))
    origin, toys = Origin(model, ()), data(images, labels, names)
    options = make(
        {
            "pick": "index:0", "ablation_budget": "200", "why_budget": "5e9", "dream_steps": 1,
            "format": ("html", "json"),
        }
    )  # fmt: skip
    foretold = dict(foretell(Origin(model, ("facts",)), toys, options).files)  # type: ignore[arg-type]
    assert not any(tmp_path.iterdir())
    report = make_report(origin, toys, options)
    assert "why" in {section.name for section in report.sections}
    written = write(report, tmp_path, options.format)
    assert len(written) == len(foretold) == 2
    for name, most in foretold.items():
        size_bytes = (tmp_path / f"report.{name}").stat().st_size
        assert size_bytes <= most <= 5 * size_bytes, name
