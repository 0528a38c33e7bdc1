"""Two reports of the same model, the second changed, with their answers beside them."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.evidence.answers import FACT, packed

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "report.json").read_text("utf-8"))
LABELS = np.arange(1000) % 3


def pair(folder: Path, lost: int = 6, won: int = 16, edit: Any = None) -> tuple[Path, Path]:
    """Two reports with their answers: 45 wrong ones before."""
    old = LABELS.copy()
    old[:45] = (LABELS[:45] + 1) % 3
    new = old.copy()
    new[:won] = LABELS[:won]
    new[100 : 100 + lost] = (LABELS[100 : 100 + lost] + 2) % 3
    paths = []
    for name, answered in (("old", old), ("new", new)):
        report, kept = copy.deepcopy(GOLDEN), packed(answered, np.linspace(0.5, 1, 1000), LABELS)
        report["run"]["data"].append({"name": FACT, "value": hashlib.sha256(kept).hexdigest()})
        if edit is not None and name == "new":
            edit(report)
        (folder / name).mkdir()
        (folder / name / "report.json").write_text(json.dumps(report), "utf-8")
        (folder / name / "report-answers.npz").write_bytes(kept)
        paths.append(folder / name / "report.json")
    return paths[0], paths[1]


def several(report: dict[str, Any]) -> None:
    report["model"]["weights_sha256"] = "0" * 64
    report["model"]["macs"] = None
    report["findings"] = report["findings"][1:]
    report["findings"].append({**report["findings"][0], "code": "RG401", "severity": "warning", "title": "Dead."})
    report["run"]["versions"][0]["value"] = "2"
    report["sections"]["channels"]["content"]["layers"][0]["channels"][1].update(state="dead", copy_of=None)
