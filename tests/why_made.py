"""Explanations written by hand: what the chapter on answers is tested on, without a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from reportgen.evidence.responses import Patch
from reportgen.evidence.shortcuts import ClassEvidence, MeanShare, ShortcutsResult, Transplant
from reportgen.evidence.why import (
    SHARES,
    Carried,
    ChannelShare,
    Contrast,
    Control,
    EvidenceMap,
    Explanation,
    Null,
    Outline,
    PlainMap,
    Spent,
    Verdict,
    WhyResult,
    WorkedSum,
)

PLACES = np.arange(16, dtype=np.uint8).reshape(4, 4)


def patch() -> Patch:
    """A patch of 4 by 4."""
    return Patch(3, "cat", 2.0, (1, 1), (0, 0, 4, 4), PLACES * 16, (0, 0, 4, 4))


def null(**others: Any) -> Null:
    """Twins that leave nearly all."""
    usual: dict[str, Any] = {"number": 39, "p_value": 0.025, "effect": 0.46}
    usual |= {"median": (0.96, 0.94, 0.7), "low": (0.9, 0.8, 0.4), "high": (0.97, 0.97, 0.9)}
    return Null(**(usual | others))


def verdict(word: str = "supported", **others: Any) -> Verdict:
    """A verdict with its numbers."""
    usual: dict[str, Any] = {
        "shares": SHARES,
        "left": (0.8, 0.3, 0.02),
        "whole": 0.97,
        "empty": 0.01,
        "twins": null(),
        "others": null(number=19, p_value=0.05, effect=0.36),
    }
    return Verdict(word, **(usual | others))


def evidence_map(method: str = "integrated-gradients", **others: Any) -> EvidenceMap:
    """A map of 4 by 4 places."""
    usual: dict[str, Any] = {
        "levels": (120 + 8 * (PLACES % 16)).astype(np.uint8),
        "scale": 0.5,
        "grid": (4, 4),
        "steps": {"integrated-gradients": 32, "occlusion": 64}.get(method, 0),
        "complete": 0.98 if method == "integrated-gradients" else None,
        "path": "conv" if "cam" in method else "",
        "verdict": verdict(),
    }
    return EvidenceMap(method, **(usual | others))


def outline(**others: Any) -> Outline:
    """An outline of an eighth of the image."""
    usual: dict[str, Any] = {
        "method": "integrated-gradients",
        "asked": 0.08,
        "share": 0.125,
        "mask": (PLACES >= 14).astype(np.uint8),
        "left": 0.12,
        "turned_into": "dog",
        "elsewhere": 0.94,
        "elsewhere_low": 0.81,
        "elsewhere_high": 0.97,
        "num_elsewhere": 39,
        "painted": (PLACES * 16).astype(np.uint8),
    }
    return Outline(**(usual | others))


def carried(path: str = "conv", **others: Any) -> Carried:
    """What two channels add, and three others."""
    usual: dict[str, Any] = {
        "judged_at": path,
        "change": 4.0,
        "channels": (ChannelShare(1, 2.5, PLACES * 16, (patch(),)), ChannelShare(0, -0.5, PLACES * 16)),
        "others": 2.0,
        "num_others": 3,
        "for_it": 4.5,
        "against_it": -0.5,
        "complete": 1.0,
        "steps": 16,
    }
    return Carried(path, **(usual | others))


def worked_sum(path: str = "conv", **others: Any) -> WorkedSum:
    """A score of 5."""
    usual: dict[str, Any] = {
        "judged_at": path,
        "bias": 0.5,
        "channels": (ChannelShare(1, 3.0, PLACES * 16), ChannelShare(0, 0.5, None)),
        "others": 1.0,
        "num_others": 3,
        "score": 5.0,
        "rest": 1e-7,
    }
    return WorkedSum(path, **(usual | others))


def contrast(**others: Any) -> Contrast:
    """Why not a dog."""
    usual: dict[str, Any] = {
        "other": "dog",
        "other_index": 1,
        "is_true": False,
        "probability": 0.02,
        "lead": 3.9,
        "method": "integrated-gradients",
        "levels": (120 + 8 * (PLACES % 16)).astype(np.uint8),
        "scale": 0.3,
        "carried": carried(),
    }
    return Contrast(**(usual | others))


def explanation(sample: int = 2, **others: Any) -> Explanation:
    """A cat, supported."""
    usual: dict[str, Any] = {
        "class_index": 0,
        "class_name": "cat",
        "is_yes": True,
        "correct": True,
        "whole": 0.97,
        "odds": 3.5,
        "empty": 0.01,
        "maps": (evidence_map(), evidence_map("occlusion"), evidence_map("hires-cam", verdict=None)),
        "outline": outline(),
        "plain": (PlainMap("brightness", 0.38), PlainMap("edges", -0.05)),
        "carried": (carried(),),
        "worked_sum": None,
        "contrasts": (contrast(),),
    }
    return Explanation(sample, **(usual | others))


def why(*explanations: Explanation, **others: Any) -> WhyResult:
    """One explanation, or those given."""
    usual: dict[str, Any] = {
        "kind": "softmax",
        "output": "dense",
        "explanations": explanations or (explanation(),),
        "controls": (Control("shuffled weights", "occlusion", 3, 0), Control("runner-up", "occlusion", 3, 1)),
        "spent": Spent(3 * 10**12, 7000, 10**7, ()),
        "num_others": 19,
        "is_small": True,
    }
    return WhyResult(**(usual | others))


def mean_share(mean: float = 0.3, **others: Any) -> MeanShare:
    """A share with its interval."""
    usual: dict[str, Any] = {"low": mean - 0.1, "high": mean + 0.1, "area": 0.4375, "number": 20, "p_value": 0.9}
    return MeanShare(mean, **(usual | others))


def class_evidence(index: int = 0, name: str = "cat", **others: Any) -> ClassEvidence:
    """The evidence of twenty images."""
    levels = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    usual: dict[str, Any] = {"number": 20, "levels": levels, "highest": 0.2, "border": mean_share(), "outside": None}
    return ClassEvidence(index, name, **(usual | others))


def transplant(index: int = 0, name: str = "cat", **others: Any) -> Transplant:
    """A lower right corner that turns nothing."""
    usual: dict[str, Any] = {
        "place": "lower right corner", "top": 6, "left": 6, "num_called": 20, "num_members": 7, "share_in": 0.6,
        "share_out": 0.02, "num_receivers": 100, "turned": 4, "control": 3, "is_alarm": False,
    }  # fmt: skip
    return Transplant(index, name, **(usual | others))


def alarm(**others: Any) -> Transplant:
    """One that turns nearly all."""
    pictures = (PLACES * 16,) * 2
    usual: dict[str, Any] = {"turned": 96, "is_alarm": True, "members": pictures, "receivers": pictures}
    return transplant(**(usual | {"turned_into": pictures} | others))


def shortcuts(*tests: Transplant, **others: Any) -> ShortcutsResult:
    """Two classes, tested."""
    usual: dict[str, Any] = {
        "num_images": 100,
        "num_available": 100,
        "classes": (class_evidence(outside=mean_share(0.2)), class_evidence(1, "dog")),
        "tests": tests or (transplant(), transplant(1, "dog")),
        "num_untested": 0,
        "how": "nominated",
    }
    return ShortcutsResult(**(usual | others))
