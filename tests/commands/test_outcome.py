"""What the last lines on the terminal say, of reports that are written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.commands.outcome import MOST_FINDINGS, outcome
from reportgen.commands.terminal import Terminal
from reportgen.document.report import Finding, Report, Score
from reportgen.records.model import TensorRecord
from tests.renderers import reports

# 965 of 1,000: Wilson's interval, worked out apart, is 0.95171 to 0.97473.
RIGHT = Score("scores", "probabilities", 1000, 965, (0.95171, 0.97473), None)
TAGS = Score("tags", "multi-label", 20, 17, (0.64, 0.948), None)
ERROR = Score("age", "values", 1, None, None, 0.12345)


def report(*scores: Score, findings: tuple[Finding, ...] = (), outputs: int = 1) -> Report:
    usual = reports.report()
    model = replace(usual.model, outputs=tuple(TensorRecord(f"out_{n}", (10,), "float32") for n in range(outputs)))
    return replace(usual, scores=scores, findings=findings, model=model)


def plain(lines: tuple[str, ...]) -> list[str]:
    """The lines with usual spaces."""
    return [line.replace("\u202f", " ").replace("\xa0", " ") for line in lines]


def found(severity: str, number: int) -> tuple[Finding, ...]:
    return tuple(Finding("RG000", severity, f"{severity} {n}.", f"Detail {n}.") for n in range(number))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scores", "outputs", "lines"),
    [
        ((), 1, []),
        ((RIGHT,), 1, ["Accuracy: 96.5 % (95 % interval 95.2 % to 97.5 %; 965 of 1 000 images)"]),
        ((TAGS,), 1, ["All classes right: 85.0 % (95 % interval 64.0 % to 94.8 %; 17 of 20 images)"]),
        ((ERROR,), 1, ["Mean absolute error: 0.123 (1 image)"]),
        ((replace(ERROR, mean_error=float("nan")),), 1, ["Mean absolute error: not a number (1 image)"]),
        ((replace(TAGS, right=0, interval=None),), 1, ["All classes right: 0.0 % (0 of 20 images)"]),
        (
            (RIGHT, ERROR, TAGS),
            3,
            [
                "Accuracy at output scores: 96.5 % (95 % interval 95.2 % to 97.5 %; 965 of 1 000 images)",
                "Mean absolute error at output age: 0.123 (1 image)",
                "All classes right at output tags: 85.0 % (95 % interval 64.0 % to 94.8 %; 17 of 20 images)",
            ],
        ),
        ((ERROR,), 2, ["Mean absolute error at output age: 0.123 (1 image)"]),
    ],
    ids=["unknown", "classes", "tags", "values", "no-number", "no-interval", "three-outputs", "one-of-two-outputs"],
)
def test_every_output_with_labels_has_one_line(scores: tuple[Score, ...], outputs: int, lines: list[str]) -> None:
    assert plain(outcome(report(*scores, outputs=outputs))) == lines


def test_what_a_model_reads_is_called_by_its_name() -> None:
    signal = report(RIGHT)
    signal = replace(signal, model=replace(signal.model, inputs=(TensorRecord("heart", (500, 1), "float32"),)))
    assert plain(outcome(signal)) == ["Accuracy: 96.5 % (95 % interval 95.2 % to 97.5 %; 965 of 1 000 signals)"]


def test_failed_checks_come_before_warnings_and_after_the_accuracy() -> None:
    findings = (*found("warning", 1), *found("note", 2), *found("failed", 2), *found("passed", 1))
    assert outcome(report(RIGHT, findings=findings))[1:] == (
        "Check failed: failed 0. Detail 0.",
        "Check failed: failed 1. Detail 1.",
        "Warning: warning 0.",
    )


@pytest.mark.parametrize(
    ("failed", "warnings", "more"),
    [(0, 8, ""), (0, 9, "and 1 more: see the report"), (3, 8, "and 3 more: see the report"), (20, 0, "and 12 more")],
)
def test_eight_are_listed_and_the_others_counted(failed: int, warnings: int, more: str) -> None:
    lines = outcome(report(findings=(*found("failed", failed), *found("warning", warnings))))
    assert MOST_FINDINGS == 8
    assert sum(line.startswith("Check failed: ") for line in lines) == min(failed, 8)
    assert sum(line.startswith("Warning: ") for line in lines) == min(warnings, 8 - min(failed, 8))
    assert len(lines) == 8 + bool(more)
    assert more in lines[-1]


def test_a_name_makes_no_second_line_and_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "conv\x1b[31m\r\n\tCheck failed: \u202eall [bold]lies[/bold] "
    findings = tuple(Finding("RG000", severity, f"{name} is odd.", name) for severity in ("failed", "warning"))
    lines = outcome(report(replace(RIGHT, output=name), findings=findings, outputs=2))
    assert len(lines) == 3
    for line in lines:
        Terminal().say(line)
    said = capsys.readouterr().err
    assert said.splitlines() == list(lines)
    assert not set(said) & set("\x1b\r\t\u202e")
    assert said.count("[bold]lies[/bold]") == 4


def test_a_name_of_thousands_of_letters_fills_no_screen() -> None:
    (line,) = outcome(report(findings=(Finding("RG000", "warning", f"{'x' * 5000} is odd.", ""),)))
    assert line.startswith("Warning: xxx")
    assert line.endswith("xxx is odd.")
    assert len(line) < 1000
