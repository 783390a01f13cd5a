"""base64url (RFC 7515 section 2) and JSON, read as strictly as the gate wants them (PROTOCOL section 0)."""

from __future__ import annotations

import binascii
import json
from typing import NoReturn, cast

_TO_URL = bytes.maketrans(b"+/", b"-_")
_TO_PLAIN = bytes.maketrans(b"-_", b"+/")


class DoubledMemberError(ValueError):
    """A JSON object names a member twice: two readers would see two different messages (RFC 7515 section 4)."""


def b64url_encode(data: bytes) -> bytes:
    """`data` in base64url without padding, as ASCII bytes."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL)


def b64url_decode(text: str) -> bytes:
    """The bytes of `text`. Raises ValueError unless `text` is exactly what `b64url_encode` would have written.

    Comparing with our own writing refuses plain base64, padding, blanks and stray trailing bits in one step.
    """
    raw = text.encode("ascii")
    data = binascii.a2b_base64(raw.translate(_TO_PLAIN) + b"=" * (-len(raw) % 4))
    if b64url_encode(data) != raw:
        raise ValueError("not canonical base64url")
    return data


def strict_object(data: bytes | str) -> dict[str, object]:
    """The one JSON object in `data`.

    Raises DoubledMemberError for a member named twice at any level, ValueError for anything else that is not a JSON
    object in UTF-8 (NaN, an array, nesting beyond the interpreter's depth).
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except DoubledMemberError:
        raise
    except (ValueError, RecursionError):
        # From None: the decoders' errors carry the whole text, and the text may be a private key.
        raise ValueError("not a JSON object") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return cast("dict[str, object]", value)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DoubledMemberError("doubled member")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("not JSON")
