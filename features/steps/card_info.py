"""Industries that ask for the cards of a user who came in, and the channels that show them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from pytest_bdd import given, then, when
from steps.login import CHANNELS, DAY, KNOWN, SERVICES, User, put_grant
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.channel_cards import CARDS_MAX
from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.services import GrantState
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import HubAnswer
from unionhub.hosts.sandbox.register import card_expiry
from unionhub.hosts.sandbox.seeds import HKD, PARKING, WALLETS

LIST, PAYLOAD = "GET_CARD_LIST", "GET_CARD_PAYLOAD"
A_HUNDRED: Final = Amount(HKD, "100.00")
_GATEWAYS: Final = {channel: gateway for gateway, channel in WALLETS.items()}

# --- the user


@given(Phrase("a user of {channel:Channel} with a card of Bauhinia Bank", Channel=CHANNELS), target_fixture="user")
def a_user_with_a_card(story: Story, channel: str, amount: Amount = A_HUNDRED) -> User:
    user = User(story, CHANNELS[channel], KNOWN["whose mobile number it knows"])
    user.user_id = story.add_holder(amount, _GATEWAYS[CHANNELS[channel]]).user_id
    return user


@given(Phrase("the user has opened {service:Service}", Service=SERVICES))
def has_opened(story: Story, user: User, service: str) -> None:
    """The chart before this one: its messages are not of this scenario."""
    code = story.world.industry(SERVICES[service]).identity.industry_code
    answer = story.tell(user.channel, user.channel.channel_login_info(code, user.user_id, user.personal))
    assert answer.code == "00"
    story.since = story.world.journal.last_seq


@given("the user has a second card in the app")
def a_second_card(story: Story, user: User) -> None:
    other = story.add_holder(Amount(HKD, "100.00"), story.holder.gateway)
    card = user.channel.cards(other.user_id)[0]
    user.channel.add_card(user.user_id, card.token, card.expiry, card.masked_pan, card.issuer_name)


# --- what is asked

WHOSE: Final[dict[str, dict[str, str]]] = {
    "the user's cards": {},
    "the cards of somebody whom the channel does not know": {"userId": "nobody"},
    "the cards of the user at a channel that there is not": {"channelCode": "NOBODY0001"},
}


@when(Phrase("{service:Service} asks for {whose:Whose}", Service=SERVICES, Whose=WHOSE))
def asks_for_the_cards(story: Story, user: User, service: str, whose: str) -> None:
    industry = story.world.industry(SERVICES[service])
    story.tell(industry, industry.get_card_list(user.channel.identity.channel_code, user.user_id, **WHOSE[whose]))


@when("the user selects the card")
@when("the user selects the card once more")
def selects_the_card(story: Story, user: User) -> None:
    _ask_for(story, user, PARKING)


@when("Junk Boat Travel asks for the card that Kerbside Parking was shown")
def asks_for_what_another_was_shown(story: Story, user: User) -> None:
    _ask_for(story, user, SERVICES["Junk Boat Travel"])


CARD_IDS: Final = {"that it has guessed": None, "of another user": None}


@when(Phrase("Kerbside Parking asks for a card {which:Which}", Which=CARD_IDS))
def asks_for_a_card(story: Story, user: User, which: str) -> None:
    card_id = "9f86d081884c7d65"
    if which == "of another user":
        other = story.add_holder(Amount(HKD, "100.00"), story.holder.gateway)
        card_id = user.channel.cards(other.user_id)[0].card_id
    _ask_for(story, user, PARKING, card_id)


def _ask_for(story: Story, user: User, app_id: str, card_id: str | None = None) -> None:
    """The card of the user; its identifier is right even where nobody was told it."""
    industry = story.world.industry(app_id)
    card_id = card_id or user.channel.cards(user.user_id)[0].card_id
    story.tell(industry, industry.get_card_payload(user.channel.identity.channel_code, user.user_id, card_id))


# --- what was agreed on

LATER: Final[dict[str, dict[str, Any]]] = {
    "is suspended": {"state": GrantState.SUSPENDED},
    "is revoked": {"state": GrantState.REVOKED},
    "comes to its end": {"valid_until": -DAY},
    "allows PANs": {"allows_pan": True},
}


@when(Phrase("the agreement with Kerbside Parking {later:Later}", Later=LATER))
def the_agreement_changes(story: Story, user: User, later: str) -> None:
    before = story.house.hub.directory.grant(user.channel.app_id, PARKING)
    assert before is not None
    now = story.house.clock.now()
    changes = {name: now + value if value == -DAY else value for name, value in LATER[later].items()}
    story.run(put_grant(story, msgspec.structs.replace(before, **changes)))
    story.undo(lambda: story.run(put_grant(story, before)))


# --- the channel

MESSAGES: Final = {"the list": LIST, "the card": PAYLOAD}
CHANNEL_FAULTS: Final = {
    "says nothing": "no_answer",
    "answers, and the answer gets lost": "book_then_no_answer",
    "answers with garbage": "garbage",
    "answers with a false signature": "bad_signature",
    "answers another message": "answer_of_another",
    "says 96": "code:96",
    "says 14": "code:14",
}


@given(Phrase("the channel, asked for {what:What}, {fault:Fault}", What=MESSAGES, Fault=CHANNEL_FAULTS))
def the_channel_fails(story: Story, user: User, what: str, fault: str) -> None:
    story.world.faults.add(user.channel.app_id, MESSAGES[what], CHANNEL_FAULTS[fault])


@given("the channel cannot be reached")
@when("the channel goes away")
def the_channel_cannot_be_reached(story: Story, user: User) -> None:
    story.cut_off(user.channel.app_id)


@when("the channel can be reached again")
def the_channel_can_be_reached(story: Story, user: User) -> None:
    story.connect(user.channel.app_id)


def _first(cards: list[dict[str, Any]], **changes: Any) -> list[dict[str, Any]]:
    return [{**cards[0], **changes}, *cards[1:]]


SHOWS: Final[dict[str, Any]] = {
    "the card twice": lambda cards: cards + cards,
    "a card number that is not masked": lambda cards: _first(cards, maskedPan="6291002000000012"),
    "a card number with four digits hidden too few": lambda cards: _first(cards, maskedPan="6291002***000012"),
    "a card without an identifier": lambda cards: _first(cards, cardId=""),
    "a card whose identifier is a card number": lambda cards: _first(cards, cardId="6291002000000012"),
    "more cards than anybody has": lambda cards: [{**cards[0], "cardId": str(n)} for n in range(CARDS_MAX + 1)],
    "no list at all": lambda cards: "none",
}


@given(Phrase("the app of the channel shows {what:What}", What=SHOWS))
def the_app_shows(story: Story, user: User, what: str) -> None:
    async def shown(answer: Answer) -> Answer:
        return msgspec.structs.replace(answer, trx={"cards": SHOWS[what](answer.trx["cards"])})

    _reword(story, user, LIST, shown)


TELLS: Final[dict[str, dict[str, str]]] = {
    "neither token nor PAN": {"expiry": "3103"},
    "a number that is no card's": {"token": "6236091000000012", "expiry": "3103"},
    "a card that ends in a thirteenth month": {"token": "6236091000000011", "expiry": "3113"},
}


@given(Phrase("the app of the channel tells {what:What}", What=TELLS))
def the_app_tells(story: Story, user: User, what: str) -> None:
    async def told(answer: Answer) -> Answer:
        return msgspec.structs.replace(answer, trx={"encData": await user.channel.seal(msgspec.json.encode(TELLS[what]))})

    _reword(story, user, PAYLOAD, told)


@given("the app of the channel seals the card for somebody else")
def the_app_seals_for_another(story: Story, user: User) -> None:
    async def sealed(answer: Answer) -> Answer:
        return msgspec.structs.replace(answer, trx={"encData": "e30.e30.e30.e30.e30"})

    _reword(story, user, PAYLOAD, sealed)


@given("the app of the channel tells PANs")
def the_app_tells_pans(story: Story, user: User) -> None:
    user.channel.gives_pans = True
    story.undo(lambda: setattr(user.channel, "gives_pans", False))


def _reword(story: Story, user: User, message: str, change: Any) -> None:
    """What the app of the channel answers, changed before it is signed."""
    handlers = user.channel.handlers
    usual = handlers[message]

    async def reworded(received: Received) -> Answer:
        return await change(await usual(received))  # type: ignore[no-any-return]

    handlers[message] = reworded
    story.undo(lambda: handlers.__setitem__(message, usual))


# --- the industry


def _heard(story: Story) -> HubAnswer:
    return story.said[-1].answer


@then(Phrase('{service:Service} is told {code:Code} "{text}"', Service=SERVICES))
def the_industry_is_told(story: Story, service: str, code: str, text: str) -> None:
    said = story.said[-1]
    assert said.partner.app_id == SERVICES[service]
    assert (said.answer.status, said.answer.code, said.answer.text) == (200, code, text)
    assert said.answer.code == "00" or not {"cards", "encData"} & said.answer.body.keys()


@then("Kerbside Parking is turned away at the gate")
def turned_away(story: Story) -> None:
    assert (_heard(story).status, _heard(story).code) == (401, "E0")


COUNTS: Final = {"the card, masked": 1, "both cards, masked": 2, "no card": 0}


@then(Phrase("it sees {what:What}", What=COUNTS))
def it_sees(story: Story, user: User, what: str) -> None:
    wallet, listed = user.channel.cards(user.user_id), _heard(story).body["cards"]
    assert listed == [
        {
            "cardId": card.card_id,
            "maskedPan": card.masked_pan,
            "cardType": "DEBIT",
            "issuerName": "Bauhinia Bank",
        }
        for card in wallet[: COUNTS[what]]
    ]
    assert all(
        each["maskedPan"] == mask_number(holder.pan.reveal()) for each, holder in zip(listed, story.holders, strict=False)
    )


@given("the user has no card in the app")
def no_card(user: User) -> None:
    user.channel.drop_cards(user.user_id)


NUMBERS: Final = {"token": "token", "PAN": "pan"}


@then(Phrase("it has the {number:Kind} of the card and its expiry, sealed for it alone", Kind=NUMBERS))
def it_has_the_card(story: Story, number: str) -> None:
    """What it opens is the card's; what came to UCSP is sealed in another way, and neither is in clear anywhere."""
    industry, answer = story.said[-1].partner, _heard(story)
    opened = msgspec.json.decode(story.run(industry.open_(answer.body["encData"])))
    value = story.holder.token if number == "token" else story.holder.pan
    expiry = f"{card_expiry(story.house.clock.now()):%y%m}"
    assert opened == {NUMBERS[number]: value.reveal(), "expiry": expiry}
    assert value.reveal() not in str(answer.body)


@then("nothing of the card is kept but what the user saw")
def nothing_is_kept(story: Story, user: User) -> None:
    async def kept() -> bytes:
        async with story.house.hub.store.begin() as uow:
            lists = await uow.card_lists(PARKING, user.channel.app_id, user.user_id, story.house.clock.now())
            return msgspec.json.encode([lists, await uow.audit(limit=20)])

    record = story.run(kept()).decode()
    assert user.channel.cards(user.user_id)[0].masked_pan in record
    assert [number for number in (story.holder.token.reveal(), story.holder.pan.reveal()) if number in record] == []


OUTCOMES: Final = {
    "granted, the token": ("granted", "token of "),
    "granted, the PAN": ("granted", "PAN of "),
    "refused with 14": ("refused", "14"),
    "refused with 40": ("refused", "40"),
    "refused with 57": ("refused", "57"),
    "refused with 62": ("refused", "62"),
    "refused with 91": ("refused", "91"),
    "refused with 92": ("refused", "92"),
    "refused with 98": ("refused", "98"),
}


@then(Phrase("the record of the user's card says: {service:Service}, {outcome:Outcome}", Service=SERVICES, Outcome=OUTCOMES))
def the_record_says(story: Story, user: User, service: str, outcome: str) -> None:
    """The newest line: who asked, what became of it, and at most the card as it is masked."""
    entry = _record(story, user)[0]
    word, detail = OUTCOMES[outcome]
    assert (entry.actor, entry.action, entry.outcome) == (SERVICES[service], "card.payload", word)
    card = user.channel.cards(user.user_id)[0]
    assert entry.detail == (detail + card.masked_pan if word == "granted" else detail)


@then("the record of the user's card has two lines")
def the_record_has_two_lines(story: Story, user: User) -> None:
    assert len(_record(story, user)) == 2


@then("the record of the user's card is empty")
def the_record_is_empty(story: Story, user: User) -> None:
    assert _record(story, user) == []


def _record(story: Story, user: User) -> list[Any]:
    async def lines() -> list[Any]:
        async with story.house.hub.store.begin() as uow:
            return await uow.audit(subject=f"user {user.channel.identity.channel_code}/{user.user_id}")

    return story.run(lines())
