"""The value of UPI-JWS for what we send: detached, over the very bytes of the body (PROTOCOL 1.3)."""

from __future__ import annotations

import msgspec

from unionhub.adapters.jose.encoding import b64url_encode
from unionhub.adapters.jose.header import UPI_APPID, UPI_REQPATH, UPI_TIMESTAMP, UPI_UUID
from unionhub.adapters.jose.keys import Key
from unionhub.adapters.jose.suites import SUITE_OF_ALG


def sign(
    body: bytes,
    *,
    key: Key,
    app_id: str,
    req_path: str | None,
    uuid: str,
    timestamp_s: int,
    unencoded: bool,
) -> str:
    """Sign `body` with the private `key`. `req_path` is None in a response; `timestamp_s` is real Unix time.

    `unencoded` signs the body itself (`"b64":false`, RFC 7797) instead of its base64url (RFC 7515 appendix F). `body` must
    then be sent as it is: JSON written anew is another message.
    """
    members = {UPI_UUID: uuid, UPI_TIMESTAMP: str(timestamp_s), UPI_APPID: app_id}
    if req_path is not None:
        members[UPI_REQPATH] = req_path
    crit = list(members)
    header: dict[str, object] = {"alg": key.alg, "kid": key.kid, "crit": crit, **members}
    if unencoded:
        crit.append("b64")
        header["b64"] = False
    protected = b64url_encode(msgspec.json.encode(header))
    signature = SUITE_OF_ALG[key.alg].signature.sign(key.jwk, signing_input(protected, body, unencoded=unencoded))
    return f"{protected.decode('ascii')}..{b64url_encode(signature).decode('ascii')}"


def signing_input(protected: bytes, body: bytes, *, unencoded: bool) -> bytes:
    """What is signed: both forms of PROTOCOL section 0, "JWS signing input"."""
    return protected + b"." + (body if unencoded else b64url_encode(body))
