"""What frameworks of AI ask for, point by point, and where a report and a card hold information for it.

Sources: Regulation (EU) 2024/1689, Annex IV; NIST AI 100-1, AI Risk Management Framework 1.0 (2023), Measure;
ISO/IEC 42001:2023, Annex A, of which only numbers and titles are given. Words in quotes are those of the source.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A point of a framework.

    Attributes:
        number: Its number.
        asks: What it asks for.
        here: What a report may contain for it, each with the name of its chapter.
        card: Fields of a card for it, by key, or whole tables.
        remark: What is nowhere in either, or how far it goes.
    """

    number: str
    asks: str
    here: tuple[tuple[str, str], ...] = ()
    card: tuple[str, ...] = ()
    remark: str = ""


_UNCHECKED = ("what was not checked", "provenance")
_DATA = ("the evaluation data: hash, counts, what could not be read", "provenance")
_RIGHT = ("how often it is right, with intervals", "performance")
_PIXELS = ("how good it is, pixel by pixel", "pixels")
_POLICY = ("each demand of the policy, and what came of it", "policy")

_AI_ACT = (
    Asked(
        "1(a)",
        "“intended purpose, the name of the provider and the version of the system reflecting its relation to previous"
        " versions”",
        (("hashes of the model and its weights", "provenance"),),
        ("model.intended-purpose", "model.provider", "model.version", "model.previous-version"),
    ),
    Asked(
        "1(c), (e)",
        "versions of software; the hardware that it is intended to run on",
        (
            ("versions of programs and libraries", "provenance"),
            ("parameters, multiply-adds and memory", "architecture"),
        ),
        ("model.hardware",),
    ),
    Asked(
        "2(a), (b)",
        "methods and steps of the development; general logic and key design choices; “expected output and output"
        " quality”",
        (("every layer", "architecture"), ("every sum", "calculations"), _RIGHT, _PIXELS),
        ("development.steps", "development.rationale"),
    ),
    Asked(
        "2(c)",
        "architecture; “computational resources used to develop, train, test and validate”",
        (("the network", "architecture"), ("the machine of this test", "provenance")),
        ("development.resources",),
    ),
    Asked(
        "2(d)",
        "data sets: provenance, scope, main characteristics, selection, labelling, cleaning",
        (_DATA, ("what was done to the images", "samples"), ("how many there are of each class", "performance")),
        ("data.training", "data.evaluation"),
    ),
    Asked(
        "2(e), 3",
        "human oversight, “technical measures needed to facilitate the interpretation of the outputs”; “degrees of"
        " accuracy for specific persons or groups”",
        (
            ("the evidence for single answers", "why"),
            ("what each layer sees", "activations"),
            ("what each channel looks for", "channels"),
            ("accuracy by class, not by groups of people", "performance"),
        ),
        (
            "model.intended-users",
            "model.out-of-scope",
            "oversight",
            "limits.known",
            "limits.groups",
            "limits.foreseeable-misuse",
        ),
    ),
    Asked(
        "2(g)",
        "“validation and testing procedures used”, metrics of accuracy and robustness, “test logs and all test reports"
        " dated and signed by the responsible persons”",
        (_RIGHT, _PIXELS, _POLICY, ("what was tested against chance", "provenance")),
        ("responsible",),
        "A line for date, name and signature ends the PDF.",
    ),
    Asked(
        "4",
        "the appropriateness of the performance metrics",
        (("what each term means", "glossary"), _UNCHECKED),
        ("limits.metrics-why",),
    ),
    Asked(
        "6",
        "changes through the lifecycle",
        (),
        ("model.previous-version", "model.changes"),
        "reportgen diff compares two versions, in a file of its own.",
    ),
    Asked(
        "2(f), (h), 5, 7–9",
        "pre-determined changes, cybersecurity, risk management, standards, declaration of conformity, post-market"
        " plan",
        remark="Neither this report nor the card holds anything of it.",
    ),
)
_NIST = (
    Asked(
        "MEASURE 1.1",
        "what “will not – or cannot – be measured”",
        (_UNCHECKED, ("demands that were not measured or not decided", "policy")),
    ),
    Asked(
        "MEASURE 2.1",
        "“Test sets, metrics, and details about the tools used during TEVV are documented.”",
        (_DATA, ("versions, options and machine", "provenance"), _RIGHT, _PIXELS),
    ),
    Asked(
        "MEASURE 2.3",
        "assurance criteria are measured “for conditions similar to deployment”",
        (_POLICY,),
        ("model.intended-purpose", "data.evaluation.provenance"),
        "That the conditions are similar is for the owner to claim.",
    ),
    Asked(
        "MEASURE 2.5",
        "“Limitations of the generalizability”",
        (("intervals for images like these", "performance"), _UNCHECKED),
        ("model.out-of-scope", "limits.known"),
        "In part: no report says how it does on other data.",
    ),
    Asked(
        "MEASURE 2.9",
        "“The AI model is explained, validated, and documented”",
        (
            ("the evidence for single answers", "why"),
            ("what each channel looks for", "channels"),
            _RIGHT,
            _PIXELS,
            ("every layer", "architecture"),
        ),
        ("oversight.interpretation",),
    ),
)
_ISO = (
    Asked("A.4.3", "data resources", (_DATA,), ("data.training.name", "data.evaluation.name")),
    Asked("A.6.2.4", "verification and validation", (_POLICY, _RIGHT, _PIXELS, _UNCHECKED)),
    Asked(
        "A.6.2.7",
        "technical documentation",
        (("every layer", "architecture"), ("every sum", "calculations"), ("how this was made", "provenance")),
        ("model.intended-purpose", "development"),
    ),
    Asked(
        "A.7.4",
        "quality of data",
        (_DATA, ("what was done to the images", "samples")),
        ("data.training.labelling", "data.training.cleaning", "data.evaluation.labelling", "data.evaluation.cleaning"),
    ),
    Asked(
        "A.7.5",
        "data provenance",
        (("the hash of the evaluation data", "provenance"),),
        (
            "data.training.provenance",
            "data.training.collection",
            "data.evaluation.provenance",
            "data.evaluation.collection",
        ),
    ),
    Asked(
        "A.8.2",
        "documentation for users",
        (("at a glance", "summary"), ("what each term means", "glossary")),
        ("model.intended-purpose", "model.out-of-scope", "oversight.interpretation", "limits.known"),
    ),
)
FRAMEWORKS: tuple[tuple[str, tuple[Asked, ...]], ...] = (
    ("EU AI Act, Regulation (EU) 2024/1689, Annex IV", _AI_ACT),
    ("NIST AI Risk Management Framework 1.0", _NIST),
    ("ISO/IEC 42001:2023, Annex A", _ISO),
)
"""Each framework, and the points of it that a report or a card may hold information for."""
