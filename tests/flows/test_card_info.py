"""Get card info under pressure, on each store: the order of its checks, what a slow channel must not get past, what is kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flows.test_authorized_login import everything

from support.house import WAYS, House, house
from support.stores import NoPostgres
from unionhub.adapters.http.lanes import LanePolicy
from unionhub.adapters.http.partners import HttpPartners
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.domain.flows.card_info import PAYLOAD_ACCESS, ChannelCards, user_subject
from unionhub.domain.flows.numbers import Numbers
from unionhub.domain.flows.service_questions import ServiceQuestions
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.channel_cards import CardList, CardPayload, for_order
from unionhub.domain.model.parties import PartyState
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.services import Grant, GrantState
from unionhub.hosts.sandbox.channel import WalletCard
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import HubAnswer
from unionhub.hosts.sandbox.seeds import HARBOUR, HARBOUR_CHANNEL, PARKING, Cardholder
from unionhub.ports.store import StoreUnavailable

CODE, CHANNEL_CODE = "60010001", "HARBOUR01"
LIST, PAYLOAD = "GET_CARD_LIST", "GET_CARD_PAYLOAD"


@pytest.fixture(scope="module", params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    try:
        with house(request.param, tmp_path_factory.mktemp(request.param)) as made:
            yield made
    except NoPostgres as reason:
        pytest.skip(str(reason))


async def user(home: House, *, logged_in: bool = True) -> Cardholder:
    """Somebody with a card in the channel's app."""
    holder = await home.cardholder(HARBOUR)
    if logged_in:
        await log_in(home, holder.user_id)
    return holder


async def log_in(home: House, user_id: str) -> None:
    channel = home.world.channel()
    assert (await channel.send(await channel.channel_login_info(CODE, user_id, {"mobile": "1"}))).code == "00"


async def cards(home: House, user_id: str, **changes: Any) -> HubAnswer:
    industry = home.world.industry()
    return await industry.send(industry.get_card_list(CHANNEL_CODE, user_id, **changes))


async def payload(home: House, user_id: str, card_id: str, **changes: Any) -> HubAnswer:
    industry = home.world.industry()
    return await industry.send(industry.get_card_payload(CHANNEL_CODE, user_id, card_id, **changes))


def card_of(home: House, holder: Cardholder) -> WalletCard:
    (card,) = home.world.channel().cards(holder.user_id)
    return card


async def trail(home: House, user_id: str) -> list[AuditEntry]:
    async with home.hub.store.begin() as uow:
        return await uow.audit(subject=user_subject(CHANNEL_CODE, user_id))


async def change_grant(home: House, **changes: Any) -> Grant:
    """As it was before."""
    before = home.hub.directory.grant(HARBOUR_CHANNEL, PARKING)
    assert before is not None
    await put_grant(home, msgspec.structs.replace(before, **changes))
    return before


async def put_grant(home: House, grant: Grant) -> None:
    async with home.hub.store.begin() as uow:
        await uow.put_grant(grant)
        await uow.commit()
    await home.hub.directory.refresh()


class Reworded:
    """The channel's answer to `message`, as `change` makes it, inside the block."""

    def __init__(self, home: House, message: str, change: Callable[[Answer], Awaitable[Answer]]) -> None:
        self._handlers = home.world.channel().handlers
        self._message, self._change = message, change
        self._usual = self._handlers[message]

    def __enter__(self) -> None:
        async def reworded(received: Received) -> Answer:
            return await self._change(await self._usual(received))

        self._handlers[self._message] = reworded

    def __exit__(self, *_: object) -> None:
        self._handlers[self._message] = self._usual


# --- what crosses


def test_what_crosses_is_as_the_protocol_says(home: House) -> None:
    async def scenario() -> None:
        holder = await user(home)
        channel, industry = home.world.channel(), home.world.industry()
        listed = await cards(home, holder.user_id)
        (shown,) = listed.body.pop("cards")
        assert shown.keys() == {"cardId", "maskedPan", "cardType", "issuerName"}
        assert listed.body.keys() == {"msgID", "channelCode", "industryCode", "msgResponse"}
        asked = channel.inbox.items(LIST)[-1].body
        given = await payload(home, holder.user_id, shown["cardId"])
        asked_again = channel.inbox.items(PAYLOAD)[-1].body
        wanted = {"channelCode": CHANNEL_CODE, "industryCode": CODE, "userId": holder.user_id}
        numbers = {asked.pop("msgID"), asked_again.pop("msgID"), listed.body["msgID"], given.body["msgID"]}
        assert (asked, asked_again) == (wanted, {**wanted, "cardId": shown["cardId"]})
        assert len(numbers) == 4
        assert all(len(each) == 29 and each.startswith(f"A{CODE}") for each in numbers)
        assert given.body.keys() == {"msgID", "channelCode", "industryCode", "encData", "msgResponse"}
        opened = json.loads(await industry.open_(given.body["encData"]))
        assert opened == {"token": holder.token.reveal(), "expiry": card_of(home, holder).expiry}

    home.run(scenario())


def test_the_wallets_expiry_is_the_one_that_the_hub_knows(home: House) -> None:
    """Else the card that a channel gives would be refused with `54` where it pays."""

    async def scenario() -> None:
        for holder in (home.world.cardholders[0], await user(home, logged_in=False)):
            async with home.hub.store.begin() as uow:
                card = await uow.card_by_token(home.hub.vault.index(holder.token, "token"))
            assert card is not None
            assert f"{card.token_expiry:%y%m}" == card_of(home, holder).expiry

    home.run(scenario())


def test_a_cardholders_name_goes_to_the_industry_and_what_nobody_asked_for_does_not(home: House) -> None:
    async def scenario() -> None:
        holder = await user(home)
        channel = home.world.channel()
        content = {"token": holder.token.reveal(), "expiry": "3103", "cardholderName": "LAM/MEI", "cvv": "123"}

        async def named(answer: Answer) -> Answer:
            return msgspec.structs.replace(answer, trx={"encData": await channel.seal(json.dumps(content).encode())})

        await cards(home, holder.user_id)
        with Reworded(home, PAYLOAD, named):
            given = await payload(home, holder.user_id, card_of(home, holder).card_id)
        del content["cvv"]
        assert json.loads(await home.world.industry().open_(given.body["encData"])) == content

    home.run(scenario())


# --- who may ask


ORDER: list[tuple[str, dict[str, Any], str]] = [
    # Each row leaves out what would hit first in the row before.
    ("62", {"industry": PartyState.TESTING, "grant": None, "login": False}, "the industry is not live"),
    ("57", {"channel": PartyState.TESTING, "grant": None, "login": False}, "a channel that it never dealt with"),
    ("62", {"channel": PartyState.TESTING, "grant": GrantState.SUSPENDED, "login": False}, "the channel is not live"),
    ("62", {"channel": PartyState.SUSPENDED, "grant": GrantState.GRANTED, "login": True}, "the channel is suspended"),
    ("40", {"grant": GrantState.SUSPENDED, "login": False}, "suspended, and no login"),
    ("40", {"grant": GrantState.APPLIED, "login": False}, "not granted yet"),
    ("40", {"grant": GrantState.REVOKED, "login": True}, "revoked after the login"),
    ("57", {"grant": GrantState.GRANTED, "login": False}, "no login"),
    ("00", {"grant": GrantState.GRANTED, "login": True}, "may ask"),
]


@pytest.mark.parametrize(("code", "what", "name"), ORDER, ids=[name for *_, name in ORDER])
def test_the_order_of_checks(home: House, code: str, what: dict[str, Any], name: str) -> None:
    """RULES section 10. The card is unknown in each of them: `14` comes last."""

    async def scenario() -> None:
        holder = await user(home, logged_in=what["login"])
        grant = home.hub.directory.grant(HARBOUR_CHANNEL, PARKING)
        assert grant is not None
        await home.change_party(PARKING, state=what.get("industry", PartyState.LIVE))
        await home.change_party(HARBOUR_CHANNEL, state=what.get("channel", PartyState.LIVE))
        if what["grant"] is None:
            forget_grant(home)
        else:
            await put_grant(home, msgspec.structs.replace(grant, state=what["grant"]))
        try:
            found = await cards(home, holder.user_id)
            assert (found.code, "cards" in found.body) == (code, code == "00")
            refused = await payload(home, holder.user_id, "unknown")
            assert (refused.code, "encData" in refused.body) == ("14" if code == "00" else code, False)
        finally:
            for app_id in (PARKING, HARBOUR_CHANNEL):
                await home.change_party(app_id, state=PartyState.LIVE)
            await put_grant(home, grant)
        (entry,) = await trail(home, holder.user_id)
        assert (entry.actor, entry.action, entry.outcome) == (PARKING, PAYLOAD_ACCESS, "refused")
        assert entry.detail == refused.code

    home.run(scenario())


def forget_grant(home: House) -> None:
    """The snapshot without it; the next refresh, at most a second later, would bring it back: nothing runs meanwhile."""
    directory = home.hub.directory
    grants = {pair: grant for pair, grant in directory._snapshot.grants.items() if pair != (HARBOUR_CHANNEL, PARKING)}
    directory._snapshot = msgspec.structs.replace(directory._snapshot, grants=grants)


def test_guesses_look_alike(home: House) -> None:
    """A user that there is not, one who did not come in, a channel that there is not, one that was never dealt with."""

    async def scenario() -> None:
        stranger = await user(home, logged_in=False)
        answers = [
            await cards(home, stranger.user_id),
            await cards(home, "nobody"),
            await cards(home, stranger.user_id, channelCode="NOBODY0001"),
            await payload(home, stranger.user_id, card_of(home, stranger).card_id),
            await payload(home, "nobody", "c"),
            await payload(home, stranger.user_id, "c", channelCode="NOBODY0001"),
        ]
        forget_grant(home)
        answers.append(await cards(home, stranger.user_id))
        await home.hub.directory.refresh()
        assert [each.code for each in answers] == ["57"] * 7
        assert len({json.dumps(each.body["msgResponse"], sort_keys=True) for each in answers}) == 1

    home.run(scenario())


def test_what_was_forbidden_while_the_channel_thought_is_not_passed_on(home: House) -> None:
    async def scenario() -> None:
        holder = await user(home)
        card_id = card_of(home, holder).card_id
        before: list[Grant] = []

        def forbidding(**changes: Any) -> Callable[[Answer], Awaitable[Answer]]:
            async def forbidden(answer: Answer) -> Answer:
                before.append(await change_grant(home, **changes))
                return answer

            return forbidden

        codes = []
        with Reworded(home, LIST, forbidding(state=GrantState.REVOKED)):
            codes.append((await cards(home, holder.user_id)).code)
        await put_grant(home, before[0])
        await cards(home, holder.user_id)
        with Reworded(home, PAYLOAD, forbidding(state=GrantState.SUSPENDED)):
            codes.append((await payload(home, holder.user_id, card_id)).code)
        await put_grant(home, msgspec.structs.replace(before[0], allows_pan=True))
        home.world.channel().gives_pans = True
        try:
            codes.append((await payload(home, holder.user_id, card_id)).code)
            with Reworded(home, PAYLOAD, forbidding(allows_pan=False)):
                codes.append((await payload(home, holder.user_id, card_id)).code)
        finally:
            home.world.channel().gives_pans = False
            await put_grant(home, before[0])
        assert codes == ["40", "40", "00", "62"]
        entries = await trail(home, holder.user_id)
        masked = card_of(home, holder).masked_pan
        outcomes = [("refused", "40"), ("granted", f"PAN of {masked}"), ("refused", "62")]
        assert [(each.outcome, each.detail) for each in reversed(entries)] == outcomes

    home.run(scenario())


# --- which cards


def test_a_card_may_be_asked_for_until_its_list_ends(home: House) -> None:
    async def scenario() -> None:
        holder = await user(home)
        card_id = card_of(home, holder).card_id
        await cards(home, holder.user_id)
        codes = []
        for seconds in (1.0, 598.0, 1.0):
            home.clock.advance(seconds)
            codes.append((await payload(home, holder.user_id, card_id)).code)
        assert codes == ["00", "00", "14"]

    home.run(scenario())


def test_of_many_lists_the_last_twenty_count(home: House) -> None:
    """A channel may call its cards otherwise in each list. What must be looked through stays bounded."""

    async def scenario() -> None:
        holder = await user(home)
        names = iter(range(100))

        async def renamed(answer: Answer) -> Answer:
            number = next(names)
            return msgspec.structs.replace(answer, trx={"cards": [{**answer.trx["cards"][0], "cardId": f"name-{number}"}]})

        with Reworded(home, LIST, renamed):
            for _ in range(21):
                home.clock.advance(1)
                assert (await cards(home, holder.user_id)).code == "00"
        # The channel knows none of these names: `91` is its word, `14` ours.
        codes = [(await payload(home, holder.user_id, f"name-{number}")).code for number in (0, 1, 20)]
        assert codes == ["14", "91", "91"]

    home.run(scenario())


def test_the_cashier_and_an_industry_do_not_see_each_others_lists(home: House) -> None:
    async def scenario() -> None:
        holder = await user(home)
        hub = home.hub
        lists = channel_cards(home)
        channel, industry = hub.directory.party(HARBOUR_CHANNEL), hub.directory.party(PARKING)
        assert channel is not None
        assert industry is not None
        card_id = card_of(home, holder).card_id
        given = await lists.list(channel, industry, holder.user_id, for_order(7))
        assert isinstance(given, CardList)
        assert given.ends_at - given.given_at == timedelta(minutes=10)
        assert (await payload(home, holder.user_id, card_id)).code == "14"
        now = home.clock.now()
        async with hub.store.begin() as uow:
            found = [
                await lists.known(uow, given_to, channel_id, user_id, each, at) is not None
                for given_to, channel_id, user_id, each, at in (
                    (for_order(7), HARBOUR_CHANNEL, holder.user_id, card_id, now),
                    (for_order(8), HARBOUR_CHANNEL, holder.user_id, card_id, now),
                    (PARKING, HARBOUR_CHANNEL, holder.user_id, card_id, now),
                    (for_order(7), "99320344", holder.user_id, card_id, now),
                    (for_order(7), HARBOUR_CHANNEL, "another", card_id, now),
                    (for_order(7), HARBOUR_CHANNEL, holder.user_id, "another", now),
                    (for_order(7), HARBOUR_CHANNEL, holder.user_id, card_id, given.ends_at),
                )
            ]
        assert found == [True, False, False, False, False, False, False]
        told = await lists.payload(channel, industry, holder.user_id, card_id, allows_pan=False)
        assert isinstance(told, CardPayload)
        assert told.token == holder.token
        home.world.channel().gives_pans = True
        assert await lists.payload(channel, industry, holder.user_id, card_id, allows_pan=False) == "62"
        home.world.channel().gives_pans = False
        assert await lists.payload(channel, industry, holder.user_id, "another", allows_pan=False) == "91"

    home.run(scenario())


def channel_cards(home: House) -> ChannelCards:
    """As the container makes it, for the cashier."""
    hub, policy, transport = home.hub, OutcomePolicy(), home.world.hub.transport
    assert transport is not None
    jose = HubJose(hub.keys, time.time)
    partners = HttpPartners(transport, jose, hub.directory, NullTelemetry(), LanePolicy())
    return ChannelCards(hub.store, ServiceQuestions(partners, policy), Numbers(hub.sequences), home.clock, policy)


# --- pressure, and what is left behind


def test_many_at_once(home: House) -> None:
    async def scenario() -> None:
        people = [await user(home) for _ in range(5)]
        lists = await asyncio.gather(*(cards(home, each.user_id) for each in people * 6))
        assert {each.code for each in lists} == {"00"}
        ids = [card_of(home, each).card_id for each in people]
        assert [each.body["cards"][0]["cardId"] for each in lists] == ids * 6
        asked = [payload(home, each.user_id, card_of(home, each).card_id) for each in people * 6]
        answers = await asyncio.gather(*asked)
        industry = home.world.industry()
        for holder, answer in zip(people * 6, answers, strict=True):
            assert json.loads(await industry.open_(answer.body["encData"]))["token"] == holder.token.reveal()
        for holder in people:
            assert [each.outcome for each in await trail(home, holder.user_id)] == ["granted"] * 6

    home.run(scenario())


def test_an_answer_that_never_ends_is_no_answer(home: House) -> None:
    async def scenario() -> None:
        holder = await user(home)

        async def huge(answer: Answer) -> Answer:
            return msgspec.structs.replace(answer, trx={**answer.trx, "more": "x" * 2_000_000})

        with Reworded(home, LIST, huge):
            found = await cards(home, holder.user_id)
        assert (found.code, "cards" in found.body) == ("98", False)

    home.run(scenario())


def test_questions_cost_two_transactions_and_refusals_one(home: House) -> None:
    """DESIGN section 2.4: before the channel is asked and after it."""

    async def counted() -> list[int]:
        holder = await user(home)
        card_id = card_of(home, holder).card_id
        await cards(home, holder.user_id)  # numbers are reserved in blocks
        counts = []
        for ask, code in (
            (cards(home, holder.user_id), "00"),
            (payload(home, holder.user_id, card_id), "00"),
            (payload(home, holder.user_id, "c"), "14"),
            (cards(home, "nobody"), "57"),
        ):
            before = home.hub.store.transactions_begun  # type: ignore[attr-defined]
            assert (await ask).code == code
            counts.append(home.hub.store.transactions_begun - before)  # type: ignore[attr-defined]
        return counts

    assert home.run(counted()) == [2, 2, 1, 1]


def test_a_message_counts_once_for_its_uuid(home: House) -> None:
    async def scenario() -> list[int]:
        holder = await user(home)
        industry = home.world.industry()
        request = industry.get_card_list(CHANNEL_CODE, holder.user_id)
        headers, body = await industry.signed(request)
        transport = home.world.hub.transport
        assert transport is not None
        replies = [await transport.post(home.url + request.path, headers, body, timeout_s=5.0) for _ in range(2)]
        return [reply.status for reply in replies]

    assert home.run(scenario()) == [200, 401]


def test_without_a_line_on_the_trail_nobody_gets_a_card(home: House) -> None:
    """The store goes away while the channel thinks."""

    async def scenario() -> None:
        holder = await user(home)
        await cards(home, holder.user_id)
        store: Any = home.hub.store
        usual = store.begin

        def away() -> Any:
            raise StoreUnavailable("away")

        async def gone(answer: Answer) -> Answer:
            store.begin = away
            return answer

        try:
            with Reworded(home, PAYLOAD, gone):
                answer = await payload(home, holder.user_id, card_of(home, holder).card_id)
        finally:
            store.begin = usual
        assert (answer.code, "encData" in answer.body) == ("96", False)
        assert await trail(home, holder.user_id) == []

    home.run(scenario())


def test_no_number_lies_anywhere(home: House) -> None:
    """RULES section 7. Files of the home (database, logs) byte by byte; a PostgreSQL database by the text of every row."""

    async def scenario() -> tuple[Cardholder, WalletCard, str]:
        holder = await user(home)
        card = card_of(home, holder)
        await cards(home, holder.user_id)
        answer = await payload(home, holder.user_id, card.card_id)
        grant = await change_grant(home, allows_pan=True)
        home.world.channel().gives_pans = True
        assert (await payload(home, holder.user_id, card.card_id)).code == "00"
        home.world.channel().gives_pans = False
        await put_grant(home, grant)
        return holder, card, answer.body["encData"]

    holder, card, sealed = home.run(scenario())
    wanted = [holder.token.reveal(), holder.pan.reveal(), sealed]
    for path in (each for each in home.home.rglob("*") if each.is_file()):
        content = path.read_bytes()
        assert [value for value in wanted if value.encode() in content] == [], path
    if home.way == "postgres":
        text = home.run(everything(home))
        assert card.card_id in text
        assert [value for value in wanted if value in text or value.encode().hex() in text] == []


def test_lists_that_ended_are_purged(home: House) -> None:
    async def scenario() -> None:
        holder = await user(home)
        await cards(home, holder.user_id)
        long, began = timedelta(days=365), home.clock.now()
        home.clock.advance(601)
        async with home.hub.store.begin() as uow:
            assert await uow.card_lists(PARKING, HARBOUR_CHANNEL, holder.user_id, began) != []
            await uow.purge(uuids_kept=long, claims_kept=long, codes_expired_before=home.clock.now())
            assert await uow.card_lists(PARKING, HARBOUR_CHANNEL, holder.user_id, began) == []
            await uow.commit()

    home.run(scenario())
