"""What a user says of a cluster -> who deals blocks out to workers, checked before TensorFlow is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from reportgen.errors import OptionsError

LOCAL = "local"
_ADDRESS = re.compile(r"(?:tcp|tls)://[^/\s]+:[0-9]+")


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Who deals blocks out to workers.

    Attributes:
        address: "local" for processes of this machine, or the address of a scheduler, tcp:// or tls://.
        workers: How many processes there are of "local".
        ca: File of the authority that signed the certificates, PEM; None without TLS.
        certificate: File of this machine's own certificate.
        key: File of its key.
    """

    address: str
    workers: int = 2
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def check(scheduler: Scheduler) -> None:
    """Refuse what can be known to be wrong before any work.

    Raises:
        OptionsError: It is no address, files of TLS are missing, or the library is not installed.
    """
    if scheduler.address != LOCAL and not _ADDRESS.fullmatch(scheduler.address):
        raise OptionsError(
            f"--scheduler got {scheduler.address!r}. Expected local, tcp://HOST:PORT or tls://HOST:PORT. Ask the"
            " scheduler for its address."
        )
    files = {"--tls-ca": scheduler.ca, "--tls-cert": scheduler.certificate, "--tls-key": scheduler.key}
    lacking = [name for name, path in files.items() if path is None or not path.is_file()]
    if lacking and (scheduler.address.startswith("tls:") or len(lacking) < len(files)):
        raise OptionsError(
            f"TLS takes three files, and {', '.join(lacking)} names none that is there. Expected all of them. Give"
            " --tls-ca, --tls-cert and --tls-key with --scheduler tls://…."
        )
    if find_spec("distributed") is None:
        raise OptionsError(
            "--scheduler works with the library distributed, which is not installed. Expected it here and on the"
            " workers. Run: pip install 'reportgen[distributed]'."
        )
