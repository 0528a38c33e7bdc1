from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import DataError
from reportgen.records.data import Broken, Reason
from reportgen.sources import folder
from reportgen.sources.dataset import Reading


def paint(path: Path, value: int | tuple[int, int, int], size: tuple[int, int] = (4, 4)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L" if isinstance(value, int) else "RGB", size, value).save(path)


def test_pictures_are_sorted_by_name(tmp_path: Path) -> None:
    for name, value in (("b.png", 2), ("a.PNG", 1), ("c.bmp", 3)):
        paint(tmp_path / "shots" / name, value)
    dataset = folder.open(str(tmp_path / "shots"))
    assert (dataset.name, dataset.source, dataset.split) == ("3 images from shots", "shots", "as given")
    assert dataset.image_names == ("a.PNG", "b.png", "c.bmp")
    assert (dataset.shape, dataset.labels, dataset.class_names, dataset.notes) == ((4, 4, 1), None, (), ())
    images = dataset.read(range(3))
    assert images.dtype == np.uint8
    assert images[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert dataset.read([]).shape == (0, 4, 4, 1)


def test_subfolders_are_classes_in_sorted_order(tmp_path: Path) -> None:
    paint(tmp_path / "dog" / "1.png", 1)
    paint(tmp_path / "cat" / "2.png", 2)
    paint(tmp_path / "cat" / "more" / "1.png", 3)
    (tmp_path / "ant").mkdir()
    (tmp_path / ".hidden").mkdir()
    dataset = folder.open(str(tmp_path))
    assert dataset.class_names == ("ant", "cat", "dog")
    assert dataset.image_names == ("cat/2.png", "cat/more/1.png", "dog/1.png")
    assert dataset.labels is not None
    assert dataset.labels.dtype == np.int64
    assert dataset.labels.tolist() == [1, 1, 2]
    assert dataset.notes == ("These classes have no pictures: ant.",)


def test_pictures_in_the_folder_itself_come_before_subfolders(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 1)
    paint(tmp_path / "cat" / "b.png", 2)
    dataset = folder.open(str(tmp_path))
    assert dataset.size == 1
    assert dataset.labels is None
    assert "subfolders (cat) were not read" in dataset.notes[0]


def test_one_picture_is_a_set_of_one(tmp_path: Path) -> None:
    Image.new("L", (3, 2), 7).save(tmp_path / "seven", "PNG")
    assert folder.accepts(str(tmp_path / "seven"))
    dataset = folder.open(str(tmp_path / "seven"))
    assert (dataset.name, dataset.source, dataset.image_names) == ("1 image from seven", "seven", ("seven",))
    assert dataset.read([0]).tolist() == np.full((1, 2, 3, 1), 7).tolist()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (None, (4, 6, 3)),
        ((2, 3, 1), (2, 3, 1)),
        ((2, 3, 3), (2, 3, 3)),
        ((None, None, 1), (4, 6, 1)),
        ((None, 5, None), (4, 5, 3)),
        ((3, 2, 5), (2, 5, 3)),
        ((2, 3), (2, 3, 1)),
        ((784,), (4, 6, 3)),
    ],
)
def test_pictures_are_brought_to_the_models_size_and_channels(
    tmp_path: Path, shape: tuple[int | None, ...] | None, expected: tuple[int, ...]
) -> None:
    paint(tmp_path / "a.png", (255, 0, 0), (6, 4))
    dataset = folder.open(str(tmp_path), shape)
    assert dataset.shape == expected
    image = dataset.read([0])[0]
    assert image.shape == expected
    assert image[0, 0].tolist() == ([76] if expected[-1] == 1 else [255, 0, 0])


def test_grey_and_colour_together_are_colour(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 9)
    paint(tmp_path / "b.png", (1, 2, 3))
    dataset = folder.open(str(tmp_path))
    assert dataset.read([0, 1])[:, 0, 0].tolist() == [[9, 9, 9], [1, 2, 3]]
    assert dataset.notes == ("1 of 2 pictures was grey and repeated in three channels.",)


def test_every_change_is_noted_with_its_number(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", (255, 0, 0), (6, 4))
    paint(tmp_path / "b.png", (255, 0, 0), (2, 2))
    Image.new("RGBA", (2, 2)).save(tmp_path / "c.png")
    Image.new("I;16", (2, 2)).save(tmp_path / "d.png")
    assert folder.open(str(tmp_path), (2, 2, 1)).notes == (
        "1 of 4 pictures was resized to 2 × 2 pixels (bilinear, proportions kept).",
        "1 of 4 pictures was cut down to the centre, because their proportions are not the model's.",
        "3 of 4 pictures were turned from colour to grey (ITU-R 601 luma).",
        "1 of 4 pictures was laid on white where transparent.",
        "1 of 4 pictures was scaled from 16 to 8 bits.",
    )


def test_resizing_is_bilinear(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 100]], dtype=np.uint8)).save(tmp_path / "a.png")
    # Four centres at −0.25, 0.25, 0.75 and 1.25 pixels; outside the picture its border goes on.
    stretched = folder.open(str(tmp_path), (1, 4, 1), Reading("stretch"))
    assert stretched.read([0])[0, 0, :, 0].tolist() == [0, 25, 75, 100]
    assert stretched.notes == ("The only picture was resized to 1 × 4 pixels (bilinear, proportions not kept).",)


def test_the_centre_is_cut_out_so_that_proportions_are_kept(tmp_path: Path) -> None:
    # Grey halves of a wide picture with a white square between them: only the square is left, and a tall one likewise.
    pixels = np.full((4, 12), 100, np.uint8)
    pixels[:, 4:8] = 255
    for name, turned in (("wide.png", pixels), ("tall.png", pixels.T)):
        Image.fromarray(turned).save(tmp_path / name)
    dataset = folder.open(str(tmp_path), (4, 4, 1))
    assert dataset.read([0, 1]).tolist() == np.full((2, 4, 4, 1), 255).tolist()
    assert "All 2 pictures were cut down to the centre, because their proportions are not the model's." in dataset.notes


@pytest.mark.keras
@pytest.mark.parametrize("target", [(28, 28), (16, 40), (40, 16), (7, 3)])
@pytest.mark.parametrize("size", [(31, 17), (17, 31), (200, 9), (28, 28), (50, 90)], ids=str)
def test_pictures_are_cut_as_keras_cuts_them(tmp_path: Path, size: tuple[int, int], target: tuple[int, int]) -> None:
    import keras

    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    theirs = keras.utils.load_img(
        tmp_path / "a.png", target_size=target, interpolation="bilinear", keep_aspect_ratio=True
    )
    found = folder.open(str(tmp_path), (*target, 3)).read([0])[0]
    np.testing.assert_array_equal(found, np.asarray(theirs))


def test_pictures_of_different_sizes_need_a_model_that_says_which(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 1, (4, 4))
    paint(tmp_path / "b.png", 1, (5, 4))
    with pytest.raises(DataError, match=r"'a.png' has 4 × 4 pixels, 'b.png' has 4 × 5"):
        folder.open(str(tmp_path))
    assert folder.open(str(tmp_path), (4, 4, 1)).size == 2


def test_only_the_pictures_that_are_asked_for_are_read(tmp_path: Path) -> None:
    for value in range(3):
        paint(tmp_path / f"{value}.png", value)
    dataset = folder.open(str(tmp_path))
    (tmp_path / "1.png").unlink()
    assert dataset.read([2, 0])[:, 0, 0, 0].tolist() == [2, 0]
    with pytest.raises(DataError, match=r"'1.png' cannot be read"):
        dataset.read([0, 1])


def test_a_strip_of_one_pixel_can_be_cut(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 7, (50, 1))
    dataset = folder.open(str(tmp_path), (40, 16, 1), Reading("crop"))
    assert dataset.read([0]).tolist() == np.full((1, 40, 16, 1), 7).tolist()


def test_a_picture_that_would_be_enlarged_more_than_eightfold_is_left_out_unless_asked_for(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 7, (28, 28))
    paint(tmp_path / "b.png", 7, (20, 28))
    dataset = folder.open(str(tmp_path), (224, 224, 1))
    assert dataset.image_names == ("a.png",)
    assert dataset.broken[0].name == "b.png"
    assert "would be enlarged 11.2 times to 224 × 224 pixels" in dataset.broken[0].reason
    assert folder.open(str(tmp_path), (224, 224, 1), Reading("stretch")).size == 2


def spoil(folder_: Path) -> tuple[Broken, ...]:
    """Put pictures of every broken kind into a folder, and say what is to be told of them."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(folder_ / "cut.png")
    whole = (folder_ / "cut.png").read_bytes()
    (folder_ / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder_ / "empty.jpg").write_bytes(b"")
    (folder_ / "html.jpg").write_bytes(b"<html>404</html>")
    Image.new("1", (30_000, 3_000)).save(folder_ / "huge.png")
    Image.new("1", (30_000, 6_000)).save(folder_ / "large.png")
    Image.new("F", (2, 2), 0.5).save(folder_ / "real.tif")
    return (
        Broken("cut.png", "is damaged or cut short"),
        Broken("empty.jpg", "is empty"),
        Broken("html.jpg", "is not a picture in a format that is read"),
        Broken("huge.png", "has 30000 × 3000 pixels, which is far too large"),
        Broken("large.png", "is far too large, with more than 89478485 pixels"),
        Broken("real.tif", "holds numbers of 32 bits, and nothing says which of them is white"),
    )


def test_broken_pictures_are_listed_with_the_reason_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    expected = spoil(tmp_path / "set")
    paint(tmp_path / "set" / "a.png", 1)
    paint(tmp_path / "set" / "i.png", 2)
    # Whoever uses the package sees no warning of Pillow's, and none of its filters is left behind.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        huge = "has 30000 × 3000 pixels, which is far too large"
        dataset = folder.open(str(tmp_path / "set"))
    assert huge in {broken.reason for broken in dataset.broken}
    assert dataset.broken == expected
    assert (dataset.name, dataset.size, dataset.image_names) == ("2 images from set", 2, ("a.png", "i.png"))
    assert dataset.read([1, 0])[:, 0, 0, 0].tolist() == [2, 1]
    (tmp_path / "set" / "html.jpg").write_text("still no picture, but another one", encoding="utf-8")
    assert folder.open(str(tmp_path / "set")).sha256 != dataset.sha256


def test_labels_stay_with_their_pictures_when_others_are_broken(tmp_path: Path) -> None:
    for name in ("ant/a.png", "cat/a.png", "cat/b.png", "dog/a.png"):
        paint(tmp_path / name, 1)
    for name in ("ant/a.png", "cat/a.png"):
        (tmp_path / name).write_bytes(b"")
    dataset = folder.open(str(tmp_path))
    assert dataset.labels is not None
    assert (dataset.labels.tolist(), dataset.class_names) == ([1, 2], ("ant", "cat", "dog"))
    assert dataset.notes == ("No picture of these classes can be read: ant.",)


def test_nothing_but_broken_pictures_is_an_error(tmp_path: Path) -> None:
    spoil(tmp_path)
    with pytest.raises(DataError, match=r"None of the 6 pictures of .* the first, 'cut.png', is damaged or cut short"):
        folder.open(str(tmp_path))


def test_of_many_broken_pictures_the_first_are_named_and_all_counted(tmp_path: Path) -> None:
    for number in range(230):
        (tmp_path / f"{number:03}.png").write_bytes(b"" if number % 23 else b"no picture")
    paint(tmp_path / "whole.png", 1)
    dataset = folder.open(str(tmp_path))
    assert [broken.name for broken in dataset.broken] == [f"{number:03}.png" for number in range(200)]
    assert dataset.broken_reasons == (Reason("is empty", 220), Reason("is not a picture in a format that is read", 10))


def test_one_picture_alone_that_is_broken_is_an_error(tmp_path: Path) -> None:
    spoil(tmp_path)
    with pytest.raises(DataError, match=r"'cut.png' cannot be read: it is damaged or cut short. Expected a whole PNG"):
        folder.open(str(tmp_path / "cut.png"))


@pytest.mark.parametrize("content", [[], ["notes.txt"], [".a.png"], ["cat/notes.txt"]])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, content: list[str]) -> None:
    for name in content:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"text")
    with pytest.raises(DataError, match=r"holds no pictures. Expected PNG"):
        folder.open(str(tmp_path))


def test_other_files_are_passed_over_and_counted(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 1)
    for name in ("notes.txt", "more.csv", ".DS_Store"):
        (tmp_path / name).write_bytes(b"text")
    note = "2 files without a picture's suffix passed over: more.csv and 1 more."
    assert folder.open(str(tmp_path)).notes == (note,)


def test_links_are_followed_only_inside_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "set"
    paint(tmp_path / "elsewhere" / "secret.png", 9)
    paint(inside / "a.png", 1)
    (inside / "b.png").symlink_to(inside / "a.png")
    (inside / "c.png").symlink_to(tmp_path / "elsewhere" / "secret.png")
    (inside / "d.png").symlink_to(inside / "d.png")
    (inside / "all").symlink_to(tmp_path / "elsewhere")
    dataset = folder.open(str(inside))
    assert dataset.image_names == ("a.png", "b.png")
    assert "3 links to a folder, out of this folder or to nothing not followed: all and 2 more." in dataset.notes


def test_a_linked_class_keeps_its_number_and_stays_empty(tmp_path: Path) -> None:
    inside = tmp_path / "set"
    paint(tmp_path / "elsewhere" / "secret.png", 9)
    paint(inside / "dog" / "a.png", 1)
    (inside / "cat").symlink_to(tmp_path / "elsewhere")
    (inside / "dog" / "loop").symlink_to(inside)
    dataset = folder.open(str(inside))
    assert dataset.class_names == ("cat", "dog")
    assert dataset.image_names == ("dog/a.png",)


def test_a_folder_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    paint(tmp_path / "set" / "a.png", 1)
    (tmp_path / "link").symlink_to(tmp_path / "set")
    assert folder.open(str(tmp_path / "link")).size == 1


def test_the_hash_follows_names_and_bytes_and_nothing_else(tmp_path: Path) -> None:
    for name in ("one", "two"):
        paint(tmp_path / name / "a.png", 1)
        paint(tmp_path / name / "b.png", 2)
    first = folder.open(str(tmp_path / "one"))
    os.utime(tmp_path / "two" / "a.png", (0, 0))
    assert folder.open(str(tmp_path / "two"), (2, 2, 3)).sha256 == first.sha256
    paint(tmp_path / "two" / "b.png", 3)
    assert folder.open(str(tmp_path / "two")).sha256 != first.sha256
    paint(tmp_path / "two" / "b.png", 2)
    (tmp_path / "two" / "b.png").rename(tmp_path / "two" / "c.png")
    assert folder.open(str(tmp_path / "two")).sha256 != first.sha256


def test_a_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 1)
    os.rename(tmp_path / "a.png", os.fsencode(tmp_path) + b"/\xe9.png")
    dataset = folder.open(str(tmp_path))
    assert dataset.image_names == ("\\udce9.png",)
    assert dataset.read([0]).max() == 1
