"""Options: one set of names for the command line, a file and Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import OptionsError
from reportgen.options import Options, make, words
from reportgen.options.forms import Pick, parse_rename

KNOWN = "output, format, assets-dir, summary, data, classes, groups, pick, layers, rename, title, colormap, maps"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index:2,17", Pick("index", (2, 17))),
        ("index:0", Pick("index", (0,))),
        ("index: 2, 3", Pick("index", (2, 3))),
        ("per-class:1", Pick("per-class", (1,))),
        ("random:5", Pick("random", (5,))),
        ("confident:2", Pick("confident", (2,))),
        ("uncertain:2", Pick("uncertain", (2,))),
        ("wrong:4", Pick("wrong", (4,))),
    ],
)
def test_pick_is_read(text: str, expected: Pick) -> None:
    assert Pick.parse(text) == expected
    assert Pick.parse(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "index", "index:", "index:a", "index:-1", "index:1,,2", "Index:1", "index:٣"),
        *("first:1", "random:0", "random:1,2", "random:²", "wrong:1.5"),
    ],
)
def test_pick_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(OptionsError, match=r"Samples cannot be picked by .* Write for example index:2,17"):
        Pick.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("a=b", ("a", "b")), ("a=b=c", ("a", "b=c")), ("conv 1=conv", ("conv 1", "conv"))]
)
def test_rename_is_read(text: str, expected: tuple[str, str]) -> None:
    assert parse_rename(text) == expected


@pytest.mark.parametrize("text", ["", "a", "=b", "a=", "="])
def test_rename_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(OptionsError, match=r"cannot be renamed by .* Expected OLD=NEW"):
        parse_rename(text)


def test_defaults() -> None:
    options = make({})
    assert (options.output, options.format) == (Path("reportgen-report"), ("html", "pdf", "json"))
    assert (options.pick, options.layers, options.rename, options.section) == ((), "*", (), ())
    assert (options.colormap, options.scale_maps, options.preprocess, options.seed) == ("gray", "own", "auto", 0)


@pytest.mark.parametrize("name", ["scale-maps", "scale_maps"])
def test_dash_and_underscore_are_one(name: str) -> None:
    assert make({name: "common"}).scale_maps == "common"


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"pick": "wrong:1"}, "pick", (Pick("wrong", (1,)),)),
        ({"pick": [Pick("wrong", (1,)), "index:2"]}, "pick", (Pick("wrong", (1,)), Pick("index", (2,)))),
        ({"rename": ["a=b"]}, "rename", (("a", "b"),)),
        ({"rename": [("a", "b")]}, "rename", (("a", "b"),)),
        ({"format": "html"}, "format", ("html",)),
        ({"format": ["json", "html", "json"]}, "format", ("json", "html")),
        ({"section": ["edges", "edges"]}, "section", ("edges",)),
        ({"output": "there"}, "output", Path("there")),
    ],
)
def test_one_value_stands_for_a_list_of_one(values: dict[str, Any], name: str, expected: object) -> None:
    assert getattr(make(values), name) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"colour": "red"}, f"There is no option 'colour'. Did you mean 'colormap'\\? Expected one of: {KNOWN}"),
        ({"skip_sections": "edges"}, "There is no option 'skip-sections'"),
        ({"colormap": "jet"}, "The option colormap got 'jet'. Expected: 'gray' or 'viridis'"),
        ({"scale-maps": "all"}, "The option scale-maps got 'all'. Expected: 'own' or 'common'"),
        ({"format": "docx"}, "The option format got 'docx'. Expected: 'html', 'pdf', 'json'"),
        ({"format": [["html"]]}, r"The option format got \['html'\]"),
        ({"section": [{"name": "edges"}]}, "The option section got"),
        ({"seed": -1}, "The option seed got -1. Expected: greater than or equal to 0"),
        ({"seed": 2**32}, "The option seed got 4294967296. Expected: less than 4294967296"),
        ({"seed": "many"}, "The option seed got 'many'. Expected: a whole number. See"),
        ({"limit": 0}, "The option limit got 0. Expected: greater than 0"),
        ({"nearly-dead": 2}, "The option nearly-dead got 2. Expected: less than or equal to 1"),
        ({"copy-correlation": 1}, "The option copy-correlation got 1. Expected: less than 1"),
        ({"class-level": 0}, "The option class-level got 0. Expected: greater than or equal to 0.001"),
        ({"class-selectivity": -1}, "The option class-selectivity got -1. Expected: greater than or equal to 0"),
        ({"pick": 5}, "Samples cannot be picked by '5'. Expected index:NUMBERS"),
        ({"limit": True}, "The option limit got True. Expected: a value, not true or false"),
        ({"nearly-dead": False}, "The option nearly-dead got False"),
        ({"limit": 2.5}, "The option limit got 2.5. Expected: a whole number. See"),
        ({"nearly-dead": "few"}, "The option nearly-dead got 'few'. Expected: a number. See"),
        ({"output": 5}, "The option output got 5. Expected: a path. See"),
        ({"section": "summry"}, "no chapter called 'summry'. Did you mean 'summary'\\? Expected one of: summary, "),
        ({"skip-section": ["edge"]}, "no chapter called 'edge'. Did you mean 'edges'"),
        ({"input-shape": [0, -1]}, "'0,-1' is not the shape of an image"),
        ({"pick": "some"}, "Samples cannot be picked by 'some'"),
        ({"rename": ["a"]}, "cannot be renamed by 'a'"),
        (
            {"feature": ["picture=x"]},
            "A feature cannot be named by 'picture=x'. Expected image=NAME, label=NAME or mask=NAME",
        ),
        ({"feature": "image="}, "A feature cannot be named by 'image='"),
        ({"ablation_budget": "long"}, "Channels cannot be switched off within 'long'. Expected seconds, such as 60s"),
        ({"ablation-budget": "0s"}, "cannot be switched off within '0s'"),
        ({"ablation-budget": 0}, "cannot be switched off within '0'"),
        ({"pdf-annexes": "sums"}, "The annexes of the PDF cannot be 'sums'. Expected all, none, or names of chapters"),
        ({"pdf-annexes": "all,names"}, "The annexes of the PDF cannot be 'all, names'"),
        ({"dream": "conv"}, "A channel cannot be named by 'conv'. Expected LAYER:CHANNEL"),
        ({"dream": ["conv:-1"]}, "A channel cannot be named by 'conv:-1'"),
        ({"dream": "conv:1", "dream_steps": 0}, "The option dream-steps got 0. Expected: greater than 0"),
        ({"resize": "pad"}, "The option resize got 'pad'. Expected: 'crop' or 'stretch'"),
        ({"rename": {"a": "b"}}, "The option rename got"),
        ({"title": 3}, "The option title got 3. Expected: a text"),
        ({"preprocess": 255}, "Pixel values cannot be scaled by 255. Expected one of auto"),
        ({"preprocess": "none", "scale-input": "1/255"}, "given twice, as 'preprocess' and 'scale-input'"),
        ({"scale-maps": "own", "scale_maps": "own"}, "given twice, as 'scale-maps' and 'scale_maps'"),
    ],
)
def test_value_that_means_nothing_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        make(values)


WAYS = ["auto", "none", "1/255", "-1..1", "0..255", "keras.applications.resnet_v2", "own.package:function_2"]


@pytest.mark.parametrize("name", ["preprocess", "scale_input", "scale-input"])
@pytest.mark.parametrize("way", WAYS)
def test_scaling_of_pixels_has_two_names(name: str, way: str) -> None:
    options = make({name: way})
    assert options.preprocess == way
    assert words(options)["preprocess"] == (way,)


@pytest.mark.parametrize(
    "way",
    [
        *("", "255", "1/127", "-1..1 ", "Auto", "resnet50", "keras.applications.", "keras.applications.ResNet50"),
        *("own", "own:", ":own", "own:2", "../own:function", "a:b:c", "keras.applications.a.b"),
    ],
)
def test_scaling_that_means_nothing_is_refused_with_what_is_possible(way: str) -> None:
    expected = re.escape(
        f"cannot be scaled by {way!r}. Expected one of auto, none, 1/255, -1..1, 0..255, keras.applications.NAME or "
        "module:function. Write for example 1/255"
    )
    with pytest.raises(OptionsError, match=expected):
        make({"preprocess": way})


def test_options_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        make({}).seed = 3


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"pick": ["index:2,17", "wrong:4"], "rename": ["a=b", "c=d=e"], "seed": 7},
        {"layers": "conv_*", "title": "What it sees", "colormap": "viridis", "scale_maps": "common"},
        {"section": ["summary", "edges"], "skip_section": ["edges"], "preprocess": "1/255", "data": "digits"},
        {"ablation-budget": "60s", "dream": ["block/conv:17", "conv#2:0"], "dream_steps": 9},
        {"feature": ["image=scan", "label=kind"], "resize": "stretch"},
        {"import": ["own.py", "package.module"], "input_shape": "32,32,3", "max_parameters": 9, "max-memory": 10},
    ],
)
def test_words_of_the_command_line_make_the_same_options(values: dict[str, Any]) -> None:
    options = make(values)
    written = words(options)
    lists = {name for name, value in options if isinstance(value, tuple)} - {"input_shape"} | {"import"}
    again = {
        name: list(given) if name.replace("-", "_") in lists else given[0] for name, given in written.items() if given
    }
    assert make(again) == options
    assert set(written) == {name.replace("_", "-") for name in Options.model_fields} - {
        "output",
        "format",
        "assets-dir",
        "summary",
        "imports",
    } | {"import"}


def test_words_hold_no_folder_of_this_machine() -> None:
    written = words(make({"data": "/home/somebody/toys.npz", "output": "/home/somebody/report"}))
    assert written["data"] == ("toys.npz",)
    assert "somebody" not in str(written)


@pytest.mark.parametrize("text", ["", "28,", "28,a", "0,3", "-1,3", "28.5,3"])
def test_what_is_no_shape_is_refused(text: str) -> None:
    with pytest.raises(OptionsError, match="is not the shape of an image"):
        make({"input_shape": text})


def test_a_shape_is_read_with_commas_or_crosses() -> None:
    assert make({"input-shape": "28x28x1"}).input_shape == make({"input_shape": "28, 28, 1"}).input_shape == (28, 28, 1)
