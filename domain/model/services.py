"""Industry services on UCSP, and which channel may open which of them (U-46..53, U-184..189; RULES sections 6 and 10)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import msgspec

from .addresses import is_loopback
from .errors import IllegalMove
from .identifiers import Secret
from .languages import locale_of

URL_MAX: Final = 512
"""Characters of industryUrl, the ticket included (U-96)."""

TICKET_BYTES: Final = 32
_TICKET_CHARS: Final = 43  # of so many bytes in base64url without padding
TICKET_PARAMETER: Final = "ticket"
LIFE_MAX_S: Final = 31 * 86_400
CITY_MAX: Final = 15
"""Characters of a merchant's city in its code (EMVCo, ID 60)."""

_MCC: Final = re.compile(r"[0-9]{4}", re.ASCII)
_CITY: Final = re.compile(rf"[ -~]{{1,{CITY_MAX}}}", re.ASCII)
_MERCHANT_ID: Final = re.compile(r"[A-Za-z0-9]{15}", re.ASCII)


class PersonalField(StrEnum):
    """What a channel may tell of its user, only ever sealed (U-88..93); the names are those of the wire."""

    MOBILE = "mobile"
    EMAIL = "email"
    ID_TYPE = "idType"
    ID_NO = "idNo"


_PAIR: Final = frozenset({PersonalField.ID_TYPE, PersonalField.ID_NO})


class IndustryService(msgspec.Struct, frozen=True, kw_only=True):
    """A service as it is registered. `url` is its base: users land on it, and whatever else it names must lie under it.
    Its industry code is the one of the industry that runs it."""

    app_id: str  # of that industry
    name: str
    category: str
    url: str
    icon_url: str = ""
    needs: frozenset[PersonalField] = frozenset()  # `70` without
    takes: frozenset[PersonalField] = frozenset()  # passed on where the channel says it; anything else is not
    default_language: str = "en-HK"
    languages: frozenset[str] = frozenset()  # that it speaks; empty: it says itself what it makes of one
    login_life_s: int = 1800
    ticket_life_s: int = 60
    acquirer: str = ""  # app_id; who acquires what is paid at the cashier
    merchant_id: str = ""
    mcc: str = "7399"  # of the merchant: business services
    city: str = "Online"  # of the merchant, as its QR names it

    @property
    def passes(self) -> frozenset[PersonalField]:
        """What it is told of a user; a number of an identity document is nothing without its type."""
        fields = self.needs | self.takes
        return fields | _PAIR if fields & _PAIR else fields

    def language_for(self, wanted: str) -> str:
        """`wanted` (`ll-CC`) if it speaks that, else its own."""
        speaks = bool(wanted) and (not self.languages or wanted in self.languages)
        return wanted if speaks else self.default_language

    def landing(self, ticket: Secret) -> Secret:
        """industryUrl: where a user lands who brings this ticket. It lets whoever has it in, so it is a secret too."""
        joint = "&" if urlsplit(self.url).query else "?"
        return Secret(f"{self.url}{joint}{TICKET_PARAMETER}={ticket.reveal()}")


def service_faults(service: IndustryService) -> tuple[str, ...]:
    """What is wrong with a service, in an operator's words; empty if nothing is."""
    return tuple(_faults(service))


def _faults(service: IndustryService) -> Iterable[str]:
    yield from _url_faults(service.url)
    # What joins the ticket to it: `?ticket=`.
    if len(service.url) + len(TICKET_PARAMETER) + 2 + _TICKET_CHARS > URL_MAX:
        yield f"its URL is too long: with the ticket industryUrl has at most {URL_MAX} characters"
    for language in (service.default_language, *sorted(service.languages)):
        try:
            same = locale_of(language) == language
        except ValueError:
            same = False
        if not same:
            yield f"{language[:10]!r} is no language: ll-CC, such as en-HK"
    if service.languages and service.default_language not in service.languages:
        yield "its default language is none that it speaks"
    yield from _merchant_faults(service)
    for name, life_s in (("login", service.login_life_s), ("ticket", service.ticket_life_s)):
        if not 0 < life_s <= LIFE_MAX_S:
            yield f"a {name} lives 1 to {LIFE_MAX_S} seconds"


def _merchant_faults(service: IndustryService) -> Iterable[str]:
    """What its merchant's code (EMVCo) and the acquirer could not carry."""
    if service.merchant_id and not (_MERCHANT_ID.fullmatch(service.merchant_id) and service.acquirer):
        yield "its merchant number is 15 letters and digits, at an acquirer that is named too"
    if not _MCC.fullmatch(service.mcc):
        yield "its merchant category code (MCC) is 4 digits"
    if not _CITY.fullmatch(service.city) or service.city != service.city.strip():
        yield f"its city has 1 to {CITY_MAX} printable ASCII characters"


def _url_faults(text: str) -> Iterable[str]:
    try:
        url = urlsplit(text if text.isascii() and text.isprintable() and " " not in text else "")
        good = bool(url.hostname) and (url.port is None or url.port > 0) and "@" not in url.netloc
    except ValueError:  # a port that is none, a bracket too many
        yield "its URL must be https://host[:port][/path]"
        return
    if not good or url.scheme not in ("https", "http"):
        yield "its URL must be https://host[:port][/path], without a user"
    elif url.scheme == "http" and not is_loopback(url.hostname or ""):
        yield "its URL is http: https is needed, except for an address of this very machine (loopback)"
    if "#" in text:
        yield "its URL must have no fragment: the ticket would stand behind it, where no server sees it"


class GrantState(StrEnum):
    """How far a channel and an industry have come with each other (U-187..189: bilateral)."""

    APPLIED = "APPLIED"
    GRANTED = "GRANTED"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"


class GrantEvent(StrEnum):
    """What moves a grant. APPLY is also its beginning."""

    APPLY = "apply"
    GRANT = "grant"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"


_S, _E = GrantState, GrantEvent

GRANT_MOVES: Final[dict[GrantState, dict[GrantEvent, GrantState]]] = {
    _S.APPLIED: {_E.GRANT: _S.GRANTED, _E.REVOKE: _S.REVOKED},
    _S.GRANTED: {_E.SUSPEND: _S.SUSPENDED, _E.REVOKE: _S.REVOKED},
    _S.SUSPENDED: {_E.RESUME: _S.GRANTED, _E.REVOKE: _S.REVOKED},
    _S.REVOKED: {_E.APPLY: _S.APPLIED},
}
"""State -> event -> next state (RULES section 10, `40`). What was revoked has to be applied for again."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A channel may open an industry's service. Times are business time; None is without an end."""

    channel: str  # app_id
    industry: str  # app_id
    state: GrantState = GrantState.APPLIED
    valid_from: datetime | None = None
    valid_until: datetime | None = None  # the first moment when it is not
    allows_pan: bool = False  # else tokens only (RULES section 6)
    fee_terms: str = ""  # what the two agreed on, in words

    def holds(self, now: datetime) -> bool:
        """Whether it lets users in now."""
        begun = self.valid_from is None or self.valid_from <= now
        return self.state is GrantState.GRANTED and begun and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now

    def after(self, event: GrantEvent) -> GrantState:
        """The state after `event`; raises IllegalMove where the table has none."""
        try:
            return GRANT_MOVES[self.state][event]
        except KeyError:
            possible = " or ".join(GRANT_MOVES[self.state])
            raise IllegalMove(
                f"the grant of {self.industry} to {self.channel} is {self.state}: no {event}, only {possible}"
            ) from None


class Offered(StrEnum):
    """What a channel reads of a service in GET_INDUSTRY_LIST (RULES section 15)."""

    OPEN = "OPEN"  # it may apply
    APPLIED = "APPLIED"  # it waits: for the operator, or for the first day
    GRANTED = "GRANTED"


_OFFERED: Final = {
    _S.APPLIED: Offered.APPLIED,
    _S.GRANTED: Offered.APPLIED,
    _S.SUSPENDED: Offered.APPLIED,
    _S.REVOKED: Offered.OPEN,
}


def offered(grant: Grant | None, now: datetime) -> Offered:
    """GRANTED exactly if a user can log in now."""
    if grant is None or (grant.state is _S.GRANTED and grant.is_over(now)):
        return Offered.OPEN
    return Offered.GRANTED if grant.holds(now) else _OFFERED[grant.state]
