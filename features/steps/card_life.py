"""A card after it was issued: what its holder, its issuer and an operator do with it, and what the app may ask."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import Any, Final

import msgspec
from pytest_bdd import given, then, when
from steps.payments import STRANGERS
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.cards import IssuerBlock
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import luhn_complete
from unionhub.hosts.sandbox.bank import BankReply, BankRequest
from unionhub.hosts.sandbox.card_face import HEIGHT, WIDTH
from unionhub.hosts.sandbox.partner import HubRequest

MOVE: Final = "CARD_STATUS_MANAGEMENT"
BALANCE: Final = "BALANCE_INQUIRY"
OPERATOR: Final = "the operator of this scenario"

# --- the holder

ACTIONS: Final = {"suspends": "SUSPEND", "resumes": "RESUME", "deletes": "DELETE"}


@when(Phrase("the cardholder {action:Action} the card", Action=ACTIONS))
def moves_the_card(story: Story, action: str) -> None:
    story.tell(story.gateway, story.gateway.card_status_management(story.holder, ACTIONS[action]))


@given("the cardholder has suspended the card")
def has_suspended_the_card(story: Story) -> None:
    moves_the_card(story, "suspends")
    assert story.answer.code == "00"


@when(Phrase('the app asks to "{action:w}" the card'))
def moves_the_card_in_its_own_words(story: Story, action: str) -> None:
    story.tell(story.gateway, story.gateway.card_status_management(story.holder, action))


@when("the app repeats its first message about the card")
def repeats_the_first(story: Story) -> None:
    story.tell_again(next(said for said in story.said if said.request.message == MOVE))


# --- questions


def _suspend(story: Story, **changes: Any) -> HubRequest:
    return story.gateway.card_status_management(story.holder, "SUSPEND", **changes)


def _ask_for_the_state(story: Story, **changes: Any) -> HubRequest:
    return story.gateway.card_status_inquiry(story.holder, **changes)


def _ask_for_the_balance(story: Story, **changes: Any) -> HubRequest:
    return story.gateway.card_balance_inquiry(story.holder, **changes)


@when("the app asks for the card's state")
def asks_for_the_state(story: Story) -> None:
    story.tell(story.gateway, _ask_for_the_state(story))


@when("the app asks for the balance")
def asks_for_the_balance(story: Story) -> None:
    story.tell(story.gateway, _ask_for_the_balance(story))


ABOUT_THE_CARD: Final[dict[str, Callable[..., HubRequest]]] = {
    "suspends the card": _suspend,
    "asks for the card's state": _ask_for_the_state,
    "asks for the balance": _ask_for_the_balance,
}


@when(Phrase("the app {asks:Asks} {strangely:Strangely}", Asks=ABOUT_THE_CARD, Strangely=STRANGERS))
def asks_strangely(story: Story, asks: str, strangely: str) -> None:
    story.tell(story.gateway, ABOUT_THE_CARD[asks](story, **STRANGERS[strangely](story)))


@when("the app downloads the picture of the card")
def downloads_the_picture(story: Story) -> None:
    face_id = next(said.answer.trx["cardFaceID"] for said in story.said if "cardFaceID" in said.answer.trx)
    story.tell(story.gateway, story.gateway.cardface_downloading(face_id))


@when("the app downloads a picture that there is not")
def downloads_no_picture(story: Story) -> None:
    story.tell(story.gateway, story.gateway.cardface_downloading("999999"))


# --- the bank and the issuer

BANK_ON_BALANCES: Final = {
    "does not answer what the balance is": "no_answer",
    "says 14 to a question for the balance": "code:14",
    "says 91 to a question for the balance": "code:91",
    "says ZZ to a question for the balance": "code:ZZ",
}


@given(Phrase("the bank {silence:Silence}", Silence=BANK_ON_BALANCES))
def the_bank_tells_no_balance(story: Story, silence: str) -> None:
    story.world.faults.add(story.holder.issuer, BALANCE, BANK_ON_BALANCES[silence])


@given("the bank names no tier with the balance")
def the_bank_names_no_tier(story: Story) -> None:
    handlers = story.world.bank().handlers
    usual = handlers[BALANCE]

    async def without_tier(request: BankRequest) -> BankReply:
        reply = await usual(request)
        return msgspec.structs.replace(reply, trx={name: told for name, told in reply.trx.items() if name != "accountTier"})

    def as_before() -> None:
        handlers[BALANCE] = usual

    handlers[BALANCE] = without_tier
    story.undo(as_before)


@when(Phrase("the issuer says that the account is of tier {tier:Number}"))
def the_issuer_says(story: Story, tier: int) -> None:
    _say_tier(story, story.holder.token.reveal(), tier)


@when(Phrase("the issuer says that the account of a card that does not exist is of tier {tier:Number}"))
def the_issuer_says_of_no_card(story: Story, tier: int) -> None:
    _say_tier(story, luhn_complete("623609999999999"), tier)


def _say_tier(story: Story, token: str, tier: int) -> None:
    issuer = story.world.issuer(story.holder.issuer)
    story.tell(issuer, issuer.request("ACCOUNT_UPDATE_NOTIFICATION", {"token": token, "accountTier": str(tier)}))


# --- the operator

REASONS: Final[dict[str, IssuerBlock | None]] = {
    "which was lost": IssuerBlock.LOST,
    "which was stolen": IssuerBlock.STOLEN,
    "which is worn": None,
}


@when(Phrase("an operator replaces the card, {reason:Reason}", Reason=REASONS), target_fixture="refused_with")
def an_operator_replaces(story: Story, reason: str) -> str:
    card = story.card(story.holder)

    async def replaced() -> str:
        try:
            await story.house.hub.issuing.reissue(card.card_id, block=REASONS[reason], reason=reason, actor=OPERATOR)
        except Decline as decline:
            return decline.code
        return ""

    return story.run(replaced())


@then(Phrase("the operator is refused with {code:Code}"))
def the_operator_is_refused(refused_with: str, code: str) -> None:
    assert refused_with == code


# --- what there is to see


@then(Phrase("the app hears that the card is {state:w}"))
def hears_the_state(story: Story, state: str) -> None:
    trx = story.answer.trx
    assert trx["deviceID"] == story.holder.device_id
    assert trx.get("tokenState", trx.get("cardStatus")) == state


@then(Phrase("the app sees a balance of {amount:Amount} on an account of tier {tier:Number}"))
def sees_a_balance(story: Story, amount: Amount, tier: int) -> None:
    trx = story.answer.trx
    assert str(Amount(trx["balCurrency"], trx["balAmt"])) == str(amount)
    assert trx["accountTier"] == str(tier)


@then("the app has a picture, and the place for the number on it")
def has_a_picture(story: Story) -> None:
    trx = story.answer.trx
    picture = base64.b64decode(trx["cardfaceData"], validate=True)
    assert trx["cardfaceType"] == "PNG"
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (WIDTH, HEIGHT)
    assert 0 < int(trx["panPosX"]) < WIDTH
    assert 0 < int(trx["panPosY"]) < HEIGHT
    assert int(trx["panFontSize"]) > 0


@then(Phrase('the issuer is told {code:Code} "{text}"'))
def the_issuer_is_told(story: Story, code: str, text: str) -> None:
    answer = story.said[-1].answer
    assert (answer.status, answer.code, answer.text) == (200, code, text)
