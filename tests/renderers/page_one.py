"""A report written by hand whose page one holds as much as is asked for."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

from PIL import Image

from reportgen.document.report import Figure, Finding, Report, Section
from reportgen.sections.summary import Content, KeyNumber
from reportgen.sections.summary.boxes import Box
from reportgen.sections.summary.flow import Bar, Column, Flow, FlowMap
from reportgen.sections.summary.pictured import Picture, Pictures
from reportgen.sections.summary.verdict import Phrase
from reportgen.sections.summary.wrong import Row, Wrong
from tests.renderers import reports


def figure(name: str, width: int, height: int) -> Figure:
    """A grey picture."""
    file = io.BytesIO()
    Image.new("L", (width, height), 128).save(file, "PNG")
    return Figure(name, "image/png", file.getvalue(), width, height, alt="Grey.")


def flow(name: str, width: int, height: int) -> Flow:
    """An image of a size, a stage with seven maps of it, and an answer."""
    image = figure("flow-image", width, height)
    maps = tuple(
        FlowMap(place, figure(f"flow-{place}", width, height), place < 2, name, "", f"channel {place} of {name}")
        for place in range(7)
    )
    bars = (Bar(name, 0.9, is_answer=True), Bar(f"not {name}", 0.1, is_answer=False))
    usual: dict[str, Any] = {"anchor": "", "is_name": False, "emphasis": "", "parameters": 0.5, "macs": 0.5}
    columns = (
        Column(kind="image", title="The image", detail=name, figure=image, maps=(), bars=(), note=name, **usual),
        Column(kind="stage", title=name, detail="7 maps", figure=None, maps=maps, bars=(), note=f"On {name}.", **usual),
        Column(kind="answer", title="The answer", detail="1 of 2", figure=None, maps=(), bars=bars, note=name, **usual),
    )
    return Flow(f"One image of {name}", f"Maps of {name}.", columns, 1, 0, "")


def pictured(name: str) -> Pictures:
    """Eight mistakes."""
    items = tuple(Picture(place, figure(f"glance-{place}", 28, 28), name, name, "96 %", "") for place in range(8))
    return Pictures("The mistakes it was surest of", "", items, f"Eight of {name}.")


def faults(name: str) -> Wrong:
    """Ten classes."""
    rows = tuple(Row(f"{name} {place}", 0.9, (0.8, 0.95), "90 of 100", None, name, place == 0) for place in range(10))
    return Wrong("Where it goes wrong", name, "class", "", 0.5, 0.9, rows, f"Ten classes of {name}.")


def report(
    *, name: str = "toy", findings: int = 3, detail: str = "It is so.", tiles: tuple[int, int] | None = (280, 280)
) -> Report:
    """A report with a page one and another chapter.

    Args:
        name: What everything in it is called.
        findings: How many there are.
        detail: What stands behind each.
        tiles: Width and height of the image; None without images.
    """
    keys = tuple(KeyNumber(f"key {place}", 1234567, "number", f"of {name}") for place in range(6))
    sentences = tuple(f"Sentence {place} on {name}." for place in range(3))
    boxes = tuple(
        Box(kind, f"Question {kind}?", "9 of 10", f" of {name}", False, (), sentences, "")
        for kind in ("trust", "broken", "limits")
    )
    content = Content(
        lead=(Phrase(f"{name} reads images."),),
        key_numbers=keys,
        flow=flow(name, *tiles) if tiles else None,
        wrong=faults(name) if tiles else None,
        pictures=pictured(name) if tiles else None,
        boxes=boxes,
        cannot_say=sentences,
    )
    summary = Section("summary", "At a glance", f"{name} reads images.", content)
    whole = reports.report(title=f"What {name} sees", name=name)
    found = tuple(
        Finding("RG000", "warning", f"Finding {place} of {name}.", detail, "summary") for place in range(findings)
    )
    return dataclasses.replace(whole, findings=found, sections=(summary, *whole.sections))
