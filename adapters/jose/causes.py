"""Why the gate refused, for the operator alone: log field, metric label, `unionhub explain`.

The caller sees one answer whatever the cause (PROTOCOL section 0, "Gateway refusal").
"""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """One row a cause: a stable label, and in `meaning` what an operator should make of it."""

    meaning: str

    def __new__(cls, label: str, meaning: str = "") -> Cause:
        member = str.__new__(cls, label)
        member._value_ = label
        member.meaning = meaning
        return member

    HEADER_ABSENT = "header_absent", "the message has no UPI-JWS header"
    HEADER_EMPTY = "header_empty", "the UPI-JWS header is empty"
    HEADER_TOO_LONG = "header_too_long", "the UPI-JWS header is longer than 4096 characters"
    NOT_THREE_PARTS = "not_three_parts", "a detached JWS has three parts: header, nothing, signature"
    PAYLOAD_NOT_DETACHED = "payload_not_detached", "the payload part must be empty: the body is the payload"
    NOT_BASE64URL = "not_base64url", "a part is plain base64, padded, or otherwise not canonical base64url"
    NOT_AN_OBJECT = "not_an_object", "the protected header is not a JSON object in UTF-8"
    MEMBER_DOUBLED = "member_doubled", "the protected header names a member twice"
    ALG_UNKNOWN = "alg_unknown", "alg is absent or none of RS256, PS256, ES256"
    KID_FORM = "kid_form", "kid is absent or not a string of 1 to 64 printable ASCII characters"
    CRIT_ABSENT = "crit_absent", "crit is absent: it must list the UPI-* members"
    CRIT_FORM = "crit_form", "crit is not an array of strings"
    CRIT_EMPTY = "crit_empty", "crit is an empty array"
    CRIT_DOUBLED = "crit_doubled", "crit lists a member twice"
    CRIT_UNKNOWN = "crit_unknown", "crit lists a member that this hub does not understand"
    CRIT_LISTS_ABSENT = "crit_lists_absent", "crit lists a member that the header does not have"
    CRIT_INCOMPLETE = "crit_incomplete", "the header has a UPI-* member that crit does not list"
    B64_NOT_CRITICAL = "b64_not_critical", "the header has b64, but crit does not list it (RFC 7797 section 6)"
    B64_FORM = "b64_form", "b64 may only be false: leave it out for the encoded payload"
    UUID_FORM = "uuid_form", "UPI-UUID is absent or not 32 hexadecimal digits in a string"
    TIMESTAMP_FORM = "timestamp_form", "UPI-TIMESTAMP is absent or not Unix seconds in a string"
    APPID_FORM = "appid_form", "UPI-APPID is absent or not 8 digits in a string"
    REQPATH_FORM = "reqpath_form", "UPI-REQPATH is not a string of printable ASCII that begins with a slash"
    APPID_UNKNOWN = "appid_unknown", "no party has this UPI-APPID"
    APPID_OTHER = "appid_other", "a response must carry the APPID of the partner that was called"
    PARTY_NOT_ACTIVE = "party_not_active", "the party is suspended, or its application was not admitted to testing yet"
    ROLE_NOT_ALLOWED = "role_not_allowed", "the party's role may not send this message"
    ALG_NOT_PROFILE = "alg_not_profile", "alg is not that of the party's JOSE profile"
    KID_UNKNOWN = "kid_unknown", "the party has no signing key of this kid"
    KEY_UNFIT = "key_unfit", "the registered key does not fit the party's JOSE profile: register it anew"
    SIGNATURE = "signature", "the signature does not verify over this body: other key, other bytes, or re-serialised JSON"
    TIMESTAMP_LATE = "timestamp_late", "signed too long ago by the hub's real time: old message or slow partner clock"
    TIMESTAMP_EARLY = "timestamp_early", "signed in the future by the hub's real time: fast partner clock"
    REQPATH_MISSING = "reqpath_missing", "a request must carry UPI-REQPATH"
    REQPATH_OTHER = "reqpath_other", "UPI-REQPATH is not the path that was called"
    REQPATH_IN_RESPONSE = "reqpath_in_response", "a response must not carry UPI-REQPATH"
    REPLAYED = "replayed", "this sender's UPI-UUID was accepted before"


class GateRefusal(Exception):  # noqa: N818 - a refusal is an answer, not a failure of ours
    """The gate's only exception. The caller gets 401 and `UNAUTHORIZED_BODY`; `cause` and `app_id` go to the operator.

    `app_id` is what the message claims, verified by nothing; empty when the header could not be read so far. The text is
    the same for every cause, so that no handler that prints an exception tells the caller more.
    """

    def __init__(self, cause: Cause, app_id: str = "") -> None:
        super().__init__("refused at the gate")
        self.cause = cause
        self.app_id = app_id
