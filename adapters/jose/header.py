"""The value of UPI-JWS, read by our own strict parser before any library sees it (PROTOCOL 1.3 and section 0, "The gate").

jwcrypto tolerates much of what is refused here: padding, plain base64, doubled members, an incomplete crit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.encoding import DoubledMemberError, b64url_decode, strict_object
from unionhub.adapters.jose.suites import SIGNATURE_ALGS

MAX_HEADER_CHARS = 4096  # an RSA-8192 signature is 1366 of them, an ordinary protected header 400

UPI_UUID, UPI_TIMESTAMP, UPI_APPID, UPI_REQPATH = "UPI-UUID", "UPI-TIMESTAMP", "UPI-APPID", "UPI-REQPATH"
_UNDERSTOOD = frozenset({UPI_UUID, UPI_TIMESTAMP, UPI_APPID, UPI_REQPATH, "b64"})

# Printable ASCII only, so that nothing a stranger wrote can break a log line.
KID = re.compile(r"[\x21-\x7e]{1,64}")
_UUID = re.compile(r"[0-9a-fA-F]{32}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_APPID = re.compile(r"[0-9]{8}")
_REQPATH = re.compile(r"/[\x21-\x7e]{0,1023}")


@dataclass(frozen=True, slots=True)
class JwsHeader:
    """A well-formed UPI-JWS value. Nothing in it is verified yet."""

    alg: str
    kid: str
    uuid: str  # lower case, so that the spelling cannot hide a replay
    issued_at_s: int  # Unix seconds
    app_id: str
    req_path: str | None
    unencoded: bool  # RFC 7797: the body itself is signed, not its base64url
    protected: bytes  # the first part as it came: the signature covers these very characters
    signature: bytes


def parse_header(value: str | None) -> JwsHeader:
    """The parts and members of a UPI-JWS value. Raises GateRefusal, and nothing else, for every other text."""
    if value is None:
        raise GateRefusal(Cause.HEADER_ABSENT)
    if not value:
        raise GateRefusal(Cause.HEADER_EMPTY)
    if len(value) > MAX_HEADER_CHARS:
        raise GateRefusal(Cause.HEADER_TOO_LONG)
    parts = value.split(".")
    if len(parts) != 3:
        raise GateRefusal(Cause.NOT_THREE_PARTS)
    protected, payload, signature = parts
    if payload:
        raise GateRefusal(Cause.PAYLOAD_NOT_DETACHED)
    members = _members(_decoded(protected))
    alg = members.get("alg")
    if not isinstance(alg, str) or alg not in SIGNATURE_ALGS:
        raise GateRefusal(Cause.ALG_UNKNOWN)
    _check_crit(members)
    return JwsHeader(
        alg=alg,
        kid=_text(members, "kid", KID, Cause.KID_FORM),
        uuid=_text(members, UPI_UUID, _UUID, Cause.UUID_FORM).lower(),
        issued_at_s=int(_text(members, UPI_TIMESTAMP, _TIMESTAMP, Cause.TIMESTAMP_FORM)),
        app_id=_text(members, UPI_APPID, _APPID, Cause.APPID_FORM),
        req_path=_text(members, UPI_REQPATH, _REQPATH, Cause.REQPATH_FORM) if UPI_REQPATH in members else None,
        unencoded="b64" in members,
        protected=protected.encode("ascii"),
        signature=_decoded(signature),
    )


def _decoded(part: str) -> bytes:
    try:
        return b64url_decode(part)
    except ValueError:
        raise GateRefusal(Cause.NOT_BASE64URL) from None


def _members(protected: bytes) -> dict[str, object]:
    try:
        return strict_object(protected)
    except DoubledMemberError:
        raise GateRefusal(Cause.MEMBER_DOUBLED) from None
    except ValueError:
        raise GateRefusal(Cause.NOT_AN_OBJECT) from None


def _check_crit(members: dict[str, object]) -> None:
    """crit is exactly the UPI-* members present, plus b64 if used (RFC 7515 section 4.1.11, RFC 7797 section 6)."""
    if "crit" not in members:
        raise GateRefusal(Cause.CRIT_ABSENT)
    crit = members["crit"]
    if not isinstance(crit, list) or not all(isinstance(name, str) for name in crit):
        raise GateRefusal(Cause.CRIT_FORM)
    if not crit:
        raise GateRefusal(Cause.CRIT_EMPTY)
    listed = frozenset(crit)
    if len(listed) != len(crit):
        raise GateRefusal(Cause.CRIT_DOUBLED)
    if not listed <= _UNDERSTOOD:
        raise GateRefusal(Cause.CRIT_UNKNOWN)
    if not listed <= members.keys():
        raise GateRefusal(Cause.CRIT_LISTS_ABSENT)
    if any(name.startswith("UPI-") and name not in listed for name in members):
        raise GateRefusal(Cause.CRIT_INCOMPLETE)
    if "b64" in members:
        if "b64" not in listed:
            raise GateRefusal(Cause.B64_NOT_CRITICAL)
        if members["b64"] is not False:
            raise GateRefusal(Cause.B64_FORM)


def _text(members: dict[str, object], name: str, form: re.Pattern[str], cause: Cause) -> str:
    value = members.get(name)
    if not isinstance(value, str) or form.fullmatch(value) is None:
        raise GateRefusal(cause)
    return value
