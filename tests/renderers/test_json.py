"""The JSON file: the facts of the page, valid against the published schema, the same bytes each time."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import os
import subprocess
import sys
import tracemalloc
import unicodedata
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from reportgen import registry
from reportgen.renderers import json as renderer
from reportgen.renderers import schema
from reportgen.renderers.encoding import encoded
from reportgen.renderers.published import published_schema
from tests.renderers import reports

ROOT = Path(__file__).resolve().parents[2]
CONTENTS: dict[str, type] = {"activations": reports.Content}


def parsed(data: bytes) -> Any:
    def refuse(name: str) -> None:
        pytest.fail(f"{name} is no JSON")

    return json.loads(data.decode("utf-8"), parse_constant=refuse)


def validate(data: bytes) -> None:
    description = schema.schema(CONTENTS)
    jsonschema.Draft202012Validator.check_schema(description)
    jsonschema.Draft202012Validator(description).validate(parsed(data))


def test_layout_of_the_file() -> None:
    plain = parsed(renderer.render(reports.report(created="2026-01-02T03:04:05Z")))
    assert list(plain) == ["schema", "title", "subject", "model", "run", "findings", "sections"]
    assert plain["schema"] == "reportgen/2"
    assert plain["run"]["created"] == "2026-01-02T03:04:05Z"
    assert plain["run"]["options"][0] == {"name": "samples", "value": ["block_1/conv", "1"]}
    assert plain["findings"][0]["severity"] == "warning"
    assert list(plain["sections"]) == ["activations"]
    assert list(plain["sections"]["activations"]) == ["title", "part", "headline", "answer", "content"]


def test_file_is_laid_out_as_pythons_own_writer_does_it() -> None:
    data = renderer.render(dataclasses.replace(reports.report(), title='Ünïcode \\ "quoted"\n\t\x01'))
    assert data.decode("utf-8") == json.dumps(parsed(data), indent=1, ensure_ascii=False) + "\n"


def test_making_the_file_takes_little_more_room_than_the_file() -> None:
    report = reports.report()
    many = dataclasses.replace(report, findings=report.findings * 5000)
    tracemalloc.start()
    try:
        data = renderer.render(many)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(data) > 500_000
    assert most < 2.5 * len(data)


def test_a_layer_has_all_its_facts_as_numbers() -> None:
    layer = parsed(renderer.render(reports.report()))["model"]["layers"][0]
    assert layer["path"] == "block_1/conv"
    assert layer["output_shape"] == [None, 2, 1]
    assert layer["jump"] == [1, 0.5]
    assert (layer["parameters"], layer["macs"], layer["activation_bytes"]) == (10, 36, 16)
    assert set(layer) == {field.name for field in dataclasses.fields(reports.layer("x"))}


def test_a_picture_is_described_not_included() -> None:
    data = renderer.render(reports.report())
    figure = parsed(data)["sections"]["activations"]["content"]["figures"][0]
    assert figure == {
        "name": "maps",
        "media_type": "image/png",
        "width_px": 2,
        "height_px": 2,
        "caption": "Maps of block_1/conv ⌊grey⌋",
        "alt": "Maps of block_1/conv",
        "size_bytes": len(reports.png()),
        "sha256": hashlib.sha256(reports.png()).hexdigest(),
    }
    assert base64.b64encode(reports.png()) not in data


@pytest.mark.parametrize("share", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_no_numbers_are_null(share: float) -> None:
    data = renderer.render(reports.report(share=share))
    assert parsed(data)["sections"]["activations"]["content"]["share"] is None
    validate(data)


def test_hostile_names_survive_and_are_valid_utf8() -> None:
    data = renderer.render(reports.report(title=reports.HOSTILE, name=reports.HOSTILE))
    assert parsed(data)["title"] == reports.HOSTILE.replace("\ud800", "\ufffd")
    validate(data)


def test_what_commands_a_terminal_is_escaped_and_reads_the_same() -> None:
    name = "a\x1b[31m\x9b31m\u202egnp.exe\u202c\u2028\x7f é 層"
    written = encoded(dataclasses.replace(reports.model(reports.layer("conv")), name=name), "model")
    text = written.decode("utf-8")
    assert [character for character in text if unicodedata.category(character) in {"Cc", "Cf", "Zl"}] == ["\n"] * (
        text.count("\n")
    )
    assert json.loads(written)["name"] == name
    assert "é 層" in text


def test_what_is_no_plain_data_is_named_by_its_place() -> None:
    report = reports.report()
    content = dataclasses.replace(report.sections[0].content, share=np.zeros(2))  # type: ignore[type-var]
    section = dataclasses.replace(report.sections[0], content=content)
    with pytest.raises(TypeError, match=r"report\.sections\.activations\.content\.share is a ndarray"):
        renderer.render(dataclasses.replace(report, sections=(section,)))


def test_a_model_alone_is_written_as_in_the_report() -> None:
    report = reports.report()
    assert parsed(encoded(report.model, "model")) == parsed(renderer.render(report))["model"]


def test_two_processes_write_the_same_bytes() -> None:
    code = (
        "import sys; from reportgen import registry; from tests.renderers import reports;"
        "sys.stdout.buffer.write(registry.load('renderers', 'json').render(reports.report()))"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert written == {renderer.render(reports.report())}


def test_writing_json_and_reading_its_schema_need_no_pydantic() -> None:
    code = (
        "import sys; from reportgen.renderers import json, published\n"
        "published.published_schema(); print('pydantic' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_a_report_is_valid_with_and_without_chapters() -> None:
    validate(renderer.render(reports.report()))
    validate(renderer.render(dataclasses.replace(reports.report(), sections=())))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("schema",), "reportgen/1", "'reportgen/2' was expected"),
        (("titel",), "x", "Additional properties are not allowed"),
        (("model", "layers", 0, "macs"), "36", "is not valid under any of the given schemas"),
        (("model", "layers", 0, "colour"), 1, "Additional properties are not allowed"),
        (("run", "command"), None, "is not of type 'string'"),
        (("findings", 0, "severity"), "fatal", "is not one of"),
        (("sections", "activations", "content", "figures", 0, "width_px"), 1.5, "is not of type 'integer'"),
        (("sections", "activations", "content", "figures", 0, "data"), "x", "Additional properties are not allowed"),
        (("sections", "other"), {}, "Additional properties are not allowed"),
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_not_of_the_format(place: tuple[Any, ...], value: object, message: str) -> None:
    plain = parsed(renderer.render(reports.report()))
    inner = plain
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError, match=message):
        jsonschema.Draft202012Validator(schema.schema(CONTENTS)).validate(plain)


@pytest.mark.parametrize("key", ["model", "sections", "findings"])
def test_the_schema_misses_what_is_left_out(key: str) -> None:
    plain = parsed(renderer.render(reports.report()))
    del plain[key]
    with pytest.raises(jsonschema.ValidationError, match=f"'{key}' is a required property"):
        jsonschema.Draft202012Validator(schema.schema(CONTENTS)).validate(plain)


def test_the_schema_tells_what_each_number_means() -> None:
    definitions = schema.schema(CONTENTS)["$defs"]
    assert definitions["Content"]["properties"]["share"]["description"] == "A share of something, 0..1."
    assert definitions["Figure"]["required"] == list(definitions["Figure"]["properties"])
    records = ("LayerRecord", "ModelRecord", "Step", "Check", "RunFacts", "Finding", "Figure")
    silent = [
        f"{name}.{key}"
        for name in records
        for key, told in definitions[name]["properties"].items()
        if not told.get("description")
    ]
    assert silent == []


def test_published_schema_is_that_of_the_types(update_golden: bool) -> None:
    contents = {name: registry.load("sections", name).Content for name in registry.names("sections")}
    generated = (json.dumps(schema.schema(contents), indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    if update_golden:
        (ROOT / "reportgen" / "schema.json").write_bytes(generated)
    assert published_schema() == generated
