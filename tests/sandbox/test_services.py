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
from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.services import GrantState, IndustryService, PersonalField, service_faults
from unionhub.hosts.sandbox.catalog import partner_path
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.industry import Industry
from unionhub.hosts.sandbox.keyring import FOLDER
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.register import ISSUED_FILE, card_expiry, issued_at
from unionhub.hosts.sandbox.seeds import HARBOUR_CHANNEL, PARKING, PEAK_CHANNEL, TRAVEL, WALLETS
from unionhub.hosts.sandbox.services import GRANTS, SERVICES, page_url, put_services

MESSAGE = "INDUSTRY_LOGIN_INFO"
LIST, PAYLOAD = "GET_CARD_LIST", "GET_CARD_PAYLOAD"


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


class TestWallet:
    def test_its_users_are_those_of_the_same_house(self) -> None:
        with world() as (made, _):
            for holder in made.cardholders:
                shown = {app_id: made.channel(app_id).cards(holder.user_id) for app_id in (HARBOUR_CHANNEL, PEAK_CHANNEL)}
                home = WALLETS[holder.gateway]
                assert [app_id for app_id, cards in shown.items() if cards] == [home]
                (card,) = shown[home]
                assert (card.token, card.pan, card.issuer_name) == (holder.token, holder.pan, "Bauhinia Bank")
                assert card.expiry == f"{card_expiry(made.clock.now()):%y%m}"
                for secret in (holder.token.reveal(), holder.pan.reveal()):
                    assert secret not in repr(card)

    def test_an_identifier_says_nothing_and_stays(self) -> None:
        with world() as (made, _), world() as (other, _):
            holder = made.cardholders[0]
            (card,) = made.channel().cards(holder.user_id)
            assert card.card_id != other.channel().cards(holder.user_id)[0].card_id
            again = made.channel().add_card(holder.user_id, holder.token, "3001", "6291****0012", "Another Bank")
            assert made.channel().cards(holder.user_id) == [again]
            assert (again.card_id, again.expiry) == (card.card_id, "3001")

    def test_it_shows_cards_and_gives_one_sealed(self) -> None:
        async def play() -> None:
            channel, holder = made.channel(), made.cardholders[0]
            hub = CardHub(transport, channel)
            (card,) = (await hub.asks(LIST, holder.user_id))["cards"]
            assert card == {
                "cardId": channel.cards(holder.user_id)[0].card_id,
                "maskedPan": mask_number(holder.pan.reveal()),
                "cardType": "DEBIT",
                "issuerName": "Bauhinia Bank",
            }
            assert (await hub.asks(LIST, "nobody"))["cards"] == []
            told = hub.opened(await hub.asks(PAYLOAD, holder.user_id, cardId=card["cardId"]))
            assert told == {"token": holder.token.reveal(), "expiry": channel.cards(holder.user_id)[0].expiry}
            channel.gives_pans = True
            told = hub.opened(await hub.asks(PAYLOAD, holder.user_id, cardId=card["cardId"]))
            assert told.keys() == {"pan", "expiry"}
            named = channel.add_card("kim", holder.token, "3001", "6291****0012", "Bank", cardholder_name="KIM")
            told = hub.opened(await hub.asks(PAYLOAD, "kim", cardId=named.card_id))
            assert told == {"token": holder.token.reveal(), "expiry": "3001", "cardholderName": "KIM"}

        with world() as (made, transport):
            run(play())

    @pytest.mark.parametrize(
        ("message", "changes", "said"),
        [
            (LIST, {"channelCode": "PEAKLIFE02"}, "A0"),
            (LIST, {"userId": ""}, "30"),
            (PAYLOAD, {"userId": None}, "30"),
            (PAYLOAD, {}, "30"),
            (PAYLOAD, {"cardId": "another"}, "14"),
            (PAYLOAD, {"cardId": "its", "userId": "nobody"}, "14"),
            ("PAYMENT_RESULT_NOTICE", {}, "00"),
        ],
        ids=str,
    )
    def test_what_it_refuses(self, message: str, changes: dict[str, Any], said: str) -> None:
        async def play() -> None:
            holder = made.cardholders[0]
            its = made.channel().cards(holder.user_id)[0].card_id
            members = {name: its if value == "its" else value for name, value in changes.items()}
            answer = await CardHub(transport, made.channel()).asks(message, holder.user_id, **members)
            assert code(answer) == said
            assert not {"cards", "encData"} & answer.keys()

        with world() as (made, transport):
            run(play())

    def test_hub_and_wallets_tell_the_same_expiry_at_every_start(self, tmp_path: Path) -> None:
        """They are different processes, and a later start is in another month."""
        (tmp_path / FOLDER).mkdir()
        clock = ManualClock()
        first = issued_at(tmp_path, clock)
        assert first == clock.now()
        clock.advance(90 * 86_400.0)
        assert issued_at(tmp_path, clock) == first
        (tmp_path / FOLDER / ISSUED_FILE).write_text("spoiled")
        assert issued_at(tmp_path, clock) == clock.now()


class CardHub(HubStub):
    """The hub asking a channel for cards."""

    async def asks(self, message: str, user_id: str, **changes: Any) -> dict[str, Any]:
        body = {
            "msgID": "A6001000120260302040000000001",
            "channelCode": "HARBOUR01",
            "industryCode": "60010001",
            "userId": user_id,
        }
        sent = {name: value for name, value in {**body, **changes}.items() if value is not None}
        reply = await self.post(partner_path(message), json.dumps(sent).encode())
        self._jose.verify_response(reply.headers["upi-jws"], reply.body, self.party)
        answer: dict[str, Any] = json.loads(reply.body)
        return answer

    def opened(self, answer: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = json.loads(self._jose.open_from(self.party, answer["encData"]))
        return found


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
