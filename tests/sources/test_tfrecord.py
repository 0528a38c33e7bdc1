from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reportgen.errors import DataError, OptionsError
from reportgen.records.data import Broken
from reportgen.sources import folder, tfrecord
from reportgen.sources.dataset import Dataset, Reading
from reportgen.sources.opening import open_data
from tests.sources.examples import example, png, write

pytestmark = pytest.mark.keras

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), np.uint8)


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_encoded_pictures_become_what_files_with_the_same_bytes_become(tmp_path: Path, compression: str) -> None:
    (tmp_path / "files").mkdir()
    for index, pixels in enumerate(PIXELS):
        (tmp_path / "files" / f"{index}.png").write_bytes(png(pixels))
    records = (example(image__encoded=png(pixels), image__class__label=index) for index, pixels in enumerate(PIXELS))
    dataset = open_data(write(tmp_path / "four", records, compression), (4, 4, 1))
    pictures = folder.open(str(tmp_path / "files"), (4, 4, 1))
    np.testing.assert_array_equal(dataset.read([2, 0, 3]), pictures.read([2, 0, 3]))
    assert (dataset.name, dataset.source, dataset.size) == ("4 images from four", "four", 4)
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 1, 2, 3]
    assert dataset.notes == (
        "The image of each record is its feature 'image/encoded', its class the feature 'image/class/label'.",
        *pictures.notes,
    )


@pytest.mark.parametrize("name", ["image", "image_raw", "encoded", "img", "x", "image__encoded"])
@pytest.mark.parametrize("label", ["label", "class", "y", "image__class__label"])
def test_usual_names_are_known(tmp_path: Path, name: str, label: str) -> None:
    path = write(tmp_path / "a", [example(**{name: png(PIXELS[0]), label: 7, "other": 1})])
    dataset = tfrecord.open(path)
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [7]
    np.testing.assert_array_equal(dataset.read([0]), PIXELS[:1])


def test_other_names_are_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a", [example(scan=png(PIXELS[0]), image=png(PIXELS[1]), kind=b"cat", label=1)])
    dataset = tfrecord.open(path, reading=Reading(features=(("image", "scan"), ("label", "kind"))))
    np.testing.assert_array_equal(dataset.read([0]), PIXELS[:1])
    assert dataset.class_names == ("cat",)


def test_two_features_that_could_be_the_image_are_noted(tmp_path: Path) -> None:
    dataset = tfrecord.open(write(tmp_path / "a", [example(image=png(PIXELS[0]), x=png(PIXELS[1]))]))
    assert dataset.labels is None
    assert dataset.notes == (
        "The image of each record is its feature 'image'; no feature is known to hold its class.",
        "The records also hold x, which could be images and were not read.",
    )


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ((), r"'a' has the features count \(3 whole numbers\), nothing \(nothing\), scan \(bytes\), share "
             r"\(floating-point\). Expected the image in one called image/encoded, .*--feature image=NAME"),
        ((("image", "scans"),), r"'a' has no feature 'scans'. Expected one of: count .*Fix --feature image=NAME"),
        ((("image", "scan"), ("label", "no")), r"has no feature 'no'. Expected one of: .*--feature label=NAME"),
    ],
    ids=["unknown", "no such image", "no such label"],
)  # fmt: skip
def test_what_is_unclear_lists_the_features(
    tmp_path: Path, features: tuple[tuple[str, str], ...], message: str
) -> None:
    import tensorflow as tf

    one = tf.train.Example.FromString(example(scan=png(PIXELS[0]), count=[1, 2, 3], share=0.5))
    one.features.feature["nothing"].SetInParent()
    with pytest.raises(DataError, match=message):
        tfrecord.open(write(tmp_path / "a", [one.SerializeToString()]), None, Reading(features=features))


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        ({"height": 6, "width": 5, "depth": 3}, None),
        ({"image__height": 6, "image__width": 5}, None),
        ({}, (6, 5, 3)),
        ({}, (3, 6, 5)),
    ],
    ids=["height, width and depth", "height and width", "the model's", "the model's, channels first"],
)
def test_raw_bytes_are_pixels_of_a_known_size(
    tmp_path: Path, sizes: dict[str, int], shape: tuple[int, ...] | None
) -> None:
    records = [example(image_raw=pixels.tobytes(), **sizes) for pixels in PIXELS]
    np.testing.assert_array_equal(tfrecord.open(write(tmp_path / "a", records), shape).read(range(4)), PIXELS)


def test_raw_bytes_of_different_sizes_are_resized_as_pictures_are(tmp_path: Path) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    records = [
        example(image=PIXELS[0].tobytes(), height=6, width=5, depth=3),
        example(image=grey.tobytes(), height=8, width=8, depth=1),
    ]
    dataset = tfrecord.open(write(tmp_path / "a", records), (4, 4, 1))
    resized = Image.fromarray(grey).resize((4, 4), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(dataset.read([1])[0, :, :, 0], np.asarray(resized))
    assert "1 of 2 pictures was turned from colour to grey (ITU-R 601 luma)." in dataset.notes


@pytest.mark.parametrize(
    ("values", "sizes", "shape", "expected"),
    [
        (np.linspace(0, 1, 20, dtype=np.float32), {"height": 5, "width": 4}, None, (5, 4, 1)),
        (np.linspace(0, 1, 20, dtype=np.float32), {}, (5, 4, 1), (20,)),
        (np.arange(60), {}, (5, 4, 1), (5, 4, 3)),
        (np.arange(60), {}, None, (60,)),
    ],
    ids=["by its features", "as many as the model takes", "in other channels", "unknown"],
)
def test_lists_of_numbers_keep_their_values(
    tmp_path: Path,
    values: npt.NDArray[Any],
    sizes: dict[str, int],
    shape: tuple[int, ...] | None,
    expected: tuple[int, ...],
) -> None:
    records = [example(x=values, y=index, **sizes) for index in range(3)]
    dataset = tfrecord.open(write(tmp_path / "a", records), shape)
    assert dataset.shape == expected
    assert dataset.read([0]).dtype == (np.float32 if values.dtype == np.float32 else np.int64)
    np.testing.assert_array_equal(dataset.read([2, 0]), np.stack([values.reshape(expected)] * 2))


@pytest.mark.parametrize(
    ("labels", "expected", "class_names"),
    [
        ([3, 0], [3, 0], ()),
        ([1.0, 2.0], [1, 2], ()),
        ([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], [1, 0], ()),
        ([b"dog", b"cat"], [1, 0], ("cat", "dog")),
    ],
    ids=["whole", "floating-point", "one-hot", "words"],
)
def test_labels_of_every_form(
    tmp_path: Path, labels: list[Any], expected: list[int], class_names: tuple[str, ...]
) -> None:
    dataset = tfrecord.open(write(tmp_path / "a", [example(image=png(PIXELS[0]), label=label) for label in labels]))
    assert dataset.labels is not None
    assert (dataset.labels.tolist(), dataset.class_names) == (expected, class_names)


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        ([0.5, 2.0], [0.5, 2.0]),
        ([-30, 15], [-30, 15]),
        ([[1, 2, 30, 4], [5, 6, 7, 8]], [[1, 2, 30, 4], [5, 6, 7, 8]]),
        ([[0.25, 1.0], [0.0, 1.0]], [[0.25, 1.0], [0.0, 1.0]]),
        ([[0, 1, 1], [0, 1, 0]], [[0, 1, 1], [0, 1, 0]]),
    ],
    ids=["fractions", "below zero", "box", "rows of fractions", "several classes"],
)
@pytest.mark.parametrize("image", [png(PIXELS[0]), [0.5] * 90], ids=["picture", "list"])
def test_numbers_that_are_no_classes_are_true_values(
    tmp_path: Path, image: Any, labels: list[Any], values: list[Any]
) -> None:
    broken = [] if isinstance(image, list) else [example(image=b"no picture", label=labels[0])]
    records = [*broken, *(example(image=image, label=label) for label in labels)]
    dataset = tfrecord.open(write(tmp_path / "a", records), (6, 5, 3))
    assert dataset.labels is None
    ((name, targets),) = dataset.targets
    assert (name, targets.tolist()) == ("", values)


def test_words_beside_the_numbers_name_the_classes(tmp_path: Path) -> None:
    texts = ((2, b"dog"), (1, b"cat"), (2, b"dog"))
    records = [
        example(image=png(PIXELS[0]), image__class__label=label, image__class__text=text) for label, text in texts
    ]
    assert tfrecord.open(write(tmp_path / "a", records)).class_names == ("0", "cat", "dog")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, None], "gives a label for 1 of 2 images. Expected one for each, or none"),
        ([1, b"cat"], "are words and numbers. Expected one kind"),
        ([1, -1], "hold values that are not class indices"),
        ([[1, 1], [1, 2, 3]], "are 2 for one image and 3 for another. Expected as many numbers for each"),
        ([0.5, None], "gives a label for 1 of 2 images. Expected one for each, or none"),
        ([[b"cat", b"dog"]], "hold 2 words for one image. Expected a number or a word"),
        ([b"x" * 1001, b"y"], "hold 1001 bytes. Expected a number or a word"),
    ],
    ids=["missing", "mixed", "negative", "two sizes", "missing value", "two words", "long"],
)
def test_labels_that_mean_nothing_are_one_sentence(tmp_path: Path, labels: list[Any], message: str) -> None:
    given = [{} if label is None else {"label": label} for label in labels]
    records = [example(image=png(PIXELS[0]), **label) for label in given]
    with pytest.raises(DataError, match=message):
        tfrecord.open(write(tmp_path / "a", records))


def test_broken_images_are_listed_and_left_out(tmp_path: Path) -> None:
    whole = png(PIXELS[0])
    records = [
        example(image=whole, label=0),
        example(image=whole[:60], label=1),
        example(image=b"", label=1),
        example(label=1),
        example(image=b"no picture", label=1),
        example(image=[whole, whole], label=1),
        example(image=[1, 2], label=1),
        example(),
        example(image=whole, label=2),
    ]
    dataset = tfrecord.open(write(tmp_path / "a", records), (6, 5, 3))
    assert dataset.broken == (
        Broken("record 1", "is damaged or cut short"),
        Broken("record 2", "is empty"),
        Broken("record 3", "holds nothing in its feature 'image'"),
        Broken("record 4", "holds 10 bytes that are neither a picture nor pixels of the known height and width"),
        Broken("record 5", "holds 2 values of bytes in its feature 'image'"),
        Broken("record 6", "holds 2 numbers of int64 in its feature 'image'"),
        Broken("record 7", "holds nothing in its feature 'image'"),
    )
    assert dataset.labels is not None
    assert (dataset.size, dataset.labels.tolist()) == (2, [0, 2])
    np.testing.assert_array_equal(dataset.read([1]), PIXELS[:1])


def test_lists_that_differ_from_the_first_are_listed_and_left_out(tmp_path: Path) -> None:
    size = {"height": 2, "width": 3}
    records = [
        example(x=[1.0] * 6, **size),
        example(x=[1.0] * 5, **size),
        example(x=[1] * 6, **size),
        example(x=b"123456", **size),
        example(**size),
        example(x=[1.0] * 6, height=3, width=2),
        example(x=[9.0] * 6, **size),
    ]
    dataset = tfrecord.open(write(tmp_path / "a", records))
    assert [broken.name for broken in dataset.broken] == [f"record {number}" for number in range(1, 6)]
    assert dataset.broken[0].reason == "holds 5 numbers of float32, and the first one 6 of float32"
    assert dataset.read([1]).max() == 9


@pytest.mark.parametrize("image", [png(PIXELS[0]), [0.5] * 90], ids=["picture", "list"])
def test_of_many_broken_images_the_first_are_named_and_all_counted(tmp_path: Path, image: Any) -> None:
    records = [example(image=image, label=0), *(example(label=1) for _ in range(210))]
    dataset = tfrecord.open(write(tmp_path / "a", records), (6, 5, 3))
    assert [broken.name for broken in dataset.broken] == [f"record {number}" for number in range(1, 201)]
    assert [reason.number for reason in dataset.broken_reasons] == [210]
    assert (dataset.size, None if dataset.labels is None else dataset.labels.tolist()) == (1, [0])


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            [{"image": b"a"}, {"image": b"b"}],
            r"None of the 2 pictures of 'a' can be read; the first, 'record 0', holds",
        ),
        ([{"image": b"a"}], r"'record 0' cannot be read: it holds 1 bytes that are neither a picture"),
        ([{"image": []}], r"No record of 'a' holds an image: record 0 has no value in its feature 'image'"),
    ],
    ids=["two", "one", "an empty list"],
)
def test_nothing_but_broken_images_is_an_error(tmp_path: Path, records: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        tfrecord.open(write(tmp_path / "a", [example(**record) for record in records]))


def test_all_files_of_a_folder_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    inside = tmp_path / "set"
    inside.mkdir()
    write(inside / "b-1", [example(image=png(PIXELS[2])), example(image=b"")])
    write(inside / "b-0", [example(image=png(PIXELS[index])) for index in (0, 1)], "GZIP")
    write(tmp_path / "elsewhere", [example(image=png(PIXELS[3]))])
    (inside / "c").symlink_to(tmp_path / "elsewhere")
    (inside / "info.json").write_text("{}")
    (inside / "older").mkdir()
    dataset = open_data(str(inside))
    np.testing.assert_array_equal(dataset.read(range(3)), PIXELS[:3])
    assert dataset.broken == (Broken("b-1, record 1", "is empty"),)
    assert dataset.notes[0] == "2 files without records or out of this folder passed over: c, info.json."
    assert dataset.notes[1] == "The subfolder older was not read."


def test_a_folder_with_pictures_is_a_folder_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(PIXELS[0]))
    write(tmp_path / "b", [example(image=png(PIXELS[1]))])
    assert open_data(str(tmp_path)).image_names == ("a.png",)


def test_a_record_of_something_else_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Record 0 of 'a' is not a tf.train.Example"):
        open_data(write(tmp_path / "a", [b"\xff\xff\xff"]))


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_damage_is_one_sentence(tmp_path: Path, compression: str) -> None:
    path = write(tmp_path / "a", [example(image=png(pixels)) for pixels in PIXELS], compression)
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"The file 'a' is damaged: it (was cut short in record 3|cannot be unpacked)"):
        open_data(path)
    Path(path).write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    with pytest.raises(DataError, match=r"The file 'a' is damaged: "):
        open_data(path)


def test_a_file_that_shrinks_as_no_images_do_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a", [example(image=bytes(70 << 20))], "GZIP")
    with pytest.raises(DataError, match=r"more than 200 times as many unpacked. Expected images"):
        open_data(path)


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    dataset = open_data(write(tmp_path / "a", [example(image=png(PIXELS[0]))], "GZIP"))
    assert dataset.read([0]).shape == (1, 6, 5, 3)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_features_are_named_of_records_only(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(PIXELS[0]))
    with pytest.raises(OptionsError, match=r"has no features to name. Expected TFRecord, WebDataset or Parquet data"):
        open_data(str(tmp_path / "a.png"), None, Reading(features=(("image", "x"),)))


MASKS = np.arange(4 * 6 * 5).reshape(4, 6, 5).astype(np.uint8) % 3


def masks_of(dataset: Dataset, size: tuple[int, int] | None = None) -> Any:
    ((_, found),) = dataset.maps
    return found.read(range(dataset.size), size, None)


@pytest.mark.parametrize("name", ["image__segmentation__class__encoded", "segmentation_mask", "label"])
def test_pictures_of_masks_are_found_beside_their_images(tmp_path: Path, name: str) -> None:
    records = [example(image=png(PIXELS[place]), **{name: png(MASKS[place])}) for place in range(4)]
    dataset = tfrecord.open(write(tmp_path / "a", records), (6, 5, 3))
    np.testing.assert_array_equal(masks_of(dataset), MASKS)
    assert dataset.labels is None
    assert f", its mask the feature '{name.replace('__', '/')}'." in dataset.notes[0]


@pytest.mark.parametrize(
    "held",
    [
        lambda mask: mask.tobytes(),
        lambda mask: mask.ravel().astype(np.int64),
        lambda mask: mask.ravel().astype(np.float32),
    ],
    ids=["bytes", "whole numbers", "values"],
)
@pytest.mark.parametrize("image", [png, lambda pixels: pixels.ravel().astype(np.float32)], ids=["picture", "numbers"])
def test_numbers_of_masks_are_laid_on_their_images(tmp_path: Path, image: Any, held: Any) -> None:
    records = [example(image=image(PIXELS[place]), y=held(MASKS[place])) for place in range(4)]
    reading = Reading(features=(("mask", "y"),))
    dataset = tfrecord.open(write(tmp_path / "a", records), (6, 5, 3), reading)
    np.testing.assert_array_equal(masks_of(dataset), MASKS)


def test_mask_has_several_numbers_for_each_pixel_as_an_output_has_channels(tmp_path: Path) -> None:
    rows = np.eye(3, dtype=np.int64)[MASKS]
    records = [example(image=png(PIXELS[place]), mask=rows[place].ravel()) for place in range(4)]
    dataset = tfrecord.open(write(tmp_path / "a", records), (6, 5, 3))
    np.testing.assert_array_equal(masks_of(dataset), rows)
    assert dataset.maps[0][1].shape == (6, 5, 3)


def test_broken_images_leave_their_masks_out_too(tmp_path: Path) -> None:
    records = [example(image=png(PIXELS[place]), mask=png(MASKS[place])) for place in range(4)]
    records[1] = example(image=b"no picture", mask=png(MASKS[1]))
    np.testing.assert_array_equal(masks_of(tfrecord.open(write(tmp_path / "a", records), (6, 5, 3))), MASKS[[0, 2, 3]])


def test_label_comes_before_a_mask_that_nobody_asked_for(tmp_path: Path) -> None:
    records = [example(image=png(PIXELS[place]), label=place, mask=png(MASKS[place])) for place in range(4)]
    path = write(tmp_path / "a", records)
    dataset = tfrecord.open(path, (6, 5, 3))
    assert (dataset.maps, dataset.labels.tolist() if dataset.labels is not None else None) == ((), [0, 1, 2, 3])
    assert "The records also hold mask, which was not read as a mask: --feature mask=mask does." in dataset.notes
    asked = tfrecord.open(path, (6, 5, 3), Reading(features=(("mask", "mask"),)))
    np.testing.assert_array_equal(masks_of(asked), MASKS)
    assert asked.labels is None


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ([MASKS[0].tobytes(), []], "'a' gives a mask for 1 of 2 images. Expected one for each, or none"),
        ([b"123"], "The mask of record 0 holds 3 numbers, and its image has 6 × 5 pixels. Expected a number for each"),
        ([[b"1", b"2"]], "record 0 holds 2 masks. Expected one for its image"),
        ([png(np.zeros((3, 4), np.uint8))], "The mask of record 0 has 3 × 4 pixels, and its picture 6 × 5. Expected"),
        ([png(np.zeros((6, 5, 3), np.uint8))], "'mask of record 0' cannot be read: it has colours"),
    ],
    ids=["one is missing", "too short", "two", "another size", "colours"],
)
def test_mask_that_does_not_fit_is_refused(tmp_path: Path, masks: list[Any], message: str) -> None:
    records = [example(image=png(PIXELS[place]), mask=mask) for place, mask in enumerate(masks)]
    with pytest.raises(DataError, match=re.escape(message)):
        tfrecord.open(write(tmp_path / "a", records), (6, 5, 3))


def test_a_list_or_pattern_may_stand_for_records_of_tensorflow(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path / f"{number}.tfrecord", [example(image=png(PIXELS[number]), label=number)])
    (tmp_path / "list.txt").write_text("1.tfrecord\n0.tfrecord\n")
    np.testing.assert_array_equal(open_data(str(tmp_path / "list.txt")).read([0, 1]), PIXELS[[1, 0]])
    np.testing.assert_array_equal(open_data(str(tmp_path / "*.tfrecord")).read([0, 1]), PIXELS[[0, 1]])
