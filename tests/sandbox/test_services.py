"""Channel and industry of the sandbox: what they say, what they refuse, and the page where a ticket lets its user in once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from support.keys import hub_keys
from support.sandbox import HubStub, code, light_identities, over_sockets, run, world
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.memory.store import MemoryStore
from unionhub.domain.model.services import GrantState, IndustryService, PersonalField, service_faults
from unionhub.hosts.sandbox.catalog import partner_path
from unionhub.hosts.sandbox.industry import Industry
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import HARBOUR_CHANNEL, PARKING, PEAK_CHANNEL, TRAVEL
from unionhub.hosts.sandbox.services import GRANTS, SERVICES, page_url, put_services

MESSAGE = "INDUSTRY_LOGIN_INFO"


class Announcer(HubStub):
    """The hub telling an industry of a user."""

    async def announce(self, ticket: str, personal: Any = None, **changes: Any) -> str:
        body = {
            "msgID": "A6001000120260302040000000001",
            "channelCode": "HARBOUR01",
            "industryCode": "60010001",
            "userId": "user-1",
            "ticket": ticket,
            "expiresAt": "20991231235959",
            "encData": self.seal(personal) if personal is not None else None,
        }
        sent = {name: value for name, value in {**body, **changes}.items() if value is not None}
        reply = await self.post(partner_path(MESSAGE), json.dumps(sent).encode())
        answer = json.loads(reply.body)
        self._jose.verify_response(reply.headers["upi-jws"], reply.body, self.party)
        assert {name: sent[name] for name in ("msgID", "channelCode", "industryCode") if name in sent}.items() <= answer.items()
        return code(answer)


class TestIndustry:
    def test_it_learns_who_comes(self) -> None:
        async def play() -> None:
            hub = Announcer(transport, made.industry())
            assert await hub.announce("t1", {"mobile": "1"}, language="zh-HK") == "00"
            assert await hub.announce("t2") == "00"
            first, second = made.industry().visitors.values()
            assert (first.channel_code, first.user_id, first.language) == ("HARBOUR01", "user-1", "zh-HK")
            assert (first.personal, second.personal) == ({"mobile": "1"}, {})
            assert "user-1" not in repr(first)

        with world() as (made, transport):
            run(play())

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"industryCode": "60020001"}, "A0"),
            ({"encData": "a.b.c.d.e"}, "A0"),
            ({"ticket": ""}, "30"),
            ({"userId": None}, "30"),
            ({"channelCode": None}, "30"),
            ({"expiresAt": "soon"}, "30"),
        ],
        ids=str,
    )
    def test_it_refuses_what_is_wrong(self, changes: dict[str, Any], said: str) -> None:
        async def play() -> None:
            assert await Announcer(transport, made.industry()).announce(**{"ticket": "t", **changes}) == said
            assert not made.industry().visitors

        with world() as (made, transport):
            run(play())

    def test_a_ticket_lets_in_once_while_it_lives(self) -> None:
        async def play() -> None:
            industry, hub = made.industry(), Announcer(transport, made.industry())
            now = made.clock.now()
            await hub.announce("once", expiresAt=f"{now:%Y}1231235959")
            await hub.announce("late", expiresAt=f"{now:%Y%m%d%H%M%S}")
            told = [status_of(industry, query) for query in ("ticket=once", "ticket=once", "ticket=late", "ticket=none", "")]
            assert told == [200, 403, 403, 403, 403]
            assert status_of(industry, "ticket=once&ticket=once") == 403
            assert industry.page("/elsewhere", "ticket=once") is None

        with world() as (made, transport):
            run(play())

    def test_what_a_user_is_called_is_text_on_the_page(self) -> None:
        async def play() -> None:
            await Announcer(transport, made.industry()).announce("t", userId="<script>")
            reply = made.industry().opened("https://anywhere/start?ticket=t")
            assert reply is not None
            assert b"&lt;script&gt;" in reply.body
            assert b"<script>" not in reply.body
            assert reply.headers["referrer-policy"] == "no-referrer"

        with world() as (made, transport):
            run(play())

    def test_over_a_socket_it_is_a_page_and_others_have_none(self, tmp_path: Path) -> None:
        async def play() -> None:
            async with over_sockets(tmp_path) as (made, transport), aiohttp.ClientSession() as browser:
                industry = made.industry()
                await Announcer(transport, industry).announce("t")
                url = f"{industry.identity.base_url}/start?ticket=t"
                for status in (200, 403):
                    async with browser.get(url) as page:
                        assert (page.status, page.content_type) == (status, "text/html")
                for nothing in (f"{industry.identity.base_url}/", f"{made.channel().identity.base_url}/start?ticket=t"):
                    async with browser.get(nothing) as page:
                        assert page.status == 405

        run(play())


def status_of(industry: Industry, query: str) -> int:
    reply = industry.page("/start", query)
    assert reply is not None
    return reply.status


class TestChannel:
    def test_a_login_is_sealed_and_numbered_for_its_industry(self) -> None:
        async def play() -> None:
            request = await made.channel().channel_login_info("60020001", "user-1", {"mobile": "1"}, clientType=None)
            assert request.path == "/ucsp/v1/channellogininfo"
            assert request.msg_id == request.body["msgID"]
            assert (request.msg_id[:9], len(request.msg_id)) == ("A60020001", 29)
            identity = made.channel().identity
            assert (request.body["channelCode"], "clientType" in request.body) == (identity.channel_code, False)
            party = Announcer(transport, made.channel()).party
            opened = HubJose(hub_keys(), lambda: 0.0).open_from(party, request.body["encData"])
            assert json.loads(opened) == {"mobile": "1"}
            other = await made.channel().channel_login_info("60020001", "user-1")
            assert "encData" not in other.body
            assert other.msg_id != request.msg_id

        with world() as (made, transport):
            run(play())

    def test_the_list_names_no_industry(self) -> None:
        with world() as (made, _):
            request = made.channel(PEAK_CHANNEL).get_industry_list(language="en-HK")
            assert request.path == "/ucsp/v1/getindustrylist"
            assert request.body == {"msgID": request.msg_id, "channelCode": "PEAKLIFE02", "language": "en-HK"}


class TestSeeds:
    def test_parking_needs_a_mobile_number_and_every_pair_is_granted(self) -> None:
        needs = {seed.app_id: seed.needs for seed in SERVICES}
        assert needs == {PARKING: {PersonalField.MOBILE}, TRAVEL: frozenset()}
        pairs = {(grant.channel, grant.industry) for grant in GRANTS if grant.state is GrantState.GRANTED}
        assert pairs == {(channel, industry) for channel in (HARBOUR_CHANNEL, PEAK_CHANNEL) for industry in (PARKING, TRAVEL)}

    @pytest.mark.parametrize(
        ("base_url", "url"),
        [
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081/start"),
            ("http://127.0.0.1:8081/", "http://127.0.0.1:8081/start"),
            ("http://99410344.sandbox", "https://99410344.sandbox/start"),
        ],
    )
    def test_where_users_land(self, base_url: str, url: str) -> None:
        assert page_url(base_url) == url

    def test_what_an_operator_changed_stays_and_the_address_moves(self) -> None:
        async def play() -> None:
            store = MemoryStore()
            first, later = at("http://127.0.0.1:1"), at("http://127.0.0.1:2")
            async with store.begin() as unit:
                await put_services(unit, first)
                (parking, _), grants = await unit.services(), await unit.grants()
                assert not service_faults(parking)
                await unit.put_service(msgspec.structs.replace(parking, name="changed"))
                await unit.put_grant(msgspec.structs.replace(grants[0], state=GrantState.SUSPENDED))
                await put_services(unit, later)
                moved: list[IndustryService] = await unit.services()
                assert (moved[0].name, moved[0].url) == ("changed", "http://127.0.0.1:2/start")
                assert [grant.state for grant in await unit.grants()] == ["SUSPENDED", "GRANTED", "GRANTED", "GRANTED"]

        asyncio.run(play())


def at(base_url: str) -> dict[str, Identity]:
    """The seeded partners, all at this address."""
    return {app_id: msgspec.structs.replace(each, base_url=base_url) for app_id, each in light_identities().items()}
