"""The seeded industry services: what they want to know of a user, and which channels may open them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from unionhub.domain.model.addresses import is_loopback
from unionhub.domain.model.services import Grant, GrantState, IndustryService, PersonalField
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR_CHANNEL, PARKING, PEAK_CHANNEL, TRAVEL
from unionhub.ports.store import UnitOfWork

START: Final = "/start"
"""Where a user lands, below the industry's base URL."""


class ServiceSeed(msgspec.Struct, frozen=True, kw_only=True):
    """An industry's service. `personal` as in IndustryService: needed, and taken where it is told."""

    app_id: str
    name: str
    category: str
    needs: frozenset[PersonalField] = frozenset()
    takes: frozenset[PersonalField] = frozenset()
    languages: frozenset[str] = frozenset()
    merchant_id: str = ""
    mcc: str = "7399"


SERVICES: Final = (
    ServiceSeed(
        app_id=PARKING,
        name="Kerbside Parking",
        category="parking",
        needs=frozenset({PersonalField.MOBILE}),
        takes=frozenset({PersonalField.EMAIL}),
        languages=frozenset({"en-HK", "zh-HK"}),
        merchant_id="344752300000003",
        mcc="7523",
    ),
    ServiceSeed(
        app_id=TRAVEL,
        name="Junk Boat Travel",
        category="travel",
        takes=frozenset({PersonalField.EMAIL, PersonalField.ID_TYPE, PersonalField.ID_NO}),
        merchant_id="344411100000005",
        mcc="4111",
    ),
)

GRANTS: Final = tuple(
    Grant(channel=channel, industry=seed.app_id, state=GrantState.GRANTED)
    for channel in (HARBOUR_CHANNEL, PEAK_CHANNEL)
    for seed in SERVICES
)


def page_url(base_url: str, path: str = START) -> str:
    """Where users land. In one process nothing listens, and an address that is no loopback has to be https."""
    at = base_url.rstrip("/") + path
    return at if is_loopback(urlsplit(at).hostname or "") else at.replace("http://", "https://", 1)


async def put_services(unit: UnitOfWork, identities: Mapping[str, Identity]) -> None:
    """Services and grants that are not there; of those that are, an operator may have changed all but the address."""
    known = {service.app_id: service for service in await unit.services()}
    for seed in _of(identities):
        url = page_url(identities[seed.app_id].base_url)
        before = known.get(seed.app_id)
        await unit.put_service(_service(seed, url) if before is None else msgspec.structs.replace(before, url=url))
    agreed = {(grant.channel, grant.industry) for grant in await unit.grants()}
    for grant in GRANTS:
        if (grant.channel, grant.industry) not in agreed:
            await unit.put_grant(grant)


def _of(identities: Mapping[str, Identity]) -> Iterable[ServiceSeed]:
    return (seed for seed in SERVICES if seed.app_id in identities)


def _service(seed: ServiceSeed, url: str) -> IndustryService:
    return IndustryService(
        app_id=seed.app_id,
        name=seed.name,
        category=seed.category,
        url=url,
        needs=seed.needs,
        takes=seed.takes,
        languages=seed.languages,
        acquirer=ACQUIRER,
        merchant_id=seed.merchant_id,
        mcc=seed.mcc,
    )
