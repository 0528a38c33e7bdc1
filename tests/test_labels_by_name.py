"""Words for labels, in a folder, a list, records and arrays -> the same report as whole numbers in the right order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import reportgen
from reportgen.document.report import Report
from reportgen.errors import DataError
from reportgen.options import make
from reportgen.pipeline import feeding, origins, reporting
from tests.sources.examples import example, png, write

pytestmark = pytest.mark.keras
layers = keras.layers
# Not in sorted order, and more than occur among the images.
NAMES = ("n02110958-pug", "n02086240-Shih-Tzu", "n02096585-Boston_bull", "n02012849-crane")
WORDS = {0: "n02110958-pug", 2: "boston bull", 3: "n02012849"}
LABELS = np.array([0, 2, 3, 3, 2, 0, 0, 2])
# The net answers with the class whose grey an image has; two of these are not of their class's grey.
GREYS = np.array([0, 2, 3, 3, 1, 0, 0, 0])
IMAGES = np.broadcast_to((40 + 60 * GREYS)[:, None, None, None], (8, 6, 6, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that tells greys apart: the logit of class k is 2·g·k − k², highest for the k nearest to g."""
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(1, 3), layers.GlobalAveragePooling2D(), layers.Dense(4)]
    )
    steps = np.arange(4.0)
    model.set_weights(
        [np.full((3, 3, 1, 1), 255 / 60 / 9), np.array([-40 / 60]), 20 * steps[None], -10 * steps * steps]
    )
    path = tmp_path_factory.mktemp("model") / "greys.keras"
    model.save(path)
    return path


@pytest.fixture
def names_file(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    return path


def reported(model_file: Path, **values: Any) -> Report:
    options = make({"section": ("performance", "channels"), "dream_steps": 1, "ablation_budget": "20", **values})
    origin = origins.load(model_file, options)
    return reporting.make_report(origin, feeding.opened(origin.model, values["data"], options), options)


def facts(report: Report) -> list[Any]:
    """What the report says of classes: accuracy, confusions, and the mean response of every channel to each."""
    sections: dict[str, Any] = {section.name: section.content for section in report.sections}
    head = sections["performance"].heads[0]
    channels = sections["channels"]
    means = [channel.class_means for layer in channels.layers for channel in layer.channels]
    return [head.right, sorted(map(str, head.confusions)), head.classes, channels.classes, np.round(means, 5).tolist()]


def as_folder(folder: Path) -> str:
    for index, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        place = folder / "classes" / WORDS[int(label)]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(png(image[..., 0]))
    return str(folder / "classes")


def as_list(folder: Path) -> str:
    lines = ["path,label"]
    for index, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        Image.fromarray(image[..., 0]).save(folder / f"{index}.png")
        lines.append(f"{index}.png,{WORDS[int(label)]}")
    (folder / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    return str(folder / "list.csv")


def as_records(folder: Path) -> str:
    pairs = zip(IMAGES, LABELS, strict=True)
    records = [example(image=png(image[..., 0]), label=WORDS[int(label)].encode()) for image, label in pairs]
    return write(folder / "data.tfrecord", records)


def as_arrays(folder: Path) -> str:
    np.savez(folder / "data.npz", x=IMAGES, y=np.array([WORDS[int(label)] for label in LABELS]))
    return str(folder / "data.npz")


@pytest.fixture(scope="module")
def expected(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What the report says where the labels are whole numbers."""
    folder = tmp_path_factory.mktemp("numbers")
    np.savez(folder / "numbers.npz", x=IMAGES, y=LABELS)
    (folder / "names.txt").write_text("\n".join(NAMES), encoding="utf-8")
    return facts(reported(model_file, data=str(folder / "numbers.npz"), classes=folder / "names.txt"))


@pytest.mark.parametrize("made", [as_folder, as_list, as_records, as_arrays])
def test_words_in_any_order_give_the_numbers_of_whole_numbers(
    made: Any, model_file: Path, names_file: Path, expected: list[Any], tmp_path: Path
) -> None:
    found = reported(model_file, data=made(tmp_path), classes=names_file)
    assert facts(found) == expected
    assert expected[0].part == 6
    said = next(finding.detail for finding in found.findings if finding.code == "RG203")
    assert "matched to the class names by name: 3 of 4 classes occur, 1 written exactly so" in said


def test_words_beside_images_in_memory_give_the_same(model_file: Path, expected: list[Any]) -> None:
    model = keras.models.load_model(model_file)
    words = [WORDS[int(label)] for label in LABELS]
    found = reportgen.explain(model, IMAGES, words, class_names=NAMES, section=("performance", "channels"))
    assert facts(found) == expected


@pytest.mark.parametrize("made", [as_folder, as_list, as_records, as_arrays])
def test_fewer_words_than_classes_without_names_give_no_accuracy_and_say_why(
    made: Any, model_file: Path, tmp_path: Path
) -> None:
    report = reported(model_file, data=made(tmp_path))
    assert [section.name for section in report.sections] == ["channels"]
    warning = next(finding for finding in report.findings if finding.code == "RG208")
    assert warning.severity == "warning"
    assert "3 words and the model predicts 4 classes" in warning.detail
    channels: Any = report.sections[0].content
    assert channels.classes == ()
    assert any("3 words and the model predicts 4 classes" in limit for limit in channels.limits)


def test_label_of_a_sample_is_the_name_of_its_folder(model_file: Path, names_file: Path, tmp_path: Path) -> None:
    report = reported(model_file, data=as_folder(tmp_path), classes=names_file, section=("samples",), pick=("index:7",))
    content: Any = report.sections[0].content
    assert content.samples[0].name.startswith("n02110958-pug/")
    assert content.samples[0].label == "n02110958-pug"


def test_word_that_is_no_class_name_ends_the_run(model_file: Path, names_file: Path, tmp_path: Path) -> None:
    data = as_folder(tmp_path)
    Path(data, "boston bull").rename(Path(data, "bostom bull"))
    with pytest.raises(DataError, match=r"'bostom bull' \(the nearest class name is 'n02096585-Boston_bull'\)"):
        reported(model_file, data=data, classes=names_file)


def test_one_image_without_a_batch_axis_is_one_sample(model_file: Path, tmp_path: Path) -> None:
    model = keras.models.load_model(model_file)
    expected = facts_of_one(reportgen.explain(model, IMAGES[1:2], [2], section="samples"))
    assert facts_of_one(reportgen.explain(model, IMAGES[1], 2, section="samples")) == expected
    assert facts_of_one(reportgen.explain(model, IMAGES[1], [2], section="samples")) == expected
    assert facts_of_one(reportgen.explain(model, IMAGES[1, :, :, 0], 2, section="samples")) == expected
    np.save(tmp_path / "one.npy", IMAGES[1])
    unlabelled = reported(model_file, data=str(tmp_path / "one.npy"), section=("samples",))
    assert facts_of_one(unlabelled) == (expected[0], None, expected[2])
    np.savez(tmp_path / "one.npz", x=IMAGES[1], y=np.array(2))
    assert facts_of_one(reported(model_file, data=str(tmp_path / "one.npz"), section=("samples",))) == expected


def facts_of_one(report: Report) -> tuple[Any, ...]:
    content: Any = report.sections[0].content
    samples = content.samples
    assert len(samples) == 1
    return samples[0].figure.data, samples[0].label, samples[0].answered


@pytest.mark.parametrize("shape", [(3, 2, 1), (6, 6, 6, 2), (9,), (2, 60, 0, 1)])
def test_arrays_that_fit_in_no_honest_way_are_refused(model_file: Path, shape: tuple[int, ...]) -> None:
    model = keras.models.load_model(model_file)
    with pytest.raises(DataError, match="Expected"):
        reportgen.explain(model, np.ones(shape, np.uint8))


def test_as_many_labels_as_rows_say_that_these_are_samples(model_file: Path) -> None:
    model = keras.models.load_model(model_file)
    with pytest.raises(DataError, match="Received images of 6 × 1"):
        reportgen.explain(model, IMAGES[0], [0, 1, 2, 3, 0, 1])
