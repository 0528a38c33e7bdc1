"""A file of options: what it holds, and what its errors name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reportgen.errors import OptionsError
from reportgen.options import make
from reportgen.options.config import read_config
from reportgen.options.forms import Pick

KNOWN = "output, format, assets-dir, summary, data, classes, groups, pick, layers, rename, title, colormap, maps"
ELSEWHERE = {"layer": "'layer' is an option of 'reportgen summary'.", "dry-run": "'dry-run' works elsewhere."}


def written(folder: Path, data: str | bytes) -> Path:
    path = folder / "reportgen.toml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order-mark"])
def test_options_are_read_from_a_file(tmp_path: Path, start: bytes) -> None:
    values = read_config(written(tmp_path, start + b'scale-maps = "common"\npick = ["wrong:2"]\nseed = 3\n'))
    assert values == {"scale_maps": "common", "pick": ["wrong:2"], "seed": 3}
    assert make(values).pick == (Pick("wrong", (2,)),)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            'colour = "red"\n',
            f"line 1, 'colour': There is no option 'colour'. Did you mean 'colormap'? Expected one of: {KNOWN}",
            id="unknown key",
        ),
        pytest.param(
            '# Ours\n\nsection = "summry"', "line 3, 'section': There is no chapter called 'summry'", id="value"
        ),
        pytest.param("title = 'a'\nseed = -1\n", "line 2, 'seed': The option seed got -1", id="bad value"),
        pytest.param("title = 3", "line 1, 'title': The option title got 3. Expected: a text", id="wrong type"),
        pytest.param("seed = 2024-01-01", "line 1, 'seed': The option seed got 2024-01-01. Expected: a", id="date"),
        pytest.param('"max-size" = "lots"', "line 1, 'max-size': 'lots' is not a file size", id="quoted key"),
        pytest.param("pick = [\n 'index:1',\n 7]", "line 1, 'pick': Samples cannot be picked by '7'", id="long value"),
        pytest.param(
            "seed: 3\n",
            "line 1, cannot be read as TOML: expected '=' after a key in a key/value pair in 'seed: 3'",
            id="yaml",
        ),
        pytest.param(
            "seed = 3\nlimit =\n", "line 2, cannot be read as TOML: invalid value in 'limit ='", id="no value"
        ),
        pytest.param("seed = 3\npick = [1,\n", "line 2, cannot be read as TOML", id="no end"),
        pytest.param("seed = 3\nseed = 4\n", "line 2, cannot be read as TOML: cannot overwrite a value", id="twice"),
        pytest.param(
            "scale-maps = 'own'\nscale_maps = 'own'", ": One option is given twice, as 'scale-maps' and", id="two names"
        ),
        pytest.param(b'title = "a"\nlayers = "\xff"\n', "line 2: this is no text in UTF-8", id="no text"),
        pytest.param("seed = 3\n[build]\ntitle = 'a'", "line 2, 'build': 'build' is a table. Expected", id="table"),
        pytest.param("tool.seed = 3", "line 1, 'tool': 'tool' is a table. Expected options without tables", id="dots"),
        pytest.param("dry_run = true", "line 1, 'dry_run': 'dry-run' works elsewhere.", id="command line only"),
        pytest.param(
            "layer = 'a'",
            "line 1, 'layer': 'layer' is an option of 'reportgen summary'. Did you mean 'layers'?",
            id="other command",
        ),
        pytest.param(
            'title = """\nseed = 1\n"""\nseed = -1\n', ", 'seed': The option seed got -1", id="line cannot be known"
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_file_line_and_key(tmp_path: Path, data: str | bytes, message: str) -> None:
    with pytest.raises(OptionsError, match=f"^'reportgen.toml',? ?{re.escape(message)}") as caught:
        read_config(written(tmp_path, data), ELSEWHERE)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"There is no file '.*nothing\.toml'.* Check --config"):
        read_config(tmp_path / "nothing.toml")
    with pytest.raises(OptionsError, match=r"cannot be read: .* Expected a TOML file with options. Check --config"):
        read_config(tmp_path)
