"""A node of the drawing -> what stands in its box, what is said of it in full, and how wide words are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from string import ascii_uppercase

from reportgen.document import lettering
from reportgen.figures.graph_nodes import Node
from reportgen.language.cleaning import shortened
from reportgen.language.numerals import number, shape
from reportgen.records.model import LayerRecord, Setting, Shape

WIDEST_LINE = 92.0
"""Width at which words in a box are broken, CSS pixels; a single long word may be wider."""
WIDEST_NAME = 101.0
"""The same for names, which are set in Mono: 16 letters."""
_LONGEST_NAME = 39
# How wide the printable ASCII characters of IBM Plex Sans are, thousandths of an em, from the space on.
_SANS = (
    *(
        236,
        284,
        419,
        713,
        598,
        927,
        694,
        242,
        335,
        335,
        450,
        600,
        272,
        399,
        272,
        383,
        600,
        600,
        600,
        600,
        600,
        600,
        600,
    ),
    *(
        600,
        600,
        600,
        292,
        292,
        600,
        600,
        600,
        477,
        891,
        641,
        653,
        621,
        671,
        583,
        559,
        695,
        707,
        400,
        510,
        634,
        501,
        812,
    ),
    *(
        707,
        708,
        606,
        708,
        640,
        581,
        572,
        678,
        609,
        891,
        613,
        593,
        580,
        317,
        383,
        317,
        600,
        565,
        600,
        534,
        580,
        503,
        580,
    ),
    *(
        549,
        324,
        528,
        568,
        250,
        250,
        527,
        272,
        873,
        568,
        560,
        580,
        580,
        367,
        487,
        351,
        568,
        492,
        768,
        507,
        499,
        464,
        343,
    ),
    *(314, 343, 600),
)
_OTHERS = {"\u202f": 118, "·": 326, "×": 600, "–": 588}
_BOLD = 1.07


def width_of(text: str, *, mono: bool = False, bold: bool = False) -> float:
    """Return how wide words are in the fonts of the report, CSS pixels: IBM Plex Mono, or Sans.

    Args:
        text: The words.
        mono: Whether they are set in Mono, of which every letter is 0.6 em wide.
        bold: Whether they are semibold, which is a little wider.
    """
    total = 0.0
    for letter in text:
        if not letter.isascii() and letter not in _OTHERS:
            # Another script, perhaps in another font: as wide as the widest.
            total += 1000
        elif mono:
            total += 600
        else:
            total += _SANS[ord(letter) - 32] if " " <= letter <= "~" else _OTHERS.get(letter, 1000)
    return total / 1000 * lettering.SIZE * (_BOLD if bold and not mono else 1.0)


def name_of(node: Node, prefix: str = "") -> tuple[str, ...]:
    """Return the name in the box of a call, an input or an output, in as many lines as it needs.

    Args:
        node: The node.
        prefix: What names of its panel begin with and what is left out.
    """
    if node.main is None:
        return broken(shortened(node.name, _LONGEST_NAME), mono=True)
    path = node.main.path
    name = f"…{path.removeprefix(prefix)}" if prefix and path.startswith(prefix) else path.rsplit("/", 1)[-1]
    return broken(shortened(name, _LONGEST_NAME), mono=True)


def words_of(node: Node, calls: str) -> tuple[str, ...]:
    """Return what stands below the name, line by line.

    Args:
        node: The node.
        calls: Which call of a shared layer it is ("call 2 of 3"), or "".
    """
    if node.main is None:
        return () if node.name in {"in", "out", node.role} else (node.role,)
    below = [attached_word(call) for call in node.attached]
    activation = next((each.value for each in node.main.settings if each.name == "activation"), "linear")
    if activation != "linear" and node.main.kind != "Activation":
        below.insert(0, str(activation))
    window = window_of(node.main)
    return (*broken(_kind_word(node.main)), *([window] if window else []), *_joined(below), *([calls] if calls else []))


def prefix_of(nodes: Sequence[Node]) -> str:
    """Return the beginning of names whose leaving out in a block saves most letters; it ends with "_" or "/"."""
    paths = [node.main.path for node in nodes if node.main is not None]
    counts = Counter(path[: end + 1] for path in paths for end, letter in enumerate(path[:-1]) if letter in "_/")
    saving = {prefix: len(prefix) * count for prefix, count in counts.items() if count > 1 and len(prefix) > 3}
    return max(saving, key=lambda prefix: saving[prefix], default="")


def told_of(node: Node, calls: str) -> str:
    """Return the same in full."""
    if node.main is None:
        return f"{node.role} {node.name}" if node.name != node.role else node.role
    words = [node.main.kind, window_of(node.main)]
    attached = [f"{call.kind} {call.path.rsplit('/', 1)[-1]}" for call in node.attached]
    told = f"{node.main.path}: {' '.join(word for word in words if word)}"
    if attached:
        told += f", with {', '.join(attached)}"
    return f"{told}{f', {calls}' if calls else ''}; output {shape(node.shape)}"


def window_of(call: LayerRecord) -> str:
    """Return the window of a conv or pooling layer in words: "3 × 3, stride 2"."""
    told = {setting.name: setting for setting in call.settings}
    window = _sizes(told.get("kernel") or told.get("window"))
    stride = _sizes(told.get("stride"))
    if not window:
        return ""
    usual = window if "window" in told else (1,) * len(window)
    if not stride or stride == usual:
        return shape(window)
    return f"{shape(window)}, stride {shape(stride if len(set(stride)) > 1 else stride[:1])}"


def attached_word(call: LayerRecord) -> str:
    """Return a short word for a call that shares another one's box."""
    if "ZeroPadding" in call.kind:
        return "padded"
    activation = [str(setting.value) for setting in call.settings if setting.name == "activation"]
    if call.kind == "Activation" and activation:
        return activation[0]
    return _kind_word(call)


def _kind_word(call: LayerRecord) -> str:
    """The kind, where it is long in its usual short form: "BatchNorm"."""
    return re.sub("(?<=.)Normalization$", "Norm", call.kind)


def label_of(axes: Shape) -> tuple[str, ...]:
    """Return a shape in one or two lines, for above and below an edge."""
    if len(axes) < 2:
        return (shape(axes),) if axes else ()
    return (shape(axes[:-1]), f"×\u202f{shape(axes[-1:])}")


def broken(text: str, *, mono: bool = False) -> tuple[str, ...]:
    """Break one long word into lines: after "_", "/", "-" and ".", or before a capital."""
    lines, widest = [""], WIDEST_NAME if mono else WIDEST_LINE
    # The "D" of "2D" begins no word, but what follows it does.
    for part in re.split(r"(?<=[_/.\-])(?=[^_/.\-])|(?<=[a-z])(?=[A-Z])|(?<=\dD)(?=[A-Z])", text):
        if lines[-1] and width_of(lines[-1] + part, mono=mono) > widest:
            lines.append("")
        lines[-1] += part
    return tuple(lines)


def _sizes(setting: Setting | None) -> tuple[int, ...]:
    if setting is None:
        return ()
    if isinstance(setting.value, tuple):
        return setting.value
    return (setting.value,) if isinstance(setting.value, int) else ()


def _joined(words: Sequence[str]) -> list[str]:
    """Join words with dots into as many lines as they need."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} · {word}" if lines else ""
        if lines and width_of(longer) <= WIDEST_LINE:
            lines[-1] = longer
        else:
            lines += broken(word)
    return lines


def rows_of(calls: Sequence[LayerRecord]) -> str:
    """Return where calls stand in the table: "rows 3–9"."""
    places = sorted(call.index for call in calls)
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    listed = [number(run[0]) if len(run) == 1 else f"{number(run[0])}–{number(run[-1])}" for run in runs]
    return f"{'row' if len(places) == 1 else 'rows'} {', '.join(listed)}"


def noun_of(nodes: Sequence[Node]) -> str:
    """Return what a block is: residual where branches are added up, else by its merging or its conv layers."""
    last = nodes[-1].main
    if last is not None and nodes[-1].role == "merge":
        return "residual block" if last.kind == "Add" else "branching block"
    if any(node.role == "merge" for node in nodes):
        return "branching block"
    return "conv block" if any(node.role == "conv" for node in nodes) else "block"


def letter_of(place: int) -> str:
    """Return the name of a block: A to Z, then AA, AB and so on.

    >>> letter_of(0), letter_of(25), letter_of(26), letter_of(701), letter_of(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    before, rest = divmod(place, 26)
    return (letter_of(before - 1) if before else "") + ascii_uppercase[rest]


def differing_of(uses: Sequence[Sequence[Node]]) -> str:
    """Say which windows the uses of a block have, where they differ."""
    found: list[str] = []
    for same in zip(*uses, strict=True):
        windows = list(dict.fromkeys(window_of(node.main) for node in same if node.main is not None))
        if len(windows) > 1:
            found.append(" or ".join(windows))
    listed = "; ".join(dict.fromkeys(found))
    return f"windows of {listed}" if listed else ""
