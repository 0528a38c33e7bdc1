from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import DataError, UnknownNameError
from reportgen.sources.opening import open_data


def test_an_unknown_set_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="mnist, fashion_mnist, cifar10, cifar100"):
        open_data("keras:imagenet")


@pytest.mark.keras
def test_a_set_that_cannot_be_downloaded_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import urllib.request

    # A proxy at a port where nobody listens: the machine has no network, whatever it has.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(urllib.request, "_opener", None)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if (Path.home() / ".keras" / "datasets" / "cifar100").exists():
        pytest.skip("this machine has the set")
    with pytest.raises(DataError, match="cannot be downloaded"):
        open_data("keras:cifar100")
