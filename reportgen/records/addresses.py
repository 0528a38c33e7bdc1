"""An address of data on another machine -> whether it is one, and how it may be shown: without credentials."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?P<scheme>s3|gs|gcs|az|abfs|abfss|http|https)://(?P<rest>.+)", re.DOTALL)
_WITH_QUERIES = ("http", "https")


def scheme_of(text: str) -> str:
    """Return how an address begins; "" where the text is no address of data.

    >>> scheme_of("s3://photos/train.tar"), scheme_of("photos/train.tar")
    ('s3', '')
    """
    found = _ADDRESS.fullmatch(text)
    return found["scheme"] if found else ""


def shown(text: str) -> str:
    """Return an address without the user, password, query and fragment in it; any other text as it is.

    >>> shown("https://me:secret@example.org/a/b.tar?signature=secret#c")
    'https://example.org/a/b.tar'
    >>> shown("photos/a?.tar")
    'photos/a?.tar'
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return text
    rest = found["rest"]
    # A glob of object storage may have a question mark; a signed address of it is one of https.
    rest = re.split(r"[?#]" if found["scheme"] in _WITH_QUERIES else r"\?(?=.*=)|#", rest, maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    return f"{found['scheme']}://{host.rpartition('@')[2]}{slash}{path}"
