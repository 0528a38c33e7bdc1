"""What a library for files on other machines raises -> what happened, in a few words, and whether it may pass.

Nothing of the error's own text is used: it may hold the address, with credentials in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_DENIED = (401, 403)
_GONE = (404, 410)
_BUSY = 429
_SERVER_ERRORS = 500
_CUT = ("payload", "incompleteread", "contentlength", "responsestreaming", "eoferror")
_NO_KEYS = ("nocredentials", "partialcredentials", "defaultcredentials", "credentialretrieval", "tokenretrieval")
_NO_CONNECTION = ("connection", "connector", "disconnected", "endpoint", "gaierror", "dns")


@dataclass(frozen=True, slots=True)
class Fault:
    """What happened between this machine and a server.

    Attributes:
        said: What happened, after a colon.
        advice: What to do, a whole sentence.
        passes: Whether it may pass by itself.
    """

    said: str
    advice: str
    passes: bool = False


def fault_of(error: BaseException) -> Fault:
    """Return what happened.

    Args:
        error: What the library raised; what caused it counts, too.

    >>> fault_of(FileNotFoundError()).said
    'there is no such file on the server (404)'
    """
    chain = list(_chain(error))
    statuses = [status for each in chain if (status := _status(each))]
    status = statuses[-1] if statuses else 0
    names = " ".join(kind.__name__ for each in chain for kind in type(each).__mro__).lower()
    if status in _DENIED or (not status and any(isinstance(each, PermissionError) for each in chain)):
        return Fault(
            f"the server does not let this user read it ({status or 403})",
            "Set the credentials of the environment, or ask its owner.",
        )
    if any(word in names for word in _NO_KEYS):
        return Fault("the environment has no credentials for the server", "Set them as the server's own tools want it.")
    if any(word in names for word in _CUT):
        return Fault("the download was cut short", "Try again, or copy the file here.", passes=True)
    if status == _BUSY or status >= _SERVER_ERRORS:
        return Fault(f"the server answers with error {status}", "Try again later.", passes=True)
    if any(isinstance(each, TimeoutError) for each in chain) or "timeout" in names:
        return Fault("the server did not answer in time", "Try again, or copy the files here.", passes=True)
    if status in _GONE or (not status and any(isinstance(each, FileNotFoundError) for each in chain)):
        return Fault(f"there is no such file on the server ({status or 404})", "Check the address.")
    if status:
        return Fault(f"the server answers with error {status}", "Check the address.")
    if any(word in names for word in _NO_CONNECTION):
        return Fault("the server cannot be reached, or went away", "Check the address and the network.", passes=True)
    return Fault(f"the library for it failed ({type(error).__name__})", "Copy the files here.", passes=True)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int:
    """The status of HTTP that an error of aiohttp, gcsfs, Azure or botocore carries; 0 where there is none."""
    for name in ("status", "status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    response = getattr(error, "response", None)
    told = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) if isinstance(response, dict) else 0
    return told if isinstance(told, int) else 0
