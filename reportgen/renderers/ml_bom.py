"""Report -> a bill of materials of machine learning: CycloneDX 1.6, with a model card inside. Its numbers are texts."""

from __future__ import annotations

import hashlib
import json as plain_json
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reportgen.document.report import Report
from reportgen.language.cleaning import clean
from reportgen.renderers import json, measured
from reportgen.renderers.tools import Tools

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = ".cdx.json"
_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_MOST_BYTES = 100_000
_OURS = "reportgen"
_NO_PACKAGE = ("python", _OURS)
# Licenses as the Hugging Face Hub writes them, and how SPDX does. Others are given by name.
_SPDX = {
    "afl-3.0": "AFL-3.0", "agpl-3.0": "AGPL-3.0-only", "apache-2.0": "Apache-2.0", "artistic-2.0": "Artistic-2.0",
    "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause", "bsl-1.0": "BSL-1.0", "cc-by-4.0": "CC-BY-4.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0", "cc-by-nc-sa-4.0": "CC-BY-NC-SA-4.0", "cc-by-sa-3.0": "CC-BY-SA-3.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0", "cc0-1.0": "CC0-1.0", "gpl-2.0": "GPL-2.0-only", "gpl-3.0": "GPL-3.0-only",
    "isc": "ISC", "lgpl-3.0": "LGPL-3.0-only", "mit": "MIT", "mpl-2.0": "MPL-2.0", "unlicense": "Unlicense",
    "wtfpl": "WTFPL", "zlib": "Zlib",
}  # fmt: skip


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, a long card of the owner's aside."""
    del plan
    return _MOST_BYTES


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return the bill of materials as JSON: UTF-8, the same bytes for the same report."""
    made = hashlib.sha256(json.render(report, tools)).hexdigest()
    stated = measured.stated(report)
    packages = [_package(fact.name, str(fact.value)) for fact in report.run.versions if fact.name not in _NO_PACKAGE]
    own = {"type": "application", "name": _OURS, "version": measured.fact(report, _OURS)}
    bill = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'reportgen:{made}')}",
        "version": 1,
        "metadata": {
            "timestamp": report.run.created,
            "tools": {"components": [own]},
            "component": _model(report, stated, made),
        },
        "components": packages,
        "dependencies": [{"ref": "model", "dependsOn": [each["bom-ref"] for each in packages]}],
    }
    return (plain_json.dumps(_present(bill), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _present(value: Any) -> Any:
    """The same without what is not there; an empty list is not there, either. Texts are cleaned."""
    if isinstance(value, Mapping):
        kept = {key: _present(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, "", [], {})}
    if isinstance(value, list):
        return [_present(each) for each in value]
    return clean(value) if isinstance(value, str) else value


def _package(name: str, version: str) -> dict[str, Any]:
    address = f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}"
    return {"type": "library", "bom-ref": address, "name": name, "version": version, "purl": address}


def _model(report: Report, stated: Mapping[str, tuple[str, ...]], made: str) -> dict[str, Any]:
    weights, file = report.model.weights_sha256, measured.fact(report, "SHA-256 of the file")
    facts = {
        "report:sha256": made,
        "weights:sha256": weights,
        "parameters": str(report.model.parameters),
        "multiply-adds": str(report.model.macs),
    }
    provider, contact = (" ".join(stated[key]) for key in ("model.provider", "model.contact"))
    return {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "supplier": {"name": provider, "contact": [{"name": contact}] if contact else []} if provider else None,
        "name": " ".join(stated["model.name"]) or report.model.name,
        "version": " ".join(stated["model.version"]) or weights[:12],
        "hashes": [{"alg": "SHA-256", "content": file}] if file else [],
        "licenses": [_license(each) for each in stated["model.license"]],
        "tags": list(stated["model.tags"]),
        "modelCard": _card(report, stated),
        "properties": [{"name": f"reportgen:{name}", "value": value} for name, value in facts.items()],
    }


def _license(name: str) -> dict[str, Any]:
    known = _SPDX.get(name.lower())
    return {"license": {"id": known} if known else {"name": name}}


def _card(report: Report, stated: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    data = measured.dataset(report)
    kinds = Counter(layer.kind for layer in report.model.layers)
    return {
        "bom-ref": "model-card",
        "modelParameters": {
            "task": measured.task(report),
            "architectureFamily": "convolutional neural network",
            "modelArchitecture": ", ".join(f"{count} {kind}" for kind, count in kinds.items()),
            "datasets": [*_training(stated), *([_evaluation(data)] if data else [])],
            "inputs": [{"format": _format(each)} for each in report.model.inputs],
            "outputs": [{"format": _format(each)} for each in report.model.outputs],
        },
        "quantitativeAnalysis": {"performanceMetrics": _metrics(report)},
        "considerations": {
            "users": list(stated["model.intended-users"]),
            "useCases": list(stated["model.intended-purpose"]),
            "technicalLimitations": [
                *stated["limits.known"],
                *(f"Out of scope: {each}" for each in stated["model.out-of-scope"]),
            ],
        },
    }


def _format(tensor: Any) -> str:
    sides = ", ".join(str(side or "any") for side in tensor.shape)
    return f"{tensor.dtype} [batch, {sides}]" if sides else f"{tensor.dtype} [batch]"


def _training(stated: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """The training data, which only the owner knows."""
    name, provenance = (" ".join(stated[f"data.training.{key}"]) for key in ("name", "provenance"))
    if not name and not provenance:
        return []
    told = f"Training data, as the owner states; not checked. {provenance}".strip()
    return [{"type": "dataset", "name": name or "training data", "description": told}]


def _evaluation(data: Any) -> dict[str, Any]:
    facts = {"sha256": data.sha256, "images": str(data.size), "split": data.split}
    return {
        "type": "dataset",
        "name": data.name,
        "description": "Evaluation data, on which the performance metrics were measured.",
        "contents": {"properties": [{"name": f"reportgen:{name}", "value": value} for name, value in facts.items()]},
    }


def _metrics(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "type": each.title,
            "value": repr(float(each.value)),
            "slice": f"{each.num_images} samples",
            "confidenceInterval": {
                "lowerBound": repr(float(each.interval[0])),
                "upperBound": repr(float(each.interval[1])),
            }
            if each.interval
            else None,
        }
        for each in measured.measured(report)
    ]
