"""Authorized login under pressure, on each store: one ticket whatever is repeated, nothing personal kept, no word believed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.house import WAYS, House, house
from support.stores import NoPostgres
from unionhub.domain.flows.service_questions import ServiceQuestions
from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.login import Login
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.services import (
    GRANT_MOVES,
    Grant,
    GrantEvent,
    GrantState,
    IndustryService,
    Offered,
    PersonalField,
    offered,
    service_faults,
)
from unionhub.hosts.sandbox.partner import HubAnswer
from unionhub.hosts.sandbox.seeds import HARBOUR_CHANNEL, PARKING
from unionhub.ports.partners import CircuitOpen, GateRefused, NotSent, NoWord, Overloaded

CODE = "60010001"
LOGIN = "INDUSTRY_LOGIN_INFO"
PERSONAL = {
    "mobile": "+852 5555 0199",
    "email": "mei.lam@harbour.example",
    "idType": "1",
    "idNo": "440524188001010014",
}


@pytest.fixture(scope="module", params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    try:
        with house(request.param, tmp_path_factory.mktemp(request.param)) as made:
            yield made
    except NoPostgres as reason:
        pytest.skip(str(reason))


async def login(home: House, user: str, **changes: Any) -> HubAnswer:
    channel = home.world.channel()
    return await channel.send(await channel.channel_login_info(CODE, user, PERSONAL, **changes))


def told_of(home: House, user: str) -> list[str]:
    """Tickets of this user at the industry."""
    return [ticket for ticket, visitor in home.world.industry().visitors.items() if visitor.user_id == user]


async def latest(home: House, user: str) -> Login | None:
    async with home.hub.store.begin() as uow:
        return await uow.latest_login(HARBOUR_CHANNEL, user, PARKING)


def test_of_50_equal_ones_at_once_one_ticket_is_made(home: House) -> None:
    async def storm() -> list[HubAnswer]:
        channel = home.world.channel()
        request = await channel.channel_login_info(CODE, "storm", PERSONAL)
        answers = await asyncio.gather(*(channel.send(request) for _ in range(50)))
        return [*answers, await channel.send(request)]

    *at_once, later = home.run(storm())
    assert Counter(answer.code for answer in at_once).keys() <= {"00", "04"}
    assert later.code == "00"
    urls = {answer.body["industryUrl"] for answer in (*at_once, later) if answer.code == "00"}
    assert len(urls) == 1
    assert not any("industryUrl" in answer.body for answer in at_once if answer.code == "04")
    assert [urls.pop().partition("ticket=")[2]] == told_of(home, "storm")


def test_a_re_sealed_message_is_still_the_same_one(home: House) -> None:
    """The JWE is another text each time; its plaintext counts."""

    async def twice() -> tuple[HubAnswer, HubAnswer, HubAnswer]:
        channel = home.world.channel()
        first = await channel.channel_login_info(CODE, "resealed", PERSONAL)
        again = await channel.channel_login_info(CODE, "resealed", PERSONAL, msg_id=first.msg_id)
        other = await channel.channel_login_info(CODE, "resealed", {**PERSONAL, "mobile": "1"}, msg_id=first.msg_id)
        assert first.body["encData"] != again.body["encData"]
        return await channel.send(first), await channel.send(again), await channel.send(other)

    first, again, other = home.run(twice())
    assert (first.code, again.body["industryUrl"]) == ("00", first.body["industryUrl"])
    assert (other.code, "industryUrl" in other.body) == ("78", False)
    assert len(told_of(home, "resealed")) == 1


def test_a_login_lives_for_its_time(home: House) -> None:
    async def scenario() -> None:
        assert await latest(home, "lives") is None
        await login(home, "lives")
        found = await latest(home, "lives")
        assert found is not None
        assert found.ends_at - found.opened_at == timedelta(seconds=1800)
        assert found.is_live(found.opened_at)
        assert not found.is_live(found.ends_at)

    home.run(scenario())


@pytest.mark.parametrize("fault", ["no_answer", "garbage", "bad_signature", "answer_of_another", "code:96"])
def test_without_the_industrys_word_there_is_no_login(home: House, fault: str) -> None:
    async def scenario() -> None:
        home.world.faults.add(PARKING, LOGIN, fault)
        answer = await login(home, fault)
        assert (answer.code, "industryUrl" in answer.body) == ("91" if fault == "code:96" else "98", False)
        assert await latest(home, fault) is None

    home.run(scenario())


def test_an_answer_with_another_channel_is_no_answer(home: House) -> None:
    async def scenario() -> None:
        industry = home.world.industry()
        usual = industry.handlers[LOGIN]

        async def of_another(received: Any) -> Any:
            answer = await usual(received)
            return msgspec.structs.replace(answer, trx={**answer.trx, "channelCode": "PEAKLIFE02"})

        industry.handlers[LOGIN] = of_another
        try:
            assert (await login(home, "another")).code == "98"
        finally:
            industry.handlers[LOGIN] = usual

    home.run(scenario())


def test_what_crosses_is_as_the_rules_say(home: House) -> None:
    """RULES section 15: flat, the codes, a ticket and its end, and encData that holds what this industry may know."""
    answer = home.run(login(home, "crosses", language="zh_HK", longitude="114.16", latitude="22.28"))
    industry = home.world.industry()
    body = industry.inbox.items(LOGIN)[-1].body
    sealed = body.pop("encData")
    ticket = answer.body["industryUrl"].partition("ticket=")[2]
    assert (len(ticket), body.pop("ticket")) == (43, ticket)
    assert len(body["msgID"]) == 29
    assert body.pop("msgID").startswith(f"A{CODE}{home.clock.now():%Y%m%d%H%M%S}")
    assert body == {
        "channelCode": "HARBOUR01",
        "industryCode": CODE,
        "userId": "crosses",
        "expiresAt": f"{home.clock.now() + timedelta(seconds=60):%Y%m%d%H%M%S}",
        "language": "zh-HK",
        "longitude": "114.16",
        "latitude": "22.28",
    }
    opened = msgspec.json.decode(home.run(industry.open_(sealed)))
    assert opened == {"mobile": PERSONAL["mobile"], "email": PERSONAL["email"]}


def test_nothing_personal_and_no_ticket_lies_anywhere(home: House) -> None:
    """RULES section 7. Files of the home (database, logs) byte by byte; a PostgreSQL database by the text of every row."""
    answer = home.run(login(home, "at-rest"))
    ticket = answer.body["industryUrl"].partition("ticket=")[2]
    wanted = [PERSONAL["mobile"], PERSONAL["email"], PERSONAL["idNo"], ticket]
    assert len(told_of(home, "at-rest")) == 1
    for path in (each for each in home.home.rglob("*") if each.is_file()):
        content = path.read_bytes()
        assert [value for value in wanted if value.encode() in content] == [], path
    if home.way == "postgres":
        text = home.run(everything(home))
        assert "at-rest" in text
        assert [value for value in wanted if value in text or value.encode().hex() in text] == []


async def everything(home: House) -> str:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    from unionhub.adapters.sql.engine import database_url
    from unionhub.adapters.sql.tables import METADATA

    engine = create_async_engine(database_url(home.hub.settings.database_url.reveal()))
    found = []
    async with engine.connect() as connection:
        for table in METADATA.tables:
            found += [str(row[0]) for row in await connection.execute(text(f'SELECT t::text FROM "{table}" AS t'))]
    await engine.dispose()
    return "\n".join(found)


def test_a_channel_that_uses_up_its_uuid_is_turned_away(home: House) -> None:
    """A read too: GET_INDUSTRY_LIST is accepted once for its UPI-UUID."""

    async def scenario() -> list[int]:
        channel = home.world.channel()
        request = channel.get_industry_list()
        headers, body = await channel.signed(request)
        transport = home.world.hub.transport
        assert transport is not None
        replies = [await transport.post(home.url + request.path, headers, body, timeout_s=5.0) for _ in range(2)]
        return [reply.status for reply in replies]

    assert home.run(scenario()) == [200, 401]


def test_a_login_is_two_transactions_and_a_list_one(home: House) -> None:
    """DESIGN section 2.4; a repeat is one."""

    async def counted() -> list[int]:
        channel, counts = home.world.channel(), []
        request = await channel.channel_login_info(CODE, "counted", PERSONAL)
        await login(home, "warm")  # numbers are reserved in blocks
        for each in (request, request, channel.get_industry_list()):
            before = home.hub.store.transactions_begun  # type: ignore[attr-defined]
            assert (await channel.send(each)).code == "00"
            counts.append(home.hub.store.transactions_begun - before)  # type: ignore[attr-defined]
        return counts

    assert home.run(counted()) == [2, 1, 1]


# --- without a hub


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(Overloaded, "96"), (CircuitOpen, "91"), (GateRefused, "91"), (NotSent, "92"), (NoWord, "98")],
)
def test_what_is_said_of_a_partner_that_says_nothing(trouble: type[Exception], code: str) -> None:
    class Silent:
        async def call(self, *_: Any, **__: Any) -> Any:
            raise trouble("for the operator")

    questions = ServiceQuestions(Silent(), OutcomePolicy())
    assert asyncio.run(questions.ask(None, None)) == code  # type: ignore[arg-type]


GRANT = Grant(channel="39990031", industry="39990041")


@pytest.mark.parametrize("state", GrantState)
@pytest.mark.parametrize("event", GrantEvent)
def test_a_grant_moves_as_its_table_says(state: GrantState, event: GrantEvent) -> None:
    grant = msgspec.structs.replace(GRANT, state=state)
    if event in GRANT_MOVES[state]:
        assert grant.after(event) is GRANT_MOVES[state][event]
    else:
        with pytest.raises(IllegalMove, match=f"is {state}: no {event}"):
            grant.after(event)


def test_a_grant_holds_from_its_first_moment_until_its_last(tmp_path: Path) -> None:
    from contracts.store_samples import NOW, SECOND

    grant = msgspec.structs.replace(GRANT, state=GrantState.GRANTED, valid_from=NOW, valid_until=NOW + SECOND)
    microsecond = timedelta(microseconds=1)
    moments = [NOW - microsecond, NOW, NOW + SECOND - microsecond, NOW + SECOND]
    assert [grant.holds(moment) for moment in moments] == [False, True, True, False]
    states = [Offered.APPLIED, Offered.GRANTED, Offered.GRANTED, Offered.OPEN]
    assert [offered(grant, moment) for moment in moments] == states
    assert offered(None, NOW) is Offered.OPEN


SERVICE = IndustryService(app_id="39990041", name="S", category="c", url="https://service.example/start")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, ""),
        ({"url": "http://127.0.0.1:8080/start"}, ""),
        ({"url": "http://localhost/start"}, ""),
        ({"url": "https://service.example/start?a=1"}, ""),
        ({"url": "https://s.example/" + "x" * 442}, ""),  # 460: with ?ticket= and 43 characters 511
        ({"url": "https://s.example/" + "x" * 444}, "too long"),
        ({"url": "http://service.example/start"}, "https is needed"),
        ({"url": "ftp://service.example/start"}, "must be https"),
        ({"url": "https://user@service.example/"}, "without a user"),
        ({"url": "https://service.example/#there"}, "no fragment"),
        ({"url": "https://service.example/a b"}, "must be https"),
        ({"url": "https://[service.example/"}, "must be https"),
        ({"url": "https://service.example:0/"}, "must be https"),
        ({"url": ""}, "must be https"),
        ({"default_language": "en_HK"}, "is no language"),
        ({"languages": frozenset({"zh-HK"})}, "none that it speaks"),
        ({"languages": frozenset({"zz-HK"})}, "is no language"),
        ({"ticket_life_s": 0}, "a ticket lives"),
        ({"login_life_s": 32 * 86_400}, "a login lives"),
    ],
    ids=str,
)
def test_what_a_service_must_be(changes: dict[str, Any], word: str) -> None:
    faults = service_faults(msgspec.structs.replace(SERVICE, **changes))
    assert (not faults) if not word else word in faults[0]


def test_a_number_of_a_document_goes_with_its_type() -> None:
    assert SERVICE.passes == frozenset()
    takes = frozenset({PersonalField.ID_NO})
    assert msgspec.structs.replace(SERVICE, takes=takes).passes == {PersonalField.ID_NO, PersonalField.ID_TYPE}
