from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import DataError
from reportgen.sources.files import first_bytes, sha256_of, shown


def test_the_hash_is_the_published_one_of_abc(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_that_is_gone_has_no_first_bytes_and_no_hash(tmp_path: Path) -> None:
    assert first_bytes(tmp_path / "gone") == b""
    with pytest.raises(DataError, match="'gone' cannot be read"):
        sha256_of(tmp_path / "gone")


def test_only_the_last_part_of_a_path_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert shown(folder / "a.npz") == "a.npz"
    assert shown(Path(".")) == "cats"
    assert shown(Path("..")) == tmp_path.name
