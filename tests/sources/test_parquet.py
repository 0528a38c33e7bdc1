from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from reportgen.errors import DataError
from reportgen.records.data import Reason
from reportgen.sources import folder, parquet, shards
from reportgen.sources.dataset import Dataset, Reading
from reportgen.sources.opening import accepting, open_data
from tests.sources.examples import png
from tests.sources.tars import PIXELS

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
NAMES = ("pug", "beagle", "boxer")


def images(number: int = 6) -> list[dict[str, Any]]:
    return [{"bytes": png(pixels), "path": f"{place}.png"} for place, pixels in enumerate(PIXELS[:number])]


def write(path: Path, columns: dict[str, Any], *, names: tuple[str, ...] = (), rows: int = 4) -> str:
    """A file as the library `datasets` writes it."""
    table = pa.table(columns)
    if names:
        features = {"image": {"_type": "Image"}, "label": {"names": list(names), "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=rows)
    return str(path)


def layout(number: int = 6, labels: Any = (0, 1, 2, 0, 1, 2)) -> dict[str, Any]:
    return {"image": pa.array(images(number), IMAGE), "label": pa.array(list(labels)[:number], pa.int64())}


def labels_of(dataset: Dataset) -> list[int]:
    assert dataset.labels is not None
    return [int(label) for label in dataset.labels]


def test_the_layout_of_hugging_face_is_read(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for index, pixels in enumerate(PIXELS):
        (tmp_path / "files" / f"{index}.png").write_bytes(png(pixels))
    path = write(tmp_path / "train", layout(), names=NAMES)
    assert accepting(path) is parquet
    dataset, pictures = open_data(path, (4, 4, 1)), folder.open(str(tmp_path / "files"), (4, 4, 1))
    np.testing.assert_array_equal(dataset.read([5, 0, 3, 4]), pictures.read([5, 0, 3, 4]))
    assert (dataset.name, dataset.size, dataset.class_names) == ("6 images from train", 6, NAMES)
    assert (labels_of(dataset), dataset.by_word) == ([0, 1, 2, 0, 1, 2], False)
    assert dataset.notes == (
        "The image of each row is its column 'image', its class the column 'label'.",
        *pictures.notes,
    )


def test_many_files_are_read_as_one_and_a_shell_gives_their_hash(tmp_path: Path) -> None:
    made = tmp_path / "data"
    made.mkdir()
    for number in range(3):
        columns = {
            "image": pa.array(images()[2 * number : 2 * number + 2], IMAGE),
            "label": pa.array([number, number], pa.int64()),
        }
        write(made / f"train-0000{number}-of-00003.parquet", columns, names=NAMES, rows=1)
    for spec in (made, made / "train-*.parquet"):
        dataset = open_data(str(spec))
        np.testing.assert_array_equal(dataset.read([5, 0, 3]), PIXELS[[5, 0, 3]])
        assert labels_of(dataset) == [0, 0, 1, 1, 2, 2]
        told = subprocess.check_output(dataset.hash_command, shell=True, cwd=tmp_path, text=True)
        assert told.split()[0] == dataset.sha256


@pytest.mark.parametrize(
    ("values", "expected", "names"),
    [
        (pa.array(["dog", "cat", "dog"]), [1, 0, 1], ("cat", "dog")),
        (pa.array(["dog", "cat", "dog"]).dictionary_encode(), [1, 0, 1], ("cat", "dog")),
        (pa.array([2, 0, 1], pa.uint8()), [2, 0, 1], ()),
        (pa.array([True, False, True]), [1, 0, 1], ()),
        (pa.array([1.0, 0.0, 2.0]), [1, 0, 2], ()),
    ],
)
def test_labels_may_be_words_and_numbers_of_any_kind(
    tmp_path: Path, values: Any, expected: list[int], names: tuple[str, ...]
) -> None:
    dataset = open_data(write(tmp_path / "a", {"image": pa.array(images(3), IMAGE), "label": values}, rows=2))
    assert (labels_of(dataset), dataset.class_names) == (expected, names)


def test_numbers_with_fractions_are_true_values(tmp_path: Path) -> None:
    columns = {"image": pa.array(images(3), IMAGE), "label": pa.array([0.5, 1.5, -7.0])}
    dataset = open_data(write(tmp_path / "a", columns, rows=2))
    assert [(name, rows.tolist()) for name, rows in dataset.targets] == [("", [0.5, 1.5, -7.0])]


@pytest.mark.parametrize("labels", [None, [-1, -1, -1], [None, None, None]])
def test_labels_are_optional(tmp_path: Path, labels: Any) -> None:
    columns = {"image": pa.array(images(3), IMAGE)} | ({"label": pa.array(labels, pa.int64())} if labels else {})
    assert open_data(write(tmp_path / "a", columns)).labels is None


@pytest.mark.parametrize("missing", [-1, None])
def test_a_label_for_some_images_only_is_refused(tmp_path: Path, missing: Any) -> None:
    with pytest.raises(DataError, match="gives a label for 5 of 6 images"):
        open_data(write(tmp_path / "a", layout(labels=(0, 1, missing, 0, 1, 2))))


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_a_column_of_bytes_will_do_and_can_be_named(tmp_path: Path, kind: Any) -> None:
    encoded = [image["bytes"] for image in images(3)]
    other = pa.array(list(reversed(encoded)), kind)
    columns = {"image": pa.array(encoded, kind), "scan": other, "label": [0, 1, 2], "kind": ["a", "b", "c"]}
    path = write(tmp_path / "a", columns)
    np.testing.assert_array_equal(open_data(path).read([0]), PIXELS[:1])
    dataset = open_data(path, reading=Reading(features=(("image", "scan"), ("label", "kind"))))
    np.testing.assert_array_equal(dataset.read([0]), PIXELS[2:3])
    assert dataset.class_names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("columns", "features", "why"),
    [
        ({"x": [1], "y": [2]}, (), r"has the columns x \(int64\), y \(int64\). Expected encoded pictures"),
        ({"x": [b"1"], "z": [b"2"]}, (), "Name it with --feature image=NAME"),
        ({"image": [b"1"]}, (("image", "scan"),), r"has no column 'scan'. Expected one of: image \(binary\)"),
        ({"image": [b"1"]}, (("label", "kind"),), "no column 'kind'.*Fix --feature label=NAME"),
        ({"image": [b"1"], "x": [2]}, (("image", "x"),), "The column 'x' of 'a' holds int64"),
        ({"image": [b"1"], "label": [[1, 2]]}, (), r"are of the type list<\w+: int64>. Expected a number or a word"),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit_are_refused(
    tmp_path: Path, columns: dict[str, Any], features: tuple[tuple[str, str], ...], why: str
) -> None:
    with pytest.raises(DataError, match=why):
        open_data(write(tmp_path / "a", columns), reading=Reading(features=features))


def test_what_cannot_be_read_is_counted_by_reason(tmp_path: Path) -> None:
    rows = images(6)
    rows[1] = {"bytes": rows[1]["bytes"][:60], "path": None}
    rows[2] = {"bytes": None, "path": "elsewhere/2.png"}
    rows[3] = {"bytes": None, "path": None}
    columns = {"image": pa.array([*rows[:5], None], IMAGE), "label": pa.array([0, 1, 2, 0, 1, 2])}
    dataset = open_data(write(tmp_path / "a", columns))
    assert (dataset.size, labels_of(dataset)) == (2, [0, 1])
    assert [broken.name for broken in dataset.broken] == ["row 1", "row 2", "row 3", "row 5"]
    assert set(dataset.broken_reasons) == {
        Reason("is damaged or cut short", 1),
        Reason("names a file outside of the table and holds no picture", 1),
        Reason("holds no picture", 2),
    }


def test_a_damaged_row_group_costs_its_own_images(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a", layout(), rows=3))
    with pq.ParquetFile(path) as file:
        place = file.metadata.row_group(1).column(0).data_page_offset
    whole = bytearray(path.read_bytes())
    whole[place : place + 16] = b"\xff" * 16
    path.write_bytes(whole)
    dataset = open_data(str(path))
    assert (dataset.size, labels_of(dataset)) == (3, [0, 1, 2])
    assert dataset.broken_reasons == (Reason("is in a row group that is damaged", 3),)


@pytest.mark.parametrize("kept", [4, 12, 500])
def test_a_file_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    path = Path(write(tmp_path / "a", layout()))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"The Parquet file 'a' is damaged or cut short.*Copy it again"):
        open_data(str(path))


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'a' holds no rows"):
        open_data(write(tmp_path / "a", layout(0)))


def test_files_with_different_columns_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", layout())
    write(tmp_path / "1.parquet", {"image": pa.array(images(), IMAGE)})
    with pytest.raises(DataError, match=r"'1.parquet' has other columns than '0.parquet'"):
        open_data(str(tmp_path))


def test_few_row_groups_are_held_and_none_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a", layout(), rows=2)
    monkeypatch.setattr(parquet, "_MOST_KEPT_BYTES", 600)
    held: list[int] = []
    table = parquet._Table.of(shards.one_file(Path(path)), {})
    for place in (0, 5, 2, 1, 4, 3):
        assert table.picture(place) == png(PIXELS[place])
        held.append(len(table.kept))
    assert max(held) < 3
    monkeypatch.setattr(parquet, "_MOST_GROUP_BYTES", 100)
    with pytest.raises(DataError, match=r"A row group of 'a' holds .* GiB of images.*smaller row groups"):
        open_data(path)


def test_names_of_classes_that_make_no_sense_are_not_used(tmp_path: Path) -> None:
    path = write(tmp_path / "a", layout(), names=NAMES[:2])
    assert open_data(path).class_names == ()


def test_a_missing_library_is_told_before_tensorflow_is_imported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", layout())
    script = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"
        "from reportgen.errors import DataError\n"
        "from reportgen.sources.opening import check\n"
        "for spec in sys.argv[1:]:\n"
        "    try:\n"
        "        check(spec)\n"
        "    except DataError as error:\n"
        "        print(error, 'tensorflow' in sys.modules)\n"
    )
    specs = [path, str(tmp_path), str(tmp_path / "*.parquet")]
    told = subprocess.check_output([sys.executable, "-c", script, *specs], text=True).splitlines()
    assert told == 3 * [
        "Parquet files are read with pyarrow, which is not installed. Expected it beside reportgen. Install it with:"
        " pip install 'reportgen[parquet]'. False"
    ]
