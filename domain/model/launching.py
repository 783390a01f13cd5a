"""What must hold of a partner before it takes its next step (RULES section 5, S-252..264), in an operator's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from .addresses import is_loopback
from .cards import CardProduct
from .parties import Party, PartyEvent, Role
from .services import IndustryService, service_faults

MAINLAND: Final = "156"
"""ISO 3166 numeric of the one country whose issuers, gateways and channels cannot take part."""

NOT_IN_MAINLAND: Final = frozenset({Role.ISSUER, Role.APP_GATEWAY, Role.CHANNEL})

KEY_USES: Final = {"sig": "to verify what it sends", "enc": "to seal card and account numbers for it"}

CHANNEL_CODE: Final = re.compile(r"[A-Za-z0-9]{8,12}", re.ASCII)
EIGHT_DIGITS: Final = re.compile(r"[0-9]{8}", re.ASCII)


def obstacles(
    party: Party,
    event: PartyEvent,
    parties: Iterable[Party],
    products: Iterable[CardProduct],
    services: Iterable[IndustryService] = (),
    *,
    plain_http: bool = False,
) -> tuple[str, ...]:
    """What still stands in the way of `event`, each in an operator's words; empty if nothing does.

    About the party alone, whatever state it is in: whether the state allows the event says `Party.after`. `parties` may
    hold the party itself. With `plain_http`, which is for development, http may lead anywhere. Nothing hinders SUSPEND.
    """
    checks = _CHECKS[event]
    others = [each for each in parties if each.app_id != party.app_id]
    content = Content(products=tuple(products), services=tuple(services))
    found = [line for check in checks for line in check(party, others, content)]
    if _addressed in checks and not plain_http and _is_plain_elsewhere(party.base_url):
        found.append("its base URL is http: https is needed, except for an address of this very machine (loopback)")
    return tuple(found)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What partners bring along: issuers their products, industries their services."""

    products: tuple[CardProduct, ...]
    services: tuple[IndustryService, ...]


Check = Callable[[Party, Sequence[Party], Content], Iterable[str]]


def _elsewhere(party: Party, _others: Sequence[Party], _content: Content) -> Iterable[str]:
    if party.country == MAINLAND and party.role in NOT_IN_MAINLAND:
        yield f"{a(party.role)} of mainland China (country 156) cannot take part: the platform is for elsewhere"


def _keyed(party: Party, _others: Sequence[Party], _content: Content) -> Iterable[str]:
    for use, needed_for in KEY_USES.items():
        if not any(key.use == use for key in party.keys):
            yield f"a key with use {use} is needed, {needed_for}"


def _addressed(party: Party, _others: Sequence[Party], _content: Content) -> Iterable[str]:
    # The hub calls every role: banks with money, the others with notices at least.
    if not party.base_url:
        yield "a base URL is needed: where the hub calls it"


def _fit_for_its_role(party: Party, others: Sequence[Party], content: Content) -> Iterable[str]:
    if check := _ROLE_CHECKS.get(party.role):
        yield from check(party, others, content)


def _acquirer(party: Party, others: Sequence[Party], _content: Content) -> Iterable[str]:
    if not EIGHT_DIGITS.fullmatch(party.acquirer_iin):
        yield "an acquirer needs its IIN, the 8 digits that begin ID 15 of its merchants' codes: --acquirer-iin"
        return
    for other in others:
        if other.is_live and other.acquirer_iin == party.acquirer_iin:
            yield f"the acquirer IIN {party.acquirer_iin} is {other.app_id}'s ({other.name}), which is live"


def _app_gateway(party: Party, _others: Sequence[Party], content: Content) -> Iterable[str]:
    if not any(party.app_id in product.gateways for product in content.products):
        yield "no issuer has authorised it for a product: `unionhub products allow PRODUCT --gateway`"


def _issuer(party: Party, _others: Sequence[Party], content: Content) -> Iterable[str]:
    own = [product for product in content.products if product.issuer == party.app_id]
    if not own:
        yield "it has no card product: `unionhub products add`"
    elif not any(product.token_range and product.pan_range for product in own):
        yield "none of its products has ranges of numbers: `unionhub products set PRODUCT --token-range --pan-range`"


def _channel(party: Party, others: Sequence[Party], _content: Content) -> Iterable[str]:
    if not CHANNEL_CODE.fullmatch(party.channel_code):
        yield "a channel needs its channel code, 8 to 12 letters and digits: --channel-code"
        return
    for other in others:
        if other.channel_code == party.channel_code:
            yield f"the channel code {party.channel_code} is {other.app_id}'s ({other.name}) already"


def _industry(party: Party, others: Sequence[Party], content: Content) -> Iterable[str]:
    if not EIGHT_DIGITS.fullmatch(party.industry_code):
        yield "an industry service needs its industry code, 8 digits: --industry-code"
        return
    for other in others:
        if other.industry_code == party.industry_code:
            yield f"the industry code {party.industry_code} is {other.app_id}'s ({other.name}) already"
    service = next((each for each in content.services if each.app_id == party.app_id), None)
    if service is None:
        yield f"it has no service: `unionhub parties service {party.app_id} --name --category --url`"
    else:
        yield from (f"its service: {fault}" for fault in service_faults(service))


_ROLE_CHECKS: Final[dict[Role, Check]] = {
    Role.ACQUIRER: _acquirer,
    Role.APP_GATEWAY: _app_gateway,
    Role.ISSUER: _issuer,
    Role.CHANNEL: _channel,
    Role.INDUSTRY: _industry,
}

_TO_TEST: Final[tuple[Check, ...]] = (_elsewhere, _keyed, _addressed)

_CHECKS: Final[dict[PartyEvent, tuple[Check, ...]]] = {
    PartyEvent.APPLY: (_elsewhere,),
    PartyEvent.ADMIT: _TO_TEST,
    PartyEvent.RESUME: _TO_TEST,
    PartyEvent.LAUNCH: (*_TO_TEST, _fit_for_its_role),
    PartyEvent.SUSPEND: (),
}
"""Event -> what is asked of a party before it."""


def a(role: Role) -> str:
    """`an issuer`, `a channel`."""
    word = role.value.replace("_", " ")
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _is_plain_elsewhere(base_url: str) -> bool:
    try:
        url = urlsplit(base_url)
        return url.scheme == "http" and not is_loopback(url.hostname or "")
    except ValueError:  # a bracket too many: nobody can tell where it leads
        return True
