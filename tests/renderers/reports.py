"""Reports written by hand, and templates small enough to see through, for the tests of all renderers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from reportgen.document.report import Fact, Figure, Finding, Report, RunFacts, Section
from reportgen.language import cleaning
from reportgen.records.model import Check, LayerRecord, ModelRecord, Step, TensorRecord

TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{% if medium == "screen" %}
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
{% endif %}
<title>{{ report.title }}</title>
<meta name="description" content="{{ report.subject }}">
{% if report.run.created %}
<meta name="dcterms.created" content="{{ report.run.created }}">
{% endif %}
<style>{{ style }}</style>
</head>
<body>
<h1>{{ report.title }}</h1>
<ul>
{% for section in report.sections %}
<li><a href="#{{ section.name|anchor }}">{{ section.title }}</a></li>
{% endfor %}
</ul>
<table>
<caption>Layers</caption>
<thead><tr><th scope="col">Layer</th><th scope="col">Kind</th></tr></thead>
<tbody>
{% for layer in report.model.layers %}
<tr id="layer-{{ layer.path|anchor }}" title="{{ layer.path }}"><th scope="row"><code>{{ layer.path|breakable }}</code>
</th><td>{{ layer.kind }}</td></tr>
{% endfor %}
</tbody>
</table>
{% for section in report.sections %}
<h2 id="{{ section.name|anchor }}">{{ section.title }}</h2>
<p class="answer">{{ section.answer }}</p>
{% for figure in section.content.figures %}
<figure><img src="{{ figure.data|data_uri(figure.media_type) }}" alt="{{ figure.alt }}">
<figcaption>{{ figure.caption }}</figcaption></figure>
{% endfor %}
{% endfor %}
</body>
</html>
"""
SCREEN_RULES = """
body { font-family: "IBM Plex Sans", "DejaVu Sans", sans-serif }
h1, h2 { font-weight: 600 }
code { font-family: "IBM Plex Mono", "DejaVu Sans Mono", monospace }
.answer::before { content: "\\25B2 " }
img { image-rendering: pixelated }
"""
PRINT_RULES = "@page { size: A4; margin: 2cm; @bottom-right { content: counter(page) } }\n"


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter of a test shows.

    Attributes:
        figures: Its pictures.
        share: A share of something, 0..1.
    """

    figures: tuple[Figure, ...]
    share: float | None


def write_templates(folder: Path, template: str = TEMPLATE, rules: str = SCREEN_RULES) -> None:
    """Put the templates into a folder."""
    (folder / "report.html").write_text(template, encoding="utf-8")
    (folder / "report.css").write_text(rules, encoding="utf-8")
    (folder / "print.css").write_text(PRINT_RULES, encoding="utf-8")


def png() -> bytes:
    """A picture of four pixels."""
    file = io.BytesIO()
    Image.frombytes("L", (2, 2), bytes([0, 80, 160, 255])).save(file, "PNG")
    return file.getvalue()


def layer(path: str, kind: str = "Conv2D") -> LayerRecord:
    """A conv layer of 10 parameters."""
    return LayerRecord(
        index=1,
        path=path,
        kind=kind,
        role="conv",
        input_shape=(4, 4, 1),
        input_shapes=((4, 4, 1),),
        output_shape=(None, 2, 1),
        parameters=10,
        trainable_parameters=10,
        macs=36,
        receptive_field=(3, 3),
        jump=(1, 0.5),
        padding=(0, 0),
        whole_image=False,
        activation_bytes=16,
        steps=(Step("parameters", "kernel height · kernel width + 1", "3 · 3 + 1", 10, "parameters"),),
        checks=(Check("parameters", (10,), (10,), "the model's own count", agrees=True),),
    )


def model(*layers: LayerRecord) -> ModelRecord:
    """A model of these layers."""
    return ModelRecord(
        name="toy",
        kind="Sequential",
        inputs=(TensorRecord("image", (4, 4, 1), "float32"),),
        outputs=(TensorRecord("scores", (10,), "float32"),),
        parameters=10,
        trainable_parameters=10,
        macs=36,
        size_bytes=40,
        layers=layers,
        weights_sha256="ab" * 32,
    )


def report(
    *, title: str = "A toy network", name: str = "block_1/conv", share: float | None = 0.5, created: str | None = None
) -> Report:
    """A report of one chapter with one picture.

    Args:
        title: Its title.
        name: What everything in it that has a name is called.
        share: The number in the chapter's content.
        created: Time in the run facts.
    """
    figure = Figure("maps", "image/png", png(), 2, 2, alt=f"Maps of {name}", caption=f"Maps of {name} ⌊grey⌋")
    return Report(
        title=title,
        subject=f"What {name} does",
        model=model(layer(name, kind=name), layer(f"{name}#2")),
        run=RunFacts(
            command=f"reportgen explain {name}",
            created=created,
            versions=(Fact("reportgen", "0.1.0"),),
            machine=(Fact("threads", 2),),
            options=(Fact("samples", (name, "1")), Fact("color", value=True)),
            model=(Fact("file", name),),
            data=(Fact("name", name),),
        ),
        findings=(Finding("RG401", "warning", f"{name} is dead", "12 of 32 channels are 0.", anchor="maps"),),
        sections=(Section("activations", "What each layer sees", f"It is {name}.", Content((figure,), share)),),
    )


HOSTILE = (
    "</style></title><script>alert('x')</script><img src=http://192.0.2.1/x.png onerror=alert(1)>"
    "\" ' & {{ 7*7 }} ]]> --> \u202egnp.exe\u202c \x00\x1b[31m \ufffe \ud800 \\u003c "
) + "x" * 5000
# How a page shows it: without what no page should hold, and without the middle of what has no end.
SHOWN = cleaning.clean(HOSTILE).replace("x" * 5000, "x" * 40 + "…" + "x" * 39)
