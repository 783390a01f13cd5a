"""The store's contract, part 8: UCSP's services, grants and logins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from contracts.store_samples import NOW, ODD_TEXT, SECOND, House, awaited
from unionhub.domain.model.login import Login
from unionhub.domain.model.services import Grant, GrantState, IndustryService, PersonalField

CHANNEL, INDUSTRY = "39990031", "39990041"


def service(app_id: str = INDUSTRY, **changes: Any) -> IndustryService:
    odd = IndustryService(
        app_id=app_id,
        name=ODD_TEXT,
        category=ODD_TEXT[::-1],
        url="https://service.example/start?a=1",
        icon_url="https://service.example/i.png",
        needs=frozenset({PersonalField.MOBILE, PersonalField.ID_NO}),
        takes=frozenset({PersonalField.EMAIL}),
        default_language="zh-HK",
        languages=frozenset({"zh-HK", "en-GB"}),
        login_life_s=2**31,
        ticket_life_s=1,
        acquirer="39990021",
        merchant_id="M:1",
    )
    return msgspec.structs.replace(odd, **changes)


def grant(channel: str = CHANNEL, industry: str = INDUSTRY, **changes: Any) -> Grant:
    odd = Grant(
        channel=channel,
        industry=industry,
        state=GrantState.SUSPENDED,
        valid_from=NOW,
        valid_until=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=NOW.tzinfo),
        allows_pan=True,
        fee_terms=ODD_TEXT,
    )
    return msgspec.structs.replace(odd, **changes)


def login(login_id: int = 1, **changes: Any) -> Login:
    plain = Login(
        login_id=login_id,
        channel=CHANNEL,
        industry=INDUSTRY,
        user_id="user ü'",
        opened_at=NOW,
        ends_at=NOW + 1800 * SECOND,
        url_sealed=b"\0sealed",
    )
    return msgspec.structs.replace(plain, **changes)


class ServicesContract:
    @awaited
    async def test_services_are_put_and_replaced(self, house: House) -> None:
        plain = IndustryService(app_id="39990040", name="", category="", url="")
        async with house.store.begin() as unit:
            await unit.put_service(service())
            await unit.put_service(service("39990049"))
            await unit.put_service(plain)
            await unit.put_service(service(name="replaced", needs=frozenset()))
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.services() == [plain, service(name="replaced", needs=frozenset()), service("39990049")]

    @awaited
    async def test_grants_are_put_and_replaced_by_their_pair(self, house: House) -> None:
        plain = Grant(channel=CHANNEL, industry="39990042")
        async with house.store.begin() as unit:
            await unit.put_grant(grant("39990032"))
            await unit.put_grant(plain)
            await unit.put_grant(grant())
            await unit.put_grant(grant(state=GrantState.REVOKED, valid_from=None))
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.grants() == [grant(state=GrantState.REVOKED, valid_from=None), plain, grant("39990032")]

    @awaited
    async def test_a_login_comes_back_as_it_was(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.add_login(login(2**62))
            with pytest.raises(ValueError, match="already"):
                await unit.add_login(login(2**62, user_id="another"))
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.login(2**62) == login(2**62)
            assert await unit.login(1) is None

    @awaited
    async def test_the_latest_login_of_a_user_at_an_industry(self, house: House) -> None:
        longest = login(1, ends_at=NOW + 9999 * SECOND)
        others = [
            login(2),
            login(3, channel="39990032", ends_at=NOW + 99_999 * SECOND),
            login(4, user_id="another", ends_at=NOW + 99_999 * SECOND),
            login(5, industry="39990042", ends_at=NOW + 99_999 * SECOND),
        ]
        async with house.store.begin() as unit:
            for each in (longest, *others):
                await unit.add_login(each)
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.latest_login(CHANNEL, "user ü'", INDUSTRY) == longest
            assert await unit.latest_login(CHANNEL, "another", INDUSTRY) == others[2]
            assert await unit.latest_login(CHANNEL, "nobody", INDUSTRY) is None
            same_end = login(6, ends_at=longest.ends_at)
            await unit.add_login(same_end)
            assert await unit.latest_login(CHANNEL, "user ü'", INDUSTRY) == same_end

    @awaited
    async def test_what_is_not_committed_never_was(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.put_service(service())
            await unit.put_grant(grant())
            await unit.add_login(login())
        async with house.other.begin() as unit:
            assert (await unit.services(), await unit.grants(), await unit.login(1)) == ([], [], None)

    @awaited
    async def test_logins_that_ended_are_purged(self, house: House) -> None:
        long = 3600 * SECOND
        async with house.store.begin() as unit:
            for number in range(4):
                await unit.add_login(login(number, ends_at=NOW + number * SECOND))
            assert await unit.purge(uuids_kept=long, claims_kept=long) == 0
            assert await unit.purge(uuids_kept=long, claims_kept=long, codes_expired_before=NOW + 2 * SECOND, limit=1) == 1
            assert await unit.purge(uuids_kept=long, claims_kept=long, codes_expired_before=NOW + 2 * SECOND) == 1
            assert [await unit.login(number) is None for number in range(4)] == [True, True, False, False]
