"""The layers of two models -> which of them are one another, and what differs in each pair."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reportgen.document.difference import Change, LayerChange
from reportgen.language.cleaning import with_plain_spaces
from reportgen.language.numerals import number, plural, shape

Layer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    layer: Layer
    settings: Mapping[str, str]


def changes(old: Sequence[Layer], new: Sequence[Layer]) -> tuple[tuple[LayerChange, ...], tuple[tuple[str, str], ...]]:
    """Compare the layers of two models.

    Args:
        old: `model.layers` of the report before.
        new: The same now.

    Returns:
        The layers that are not as they were, in the order of computation, and the paths of those that are one another,
        old and new.
    """
    pairs = _aligned([_known(each) for each in old], [_known(each) for each in new])
    again = {str(one.layer["path"]): str(other.layer["path"]) for one, other in pairs if one and other}
    read, reads = _behind(old, set(again)), _behind(new, set(again.values()))
    found, before = [], 0
    for one, other in pairs:
        wires = _rewired(read[str(one.layer["path"])], reads[str(other.layer["path"])], again) if one and other else ""
        change = _change(one, other, wires)
        before += change is None
        if change is not None:
            found.append(replace(change, before=before))
            before = 0
    return tuple(found), tuple(again.items())


def _known(layer: Layer) -> _Known:
    return _Known(layer, {str(each["name"]): str(each["value"]) for each in layer["settings"]})


def _likeness(one: _Known, other: _Known) -> float:
    """0 for layers that cannot be one another, else more the more alike they are; the name counts least."""
    a, b = one.layer, other.layer
    if a["kind"] != b["kind"]:
        alike = a["role"] == b["role"] != "other" and a["output_shape"] == b["output_shape"]
        return 1.0 if alike else 0.0
    return float(
        2.0
        + 2.0 * (one.settings == other.settings)
        + (a["output_shape"] == b["output_shape"])
        + (a["parameters"] == b["parameters"])
        + 0.5 * (a["path"] == b["path"])
    )


def _aligned(old: list[_Known], new: list[_Known]) -> list[tuple[_Known | None, _Known | None]]:
    """The heaviest alignment in the order of computation.

    Source: Needleman and Wunsch 1970, "A general method applicable to the search for similarities in the amino acid
        sequence of two proteins", Journal of Molecular Biology 48.
    """
    likeness = [[_likeness(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = best[i + 1][j + 1] + likeness[i][j] if likeness[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    pairs: list[tuple[_Known | None, _Known | None]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if likeness[i][j] and best[i][j] == best[i + 1][j + 1] + likeness[i][j]:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs + [(each, None) for each in old[i:]] + [(None, each) for each in new[j:]]


def _behind(layers: Sequence[Layer], aligned: Container[str]) -> dict[str, frozenset[str]]:
    """Return for each layer the aligned ones and the model's inputs that it reads; what came or went hands these on."""
    found: dict[str, frozenset[str]] = {}
    for layer in layers:
        read = [
            frozenset([path]) if path in aligned or _is_input(path) else found.get(path, frozenset())
            for path in map(str, layer["inputs"])
        ]
        found[str(layer["path"])] = frozenset().union(*read)
    return found


def _rewired(was: frozenset[str], reads: frozenset[str], again: Mapping[str, str]) -> str:
    """Say what a layer read and what it reads now, by the names of now; "" where that is the same."""
    before = {again.get(path, path) for path in was}
    if before == reads:
        return ""
    old, new = (", ".join(sorted(map(_named, each))) or "nothing" for each in (before, reads))
    return f"reads {new} in place of {old}"


def _is_input(path: str) -> bool:
    """Whether a path is one of the model's inputs: "" for the main one, "/" and its name for a further one."""
    return not path or path.startswith("/")


def _named(path: str) -> str:
    return f"the input {path[1:]}".strip() if _is_input(path) else path


def _change(one: _Known | None, other: _Known | None, rewired: str = "") -> LayerChange | None:
    if one is None or other is None:
        change: Change = "added" if one is None else "removed"
        layer = next(each.layer for each in (one, other) if each is not None)
        what = (_sized(layer), plural(int(layer["parameters"]), "parameter"))
        return LayerChange(change, str(layer["path"]), str(layer["kind"]), tuple(map(with_plain_spaces, what)))
    a, b = one.layer, other.layer
    differs = [f"{a['kind']} became {b['kind']}"] if a["kind"] != b["kind"] else []
    names = dict.fromkeys((*one.settings, *other.settings))
    differs += [
        f"{name}: {one.settings.get(name, 'none')} became {other.settings.get(name, 'none')}"
        for name in names
        if one.settings.get(name) != other.settings.get(name)
    ]
    if a["output_shape"] != b["output_shape"]:
        differs.append(f"output: {_sized(a)} became {_sized(b)}")
    if a["parameters"] != b["parameters"]:
        differs.append(f"parameters: {number(int(a['parameters']))} became {number(int(b['parameters']))}")
    if rewired:
        differs.append(rewired)
    if differs:
        return LayerChange("changed", str(b["path"]), str(b["kind"]), tuple(map(with_plain_spaces, differs)))
    if a["path"] != b["path"]:
        return LayerChange("renamed", str(b["path"]), str(b["kind"]), (f"was {a['path']}",))
    return None


def _sized(layer: Layer) -> str:
    found = layer["output_shape"]
    return shape(found) if found else "no shape"
