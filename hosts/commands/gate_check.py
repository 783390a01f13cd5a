"""The gate's checks on a captured message, and a closer look where the signature fails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.gate import Gate
from unionhub.adapters.jose.header import JwsHeader, parse_header
from unionhub.adapters.jose.keys import public_key
from unionhub.adapters.jose.signer import signing_input
from unionhub.adapters.jose.suites import SUITES
from unionhub.adapters.wire.table import ROWS
from unionhub.domain.model.parties import Party, Role

from .meanings import advice_for

OK: Final = "ok"


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the gate says of the message: `cause` is a Cause, `ok`, or `not_found` for a path that the hub does not have."""

    cause: str
    line: str
    app_id: str = ""
    message: str = ""
    signed_at: datetime | None = None


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came. `received_at_s`: real time in Unix seconds, None where it was not noted."""

    header: str
    path: str
    body: bytes
    received_at_s: float | None = None


def examine(captured: Captured, parties: dict[str, Party], window_s: float) -> Finding:
    """The gate's checks in its own order. A capture is old when it is looked at, so freshness comes last."""
    row = next((row for row in ROWS if row.path == captured.path), None)
    if row is None:
        return Finding(cause="not_found", line=f"the hub takes no message at {captured.path}: HTTP 404, before any check")
    try:
        header = parse_header(captured.header)
    except GateRefusal as refusal:
        return _refused(refusal.cause, row.name)
    facts = {"app_id": header.app_id, "message": row.name, "signed_at": datetime.fromtimestamp(header.issued_at_s, UTC)}
    party = parties.get(header.app_id)
    try:
        Gate(lambda: header.issued_at_s, window_s).admit(header, captured.path, captured.body, party, row.roles)
    except GateRefusal as refusal:
        detail = _detail(refusal.cause, header, captured, party, row.roles)
        return msgspec.structs.replace(_refused(refusal.cause, row.name, detail), **facts)
    return msgspec.structs.replace(_fresh(header, captured, window_s, time.time), **facts)


def _fresh(header: JwsHeader, captured: Captured, window_s: float, now_s: Callable[[], float]) -> Finding:
    if captured.received_at_s is not None:
        age_s = captured.received_at_s - header.issued_at_s
        if abs(age_s) > window_s:
            cause = Cause.TIMESTAMP_LATE if age_s > 0 else Cause.TIMESTAMP_EARLY
            return _refused(
                cause,
                "",
                f"received {_span(age_s)} {'after' if age_s > 0 else 'before'} it was signed; {window_s:.0f} s are allowed",
            )
        return Finding(cause=OK, line=f"ok: the gate lets it in, unless its UPI-UUID {header.uuid} was used before")
    age_s = now_s() - header.issued_at_s
    said = "ok: genuine, and from somebody who may send it"
    if abs(age_s) > window_s:
        would_be = Cause.TIMESTAMP_LATE if age_s > 0 else Cause.TIMESTAMP_EARLY
        when = f"{_span(age_s)} ago" if age_s > 0 else f"{_span(age_s)} ahead of now"
        return Finding(cause=OK, line=f"{said}; signed {when}, so if it came now it would be {would_be.value}")
    return Finding(cause=OK, line=f"{said}; fresh, unless its UPI-UUID {header.uuid} was used before")


def _refused(cause: Cause, message: str, detail: str = "") -> Finding:
    told = f" ({detail})" if detail else ""
    return Finding(cause=cause.value, message=message, line=f"{cause.value}: {cause.meaning}{told}. {advice_for(cause)}")


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(abs(seconds))))


# --- a closer look


def _detail(cause: Cause, header: JwsHeader, captured: Captured, party: Party | None, roles: frozenset[Role]) -> str:
    if party is None:
        return f"UPI-APPID {header.app_id}"
    match cause:
        case Cause.PARTY_NOT_ACTIVE:
            return f"{party.name} is {party.state}"
        case Cause.ROLE_NOT_ALLOWED:
            return f"{party.name} is {party.role}, allowed: {', '.join(sorted(roles))}"
        case Cause.ALG_NOT_PROFILE:
            return f"alg {header.alg}, but {party.profile} is {SUITES[party.profile].sig_alg}"
        case Cause.KID_UNKNOWN:
            own = ", ".join(key.kid for key in party.keys if key.use == "sig")
            return f"kid {header.kid}; registered: {own or 'none'}"
        case Cause.REQPATH_OTHER:
            return f"signed for {header.req_path}, called at {captured.path}"
        case Cause.SIGNATURE:
            return next(_near_misses(header, captured.body, party), "")
        case _:
            return ""


def _near_misses(header: JwsHeader, body: bytes, party: Party) -> Iterator[str]:
    """The usual mistakes, tried: which one makes the signature right?"""
    if _verifies(header, body, party, header.kid, unencoded=not header.unencoded):
        form = "unencoded form without b64 in the header" if not header.unencoded else "encoded form under b64 false"
        yield f"it verifies over the {form}"
    for name, changed in _variants(body):
        if changed != body and _verifies(header, changed, party, header.kid, unencoded=header.unencoded):
            yield f"it verifies over {name}"
    for key in party.keys:
        if key.use == "sig" and key.kid != header.kid and _verifies(header, body, party, key.kid, unencoded=header.unencoded):
            yield f"it verifies with the key {key.kid}: the header names the wrong kid"


def _variants(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "the body without the white space at its end: your copy of the body, or the sender, added it", body.rstrip()
    yield "the body with a line feed behind it", body.rstrip() + b"\n"
    yield "the body with CRLF line ends", body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    yield "the body with LF line ends", body.replace(b"\r\n", b"\n")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return
    written_anew = "the same JSON written anew: somebody re-serialised it"
    yield written_anew, json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
    yield written_anew, json.dumps(content, separators=(",", ":")).encode()
    yield written_anew, json.dumps(content).encode()


def _verifies(header: JwsHeader, body: bytes, party: Party, kid: str, *, unencoded: bool) -> bool:
    suite = SUITES[party.profile]
    registered = next((key for key in party.keys if key.kid == kid and key.use == "sig"), None)
    if registered is None:
        return False
    try:
        key = public_key(registered, party.profile)
        suite.signature.verify(key.jwk, signing_input(header.protected, body, unencoded=unencoded), header.signature)
    except Exception:  # whatever is wrong: this is not it
        return False
    return True
