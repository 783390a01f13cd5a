"""What must hold of a partner before the hub lets it in (RULES section 5, PROTOCOL section 0)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from unionhub.adapters.jose.keys import check_party_keys
from unionhub.domain.model.addresses import is_loopback
from unionhub.domain.model.countries import NUMERIC_OF
from unionhub.domain.model.launching import CHANNEL_CODE, EIGHT_DIGITS
from unionhub.domain.model.parties import Party, Role

from .failures import CommandError

_URL_CHARS: Final = re.compile(r"[\x21-\x7e]{1,400}")
_MAX_NAME: Final = 60
_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]{0,200}", re.ASCII)


def app_id(text: str) -> str:
    """UPI-APPID and insID of a partner: 8 digits. Raises CommandError."""
    if not EIGHT_DIGITS.fullmatch(text):
        raise CommandError(f"{text[:40]!r} is no application id: 8 digits are")
    return text


def country(text: str) -> str:
    """ISO 3166 numeric, from three digits or two letters. Raises CommandError."""
    numeric = NUMERIC_OF.get(text.upper(), text)
    if numeric not in NUMERIC_OF.values():
        raise CommandError(f"{text[:40]!r} is no country of ISO 3166: 344 or HK, for example")
    return numeric


def base_url(text: str, *, production: bool) -> str:
    """Where the hub calls a partner, without a slash at the end. Raises CommandError.

    https; plain http to this very machine (a TLS proxy beside the hub), and in development.
    """
    try:
        url = urlsplit(text if _URL_CHARS.fullmatch(text) else "")
        good = bool(url.hostname) and url.scheme in ("http", "https") and (url.port is None or url.port > 0)
    except ValueError:  # a port that is none, a bracket too many
        good = False
    if not good:
        raise CommandError("the base URL must be https://host[:port][/path]")
    if "@" in url.netloc or url.query or url.fragment or "?" in text or "#" in text:
        raise CommandError("the base URL must have no user, no query and no fragment: messages add their path to it")
    if url.scheme == "http" and production and not is_loopback(url.hostname or ""):
        raise CommandError("the base URL must be https: UNIONHUB_PRODUCTION is true, and http is for this machine alone")
    return text.rstrip("/")


def paths(values: Iterable[str]) -> dict[str, str]:
    """`MESSAGE=/path` where a partner's own path differs from the default. Raises CommandError."""
    found = {}
    for value in values:
        message, _, path = value.partition("=")
        if not re.fullmatch(r"[A-Z0-9_]{1,50}", message) or not _PATH.fullmatch(path):
            raise CommandError(f"{value[:80]!r}: a path is given as MESSAGE=/path, such as DEBIT_TRANSACTION=/v2/debit")
        found[message] = path
    return found


def check(party: Party) -> None:
    """What must hold of a record, whatever step the partner has come to. Raises CommandError with the first fault.

    What a step asks beyond that is told by domain.model.launching.
    """
    if not party.name.strip() or len(party.name) > _MAX_NAME or not party.name.isprintable():
        raise CommandError(f"the name must be 1 to {_MAX_NAME} printable characters")
    if not -720 <= party.utc_offset_minutes <= 840:
        raise CommandError("the UTC offset is between -720 and 840 minutes")
    _check_role(party)
    for fault in key_faults(party):
        raise CommandError(fault)


def key_faults(party: Party) -> tuple[str, ...]:
    """The first thing that is wrong with a party's keys, of those that are there."""
    try:
        check_party_keys(party)
    except ValueError as error:
        return (f"{error} (profile {party.profile})",)
    return ()


def _check_role(party: Party) -> None:
    if party.role is not Role.ACQUIRER and (party.acquirer_iin or party.verifies_merchants):
        raise CommandError("only an acquirer has an acquirer IIN and verifies merchants")
    if party.role is not Role.CHANNEL and party.channel_code:
        raise CommandError("only a channel has a channel code")
    if party.role is not Role.INDUSTRY and party.industry_code:
        raise CommandError("only an industry service has an industry code")
    if party.acquirer_iin and not EIGHT_DIGITS.fullmatch(party.acquirer_iin):
        raise CommandError("an acquirer's IIN is the 8 digits that begin ID 15 of its merchants' codes")
    if party.channel_code and not CHANNEL_CODE.fullmatch(party.channel_code):
        raise CommandError("a channel code is 8 to 12 letters and digits")
    if party.industry_code and not EIGHT_DIGITS.fullmatch(party.industry_code):
        raise CommandError("an industry code is 8 digits")
