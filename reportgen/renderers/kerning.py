"""A font and some characters -> the kerning between them, and a small table of it.

Subsetting a variable font's own kerning takes three times as long as everything else about it, because each of its
thousands of values varies with the weight. This takes the values of the regular weight, for the pairs that can occur.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fontTools.otlLib import builder
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables import otTables

Pairs = dict[tuple[str, str], int]
_FEATURE = "kern"
_SCRIPT = "latn"


def pairs(font: TTFont, codepoints: Collection[int]) -> Pairs:
    """Return by how much two neighbouring glyphs move together or apart, in font units, where they do.

    Args:
        font: A font with kerning for Latin script.
        codepoints: The characters whose glyphs count.
    """
    names = font.getBestCmap()
    glyphs = sorted({names[codepoint] for codepoint in codepoints})
    found: Pairs = {}
    for subtable in _subtables(font["GPOS"].table):
        read = _listed if subtable.Format == 1 else _by_class
        # The first subtable that knows a pair decides on it.
        for pair, value in read(subtable, glyphs):
            found.setdefault(pair, value)
    return {pair: value for pair, value in found.items() if value}


def _subtables(gpos: Any) -> Iterator[Any]:
    script = next(record.Script for record in gpos.ScriptList.ScriptRecord if record.ScriptTag == _SCRIPT)
    features = [gpos.FeatureList.FeatureRecord[index] for index in script.DefaultLangSys.FeatureIndex]
    lookups = {index for each in features if each.FeatureTag == _FEATURE for index in each.Feature.LookupListIndex}
    for index in sorted(lookups):
        for subtable in gpos.LookupList.Lookup[index].SubTable:
            yield getattr(subtable, "ExtSubTable", subtable)


def _listed(subtable: Any, glyphs: Collection[str]) -> Iterator[tuple[tuple[str, str], int]]:
    """Values of a subtable that lists its pairs."""
    for first, pair_set in zip(subtable.Coverage.glyphs, subtable.PairSet, strict=True):
        if first in glyphs:
            for record in pair_set.PairValueRecord:
                if record.SecondGlyph in glyphs:
                    yield (first, record.SecondGlyph), _advance(record.Value1)


def _by_class(subtable: Any, glyphs: Collection[str]) -> Iterator[tuple[tuple[str, str], int]]:
    """Values of a subtable that puts glyphs into classes."""
    first_classes, second_classes = subtable.ClassDef1.classDefs, subtable.ClassDef2.classDefs
    members: dict[int, list[str]] = {}
    for glyph in glyphs:
        members.setdefault(second_classes.get(glyph, 0), []).append(glyph)
    covered = set(subtable.Coverage.glyphs)
    for first in glyphs:
        if first in covered:
            row = subtable.Class1Record[first_classes.get(first, 0)].Class2Record
            for second_class, seconds in members.items():
                value = _advance(row[second_class].Value1)
                yield from (((first, second), value) for second in seconds)


def _advance(value: Any) -> int:
    return getattr(value, "XAdvance", 0)


def table(kerning: Mapping[tuple[str, str], int], glyph_ids: Mapping[str, int]) -> Any:
    """Return a GPOS table that holds these pairs and nothing else.

    Args:
        kerning: As from `pairs`.
        glyph_ids: Numbers of the glyphs in the font that the table is for.
    """
    values = {pair: (builder.buildValue({"XAdvance": value}), None) for pair, value in kerning.items()}
    gpos = otTables.GPOS()
    gpos.Version = 0x00010000
    gpos.LookupList = otTables.LookupList()
    gpos.LookupList.Lookup = [builder.buildLookup(builder.buildPairPosGlyphs(values, glyph_ids))]
    gpos.FeatureList = otTables.FeatureList()
    gpos.FeatureList.FeatureRecord = [_record(otTables.FeatureRecord, "Feature", _FEATURE, _feature())]
    gpos.ScriptList = otTables.ScriptList()
    gpos.ScriptList.ScriptRecord = [
        _record(otTables.ScriptRecord, "Script", tag, _script()) for tag in ("DFLT", _SCRIPT)
    ]
    whole = newTable("GPOS")
    whole.table = gpos
    return whole


def _record(kind: Any, what: str, tag: str, content: Any) -> Any:
    record = kind()
    setattr(record, f"{what}Tag", tag)
    setattr(record, what, content)
    return record


def _feature() -> Any:
    feature = otTables.Feature()
    feature.FeatureParams = None
    feature.LookupListIndex = [0]
    return feature


def _script() -> Any:
    script = otTables.Script()
    script.DefaultLangSys = otTables.DefaultLangSys()
    script.DefaultLangSys.LookupOrder = None
    script.DefaultLangSys.ReqFeatureIndex = 0xFFFF
    script.DefaultLangSys.FeatureIndex = [0]
    script.LangSysRecord = []
    return script
