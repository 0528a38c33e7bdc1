"""No way to fetch anything, and no way to finish a file that is not built as it was known.

23 channels are each shown to be open with WeasyPrint's own fetcher, or closed by itself.
"""

from __future__ import annotations

import base64
import http.server
import json
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reportgen.errors import RenderError
from reportgen.renderers import pdf

ROOT = Path(__file__).resolve().parents[2]
SECRET = "TOPSECRET-123"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
    '<image xlink:href="{u}" width="9" height="9"/><use href="{u}#a"/><style>@import url({u});</style></svg>'
)
CHANNELS = {
    "img": '<img alt=a src="{u}">',
    "srcset": '<img alt=a srcset="{u} 2x">',
    "link stylesheet": '<link rel=stylesheet href="{u}">',
    "import": "<style>@import url({u});</style>",
    "font-face": "<style>@font-face{font-family:z;src:url({u})} p{font-family:z}</style>",
    "background": '<p style="background:url({u})">b</p>',
    "content": "<style>p::before{content:url({u})}</style>",
    "list-style": '<ul style="list-style-image:url({u})"><li>a</ul>',
    "link attachment": '<link rel=attachment href="{u}">',
    "a attachment": '<a rel=attachment href="{u}">x</a>',
    "object": '<object data="{u}"></object>',
    "embed": '<embed src="{u}">',
    "iframe": '<iframe src="{u}"></iframe>',
    "svg image": '<svg width=9 height=9><image href="{u}" width=9 height=9 /></svg>',
    "svg use": '<svg width=9 height=9><use href="{u}#a"/></svg>',
    "svg in data": '<img alt=a src="{svg}">',
    "base": '<base href="{u}"><img alt=a src="x.png">',
    "color-profile": "<style>@color-profile --z{src:url({u})} p{color:color(--z 1 0 0)}</style>",
    "border-image": '<p style="border:1px solid;border-image:url({u}) 1">x</p>',
    "mask": '<p style="mask:url({u})">x</p>',
    "input image": '<input type=image src="{u}">',
    "video poster": '<video poster="{u}"></video>',
    "a": '<a href="{u}">x</a>',
}
# Runs in a process like the one that makes the PDF. Guarded: our code. Open: WeasyPrint as it comes.
SCRIPT = """
import base64, json, sys
from weasyprint import HTML
from reportgen.renderers import typesetting

def opened(page):
    try:
        return HTML(string=page).write_pdf()
    except Exception:
        return b""

for line in sys.stdin:
    way, page = json.loads(line)
    if way == "open":
        answer = {"pdf": opened(page), "refused": []}
    else:
        outcome = typesetting.typeset(page)
        answer = {"pdf": outcome.pdf, "refused": outcome.refused}
    answer["pdf"] = base64.b64encode(answer["pdf"]).decode()
    print(json.dumps(answer))
"""

pytestmark = pytest.mark.pdf


@dataclass(frozen=True)
class Trial:
    """What came of one channel: with our fetcher and with WeasyPrint's."""

    hits: tuple[str, ...]
    refused: tuple[str, ...]
    leaks: bool


def page(channel: str, address: str) -> str:
    svg = "data:image/svg+xml;base64," + base64.b64encode(SVG.replace("{u}", address).encode()).decode()
    body = CHANNELS[channel].replace("{u}", address).replace("{svg}", svg)
    return f"<!DOCTYPE html><html lang=en><title>t</title><h1>h</h1>{body}<p>x</p>"


def holds_the_secret(data: bytes) -> bool:
    streams = re.findall(rb"stream\r?\n(.*?)endstream", data, flags=re.DOTALL)
    return any(SECRET.encode() in plain for plain in [data, *map(_inflated, streams)])


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return stream


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str]]]:
    """Address of a server on this machine, and the paths that it was asked for."""
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/css")
            self.end_headers()
            self.wfile.write(b"p{color:red}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", hits
        listening.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def trials(server: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Trial]:
    """Every channel tried in every way, in one process."""
    address, hits = server
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text(SECRET, encoding="utf-8")
    tries = []
    for way in ("guarded", "open"):
        for number, channel in enumerate(CHANNELS):
            tries.append((way, channel, f"{address}/{way}/{number}/"))
            tries.append((f"{way} file", channel, secret.as_uri()))
    lines = [json.dumps((way.split()[0], page(channel, where))) for way, channel, where in tries]
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=ROOT,
        env=pdf.environment(tmp_path_factory.mktemp("child").resolve()),
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for (way, channel, where), line in zip(tries, shown.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        leaks = holds_the_secret(base64.b64decode(answer["pdf"]))
        of_this = tuple(hit for hit in hits if where.endswith("/") and f"{address}{hit}".startswith(where))
        found[way, channel] = Trial(of_this, tuple(answer["refused"]), leaks)
    return found


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_is_fetched(channel: str, trials: dict[tuple[str, str], Trial]) -> None:
    guarded, opened = trials["guarded", channel], trials["open", channel]
    assert guarded.hits == ()
    assert bool(guarded.refused) == bool(opened.hits), "what WeasyPrint would fetch is noticed, and nothing else"


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_file_is_read(channel: str, trials: dict[tuple[str, str], Trial]) -> None:
    assert not trials["guarded file", channel].leaks


def test_the_channels_are_real(trials: dict[tuple[str, str], Trial]) -> None:
    assert len(CHANNELS) == 23
    assert sum(bool(trials["open", channel].hits) for channel in CHANNELS) >= 15
    assert [channel for channel in CHANNELS if trials["open file", channel].leaks] == [
        "link attachment",
        "a attachment",
    ]


def test_a_document_that_wants_something_is_refused_by_name(server: tuple[str, list[str]]) -> None:
    address, hits = server
    before = len(hits)
    with pdf.warm() as worker, pytest.raises(RenderError, match=r"asks for something from outside.*/here"):
        worker.typeset(page("img", f"{address}/here"))
    assert len(hits) == before


# What another version of WeasyPrint could do, done to the objects that it leaves.
CHANGES = [
    pytest.param("metadata.stream.append(b'')", "keeps the metadata elsewhere", id="metadata-in-pieces"),
    pytest.param("metadata.stream[0] = b'<xmp/>'", "keeps the metadata elsewhere", id="metadata-in-another-form"),
    pytest.param("del pdf.catalog['Metadata']", "refers to objects in another way", id="no-metadata"),
    pytest.param("del pdf.catalog['AF']", "lists attached files elsewhere", id="no-attached-files"),
    pytest.param("[f['EF'].clear() for f in of('Type', '/Filespec')]", "refers to objects", id="no-embedded-file"),
    pytest.param("[h.pop('A') for h in of('S', '/TH')]", "attributes of table headers", id="no-attributes"),
    pytest.param("document.pages[0].links[0] = ()", "lists links in another way", id="links"),
    pytest.param(
        "next(o for o in pdf.objects if getattr(o, 'compress', 0)).stream.append(object())",
        "holds the content of pages in another way",
        id="content",
    ),
    pytest.param("[h.update(P=h) for h in of('S', '/TH')]", "refers to objects in another way", id="references"),
]
CHANGED = """
import json, sys
from reportgen.renderers import typesetting

finish = typesetting._finish
def changed(document, pdf):
    metadata = pdf.objects[int(pdf.catalog['Metadata'].split()[0])]
    of = lambda key, value: [o for o in pdf.objects if isinstance(o, dict) and o.get(key) == value]
    exec('' if change.startswith('document') else change, {'pdf': pdf, 'metadata': metadata, 'of': of})
    finish(document, pdf)
link_once = typesetting._link_once
def changed_links(document):
    exec(change if change.startswith('document') else '', {'document': document})
    link_once(document)
typesetting._finish = changed
typesetting._link_once = changed_links
page = (
    '<html lang=en><title>t</title><h1 id=h>h</h1><p><a href="#h"><b>h</b></a>'
    '<table><thead><tr><th>a</thead><tr><td>1</table>'
)
for change in json.load(sys.stdin):
    outcome = typesetting.typeset(page, attachment=b'{}')
    print(json.dumps([len(outcome.pdf), outcome.errors]))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[str]]]:
    """Size of the PDF and errors after each change, and after none."""
    changes = ["", *(str(parameters.values[0]) for parameters in CHANGES)]
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHANGED],
        cwd=ROOT,
        env=pdf.environment(tmp_path_factory.mktemp("child").resolve()),
        input=json.dumps(changes),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in shown.stdout.splitlines()]
    return {change: (size, errors) for change, (size, errors) in zip(changes, answers, strict=True)}


def test_a_file_that_is_built_as_known_is_finished(outcomes: dict[str, tuple[int, list[str]]]) -> None:
    size, errors = outcomes[""]
    assert size > 1000
    assert errors == []


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_what_another_version_builds_otherwise_is_an_error(
    change: str, error: str, outcomes: dict[str, tuple[int, list[str]]]
) -> None:
    size, errors = outcomes[change]
    assert size == 0
    assert len(errors) == 1
    assert re.search(rf"^WeasyPrint 70\.\d+ .*{error}.*, unlike version 70\.0$", errors[0])


def test_a_version_that_packs_pictures_elsewhere_is_an_error(tmp_path: Path) -> None:
    script = """
from weasyprint.images import RasterImage
del RasterImage._get_png_data
from reportgen.renderers import typesetting
outcome = typesetting.typeset("<html lang=en><title>t</title><h1>h</h1>")
print(len(outcome.pdf), *outcome.errors)
"""
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        env=pdf.environment(tmp_path.resolve()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(r"0 WeasyPrint 70\.\d+ packs pictures elsewhere, unlike version 70\.0", shown.stdout.strip())


PACKED = """
import sys, zlib
from reportgen.renderers import typesetting
pieces = []
class Packer:
    @staticmethod
    def compress(content, level):
        pieces.append(content)
        return zlib.compress(content, level)
typesetting.zlib = Packer
plain, packed = (typesetting.pydyf.Stream(["BT", b"ET"], compress=compress) for compress in (False, True))
assert plain.data == plain.data == b"<</Length 5>>\\nstream\\nBT\\nET\\nendstream", plain.data
start = b"<</Filter /FlateDecode/Length %d>>\\nstream\\n" % len(zlib.compress(b"BT\\nET", 6))
assert packed.data == packed.data == start + zlib.compress(b"BT\\nET", 6) + b"\\nendstream", packed.data
assert pieces == [b"BT\\nET"], pieces
pieces.clear()
typesetting.pydyf.zlib = None
outcome = typesetting.typeset("<html lang=en><title>t</title><h1>h</h1>", attachment=b"{}")
assert outcome.pdf.count(b"/FlateDecode") == len(pieces) > 4, len(pieces)
assert len(set(pieces)) == len(pieces)
"""


def test_each_stream_is_packed_once(tmp_path: Path) -> None:
    environment = pdf.environment(tmp_path.resolve())
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PACKED], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert shown.returncode == 0, shown.stderr
