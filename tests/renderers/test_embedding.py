"""Pictures on their way into a PDF: Pillow reads the same pixels there, whatever way they took."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from reportgen.renderers import embedding, pdf

PAGE = "<!DOCTYPE html><html lang=en><title>t</title><style>img {{ image-rendering: pixelated }}</style><h1>h</h1>{}"


def png(mode: str, **options: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 50, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "PNG", **options)
    return file.getvalue()


def jpeg(mode: str) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(png(mode))).save(file, "JPEG")
    return file.getvalue()


def picture(file: bytes, kind: str = "png") -> str:
    return f'<img alt="a" src="data:image/{kind};base64,{base64.b64encode(file).decode()}">'


@pytest.mark.pdf
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "1"])
def test_pixels_in_the_pdf_are_those_of_the_file(mode: str) -> None:
    file = png(mode)
    with pdf.warm() as worker:
        printed = worker.typeset(PAGE.format(picture(file)))
    (found,) = PdfReader(io.BytesIO(printed)).pages[0].images
    assert found.image is not None
    expected = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
    np.testing.assert_array_equal(np.asarray(found.image.convert("RGB")), expected)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_plain_files_keep_their_packed_pixels(mode: str) -> None:
    file = png(mode)
    packed = embedding.packed_pixels(file)
    assert packed is not None
    assert file.count(packed[:40]) == 1


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1", "I;16"])
def test_other_files_do_not(mode: str) -> None:
    if mode == "I;16":
        file = io.BytesIO()
        Image.fromarray(np.arange(3000, dtype=np.uint16).reshape(60, 50)).save(file, "PNG")
        assert embedding.packed_pixels(file.getvalue()) is None
    else:
        assert embedding.packed_pixels(png(mode)) is None


@pytest.mark.pdf
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_photograph_stands_in_the_pdf_as_its_file_is(mode: str) -> None:
    file = jpeg(mode)
    page, found = embedding.set_aside(PAGE.format(picture(file, "jpeg")))
    assert list(found.values()) == [file]
    assert "data:image" not in page
    with pdf.warm() as worker:
        printed = worker.typeset(PAGE.format(picture(file, "jpeg")))
    assert file in printed


@pytest.mark.parametrize("damage", ["cut", "changed", "no png", "empty"])
def test_damaged_files_do_not(damage: str) -> None:
    file = bytearray(png("L"))
    if damage == "cut":
        del file[len(file) // 2 :]
    elif damage == "changed":
        file[len(file) // 2] ^= 1
    elif damage == "no png":
        file[0] = 0
    else:
        file.clear()
    assert embedding.packed_pixels(bytes(file)) is None


def test_large_files_get_short_addresses_and_equal_ones_the_same() -> None:
    files = png("L"), png("RGB")
    page, found = embedding.set_aside("".join(map(picture, (*files, files[0]))))
    assert page.count('src="data:,picture-0"') == 2
    assert page.count('src="data:,picture-1"') == 1
    assert found == {"data:,picture-0": files[0], "data:,picture-1": files[1]}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(f"<p>data:image/png;base64,{'A' * 4000}</p>", id="text"),
        pytest.param(f'<img alt="a" src="data:image/svg+xml;base64,{"A" * 4000}">', id="another kind"),
        pytest.param('<img alt="a" src="data:image/png;base64,AAAA">', id="small"),
        pytest.param(f'<img alt="a" src="data:image/png;base64,{"A" * 2000}-{"A" * 2001}">', id="damaged"),
        pytest.param(f'<img alt="a" src="data:image/png;base64,{"A" * 2001}">', id="cut short"),
        pytest.param(f'<img alt="a" data-src="data:image/png;base64,{"A" * 2000}">', id="another attribute"),
    ],
)
def test_all_else_stays_as_it_is(page: str) -> None:
    assert embedding.set_aside(page) == (page, {})
