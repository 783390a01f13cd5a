"""Money from hand to hand: between cardholders, from a machine, at a cashier; and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from pytest_bdd import given, then, when
from steps.bank import INQUIRY, REVERSAL
from steps.shops import ALWAYS
from story import DEBIT, Story
from words import Amount, Phrase

from unionhub.domain.model.cards import HolderState, IssuerBlock
from unionhub.domain.model.identifiers import AccountNumber, luhn_complete
from unionhub.hosts.sandbox.bank import BankReply, BankRequest
from unionhub.hosts.sandbox.gateway import CONTINUING, REJECTED, Payee
from unionhub.hosts.sandbox.partner import HubRequest
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import HARBOUR, HKD, JPY, Cardholder

CREDIT: Final = "CREDIT_TRANSACTION"
TRANSFER: Final = "P2P_TRANSFER"
NO_SUCH_TOKEN: Final = luhn_complete("623609999999999")
NO_SUCH_ACCOUNT: Final = "012899999999"
CURRENCIES: Final = {"Hong Kong dollars": HKD, "yen": JPY, "a currency that does not exist": "000"}

# --- the bank, when all is not well


MOVES: Final[dict[str, tuple[tuple[str, str, int], ...]]] = {
    "does not answer the credit, and books nothing": ((CREDIT, "no_answer", 1),),
    "decides about the credit, but its answer gets lost": ((CREDIT, "book_then_no_answer", 1),),
    "books the credit, loses its answer, and knows of nothing when it is asked": (
        (CREDIT, "book_then_no_answer", 1),
        (INQUIRY, "code:25", ALWAYS),
    ),
    "does not answer the transfer, and books nothing": ((TRANSFER, "no_answer", 1),),
    "decides about the transfer, but its answer gets lost": ((TRANSFER, "book_then_no_answer", 1),),
    "books the transfer, loses its answer, and knows of nothing when it is asked": (
        (TRANSFER, "book_then_no_answer", 1),
        (INQUIRY, "code:25", ALWAYS),
    ),
    "books the debit, loses its answer, and knows of nothing when it is asked": (
        (DEBIT, "book_then_no_answer", 1),
        (INQUIRY, "code:25", ALWAYS),
    ),
    "does not answer the next reversal": ((REVERSAL, "no_answer", 1),),
}


@given(Phrase("the bank {mishap:Mishap}", Mishap=MOVES))
def the_bank_fails_at(story: Story, mishap: str) -> None:
    for message, kind, times in MOVES[mishap]:
        story.world.faults.add(story.holder.issuer, message, kind, times=times)


BOOKED: Final = {"the credit": CREDIT, "the transfer": TRANSFER}


@given(Phrase("the bank books nothing of {move:Move} and says {code:Code}", Move=BOOKED))
def the_bank_books_nothing(story: Story, move: str, code: str) -> None:
    story.world.faults.add(story.holder.issuer, BOOKED[move], f"code:{code}")


@given(Phrase("the bank books all of {move:Move} and says {code:Code}", Move=BOOKED))
def the_bank_books_all(story: Story, move: str, code: str) -> None:
    handlers, message = story.world.bank().handlers, BOOKED[move]
    usual = handlers[message]

    async def once(request: BankRequest) -> BankReply:
        handlers[message] = usual
        return msgspec.structs.replace(await usual(request), code=code)

    handlers[message] = once
    story.undo(lambda: handlers.__setitem__(message, usual))


# --- transfers


class Strangers:
    """Payees who are no cardholders of the scenario."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.account: Cardholder | None = None

    def account_without_card(self) -> AccountNumber:
        """An account at the bank whose owner has no card here."""
        story = self._story
        self.account = story.run(story.world.new_cardholder(story.holder.gateway, "0.00"))
        return self.account.account

    def account_of_a_deleted_card(self) -> AccountNumber:
        """An account whose owner had a card here. It is no cardholder of the scenario: the hub cannot know whose money came."""
        story = self._story
        self.account = story.run(story.house.cardholder(None, "0.00"))
        _change_card(story, self.account, HolderState.DELETED)
        return self.account.account

    def card_of_another_issuer(self) -> Cardholder:
        story = self._story
        holder = story.run(story.world.new_cardholder(story.holder.gateway, "0.00"))
        hub = story.house.hub
        registrar = Registrar(hub.store, hub.vault, hub.sequences, story.house.clock)
        foreign = msgspec.structs.replace(holder, issuer=HARBOUR)
        assert story.run(registrar.register_card(foreign))
        return foreign


@pytest.fixture
def strangers(story: Story) -> Strangers:
    return Strangers(story)


@given(Phrase("another cardholder of {app:App} with {amount:Amount} on the account"))
def another_cardholder_of_an_app(story: Story, app: str, amount: Amount) -> None:
    story.add_holder(amount, app)


OTHER_CARDS: Final[dict[str, tuple[HolderState, IssuerBlock | None]]] = {
    "deleted": (HolderState.DELETED, None),
    "suspended": (HolderState.SUSPENDED, None),
    "closed by its issuer": (HolderState.ACTIVE, IssuerBlock.CLOSED),
    "restricted by its issuer": (HolderState.ACTIVE, IssuerBlock.RESTRICTED),
}


@given(Phrase("the other cardholder's card is {state:State}", State=OTHER_CARDS))
def the_other_card_is(story: Story, state: str) -> None:
    _change_card(story, story.holders[1], *OTHER_CARDS[state])


def _change_card(story: Story, holder: Cardholder, held: HolderState, block: IssuerBlock | None = None) -> None:
    card = story.card(holder)
    after = msgspec.structs.replace(card, holder_state=held, issuer_block=block or card.issuer_block)

    async def changed() -> None:
        async with story.house.hub.store.begin() as uow:
            assert await uow.move_card(card, after)
            await uow.commit()

    story.run(changed())


PAYEES: Final[dict[str, Callable[[Story, Strangers], Payee]]] = {
    "the other cardholder": lambda story, _: story.holders[1],
    "the other cardholder's account": lambda story, _: story.holders[1].account,
    "an account without a card": lambda _, strangers: strangers.account_without_card(),
    "an account whose card was deleted": lambda _, strangers: strangers.account_of_a_deleted_card(),
    "a card that does not exist": lambda _story, _: {"token": NO_SUCH_TOKEN},
    "an account that does not exist": lambda _story, _: AccountNumber(NO_SUCH_ACCOUNT),
    "a card of another issuer": lambda _, strangers: strangers.card_of_another_issuer(),
    "themselves": lambda story, _: story.holder,
    "their own account": lambda story, _: story.holder.account,
}


@when(Phrase("the cardholder transfers {amount:Amount} to {payee:Payee}", Payee=PAYEES))
def transfers(story: Story, strangers: Strangers, amount: Amount, payee: str) -> None:
    _transfer(story, amount, PAYEES[payee](story, strangers))


STRANGE_TRANSFERS: Final[dict[str, dict[str, Any]]] = {
    "from another phone": {"deviceID": "f7946ec3a68d9afb"},
    "with a card that does not exist": {"token": NO_SUCH_TOKEN},
}


@when(Phrase("the cardholder transfers {amount:Amount} {strangely:Strangely}", Strangely=STRANGE_TRANSFERS))
def transfers_strangely(story: Story, amount: Amount, strangely: str) -> None:
    _transfer(story, amount, story.holders[1], **STRANGE_TRANSFERS[strangely])


@when(Phrase("the cardholder transfers {amount:Amount}, and what names the payee does not open"))
def transfers_to_nobody_knows_whom(story: Story, amount: Amount) -> None:
    async def spoiled() -> HubRequest:
        request = await story.gateway.p2p_transfer(story.holder, story.holders[1], amount.text)
        trx = request.body["trxInfo"]
        *parts, tag = trx["creditAccountInfo"].split(".")
        other = ".".join([*parts, tag[::-1]])
        return msgspec.structs.replace(request, body={**request.body, "trxInfo": {**trx, "creditAccountInfo": other}})

    story.tell(story.gateway, spoiled())


def _transfer(story: Story, amount: Amount, payee: Payee, **changes: Any) -> None:
    changes = {"trxCurrency": amount.currency, **changes}
    story.tell(story.gateway, story.gateway.p2p_transfer(story.holder, payee, amount.text, **changes))


@when("the app repeats the transfer, sealed anew")
def repeats_sealed_anew(story: Story) -> None:
    _repeat_to(story, story.holders[1])


@when("the app repeats the transfer with its own cardholder as payee")
def repeats_to_another(story: Story) -> None:
    _repeat_to(story, story.holder)


def _repeat_to(story: Story, payee: Payee) -> None:
    """The transfer under its number, what names the payee made anew."""
    before = story.latest(TRANSFER).request
    amount = before.body["trxInfo"]["trxAmt"]

    async def again() -> HubRequest:
        return await story.gateway.p2p_transfer(story.holder, payee, amount, msg_id=before.msg_id)

    story.tell(story.gateway, again())


@then(Phrase("the other cardholder has {amount:Amount}"))
def the_other_has(story: Story, amount: Amount) -> None:
    assert str(Amount.of(story.balance(story.holders[1]))) == str(amount)


@then(Phrase("the account without a card has {amount:Amount}"))
def the_account_has(story: Story, strangers: Strangers, amount: Amount) -> None:
    assert strangers.account is not None
    assert str(Amount.of(story.balance(strangers.account))) == str(amount)


@then(Phrase("the other cardholder's app is notified that {amount:Amount} came"))
def the_payees_app_is_told(story: Story, amount: Amount) -> None:
    """About the payee's own card, and nothing of the payer's."""
    payer, payee = story.holders
    notice = next(each for each in story.notices(payee.gateway) if each.get("token") == payee.token.reveal())
    assert (notice["trxMsgType"], notice["paymentStatus"]) == (TRANSFER, "APPROVED")
    assert (notice["trxCurrency"], notice["trxAmt"]) == (amount.currency, amount.text)
    assert notice["deviceID"] == payee.device_id
    assert payer.token.reveal() not in str(notice)


# --- cash from a machine


@when(Phrase("the cardholder asks for a cash token of {amount:Amount}"))
def asks_for_cash(story: Story, amount: Amount) -> None:
    request = story.gateway.get_cash_out_token(story.holder, amount.text, trxCurrency=amount.currency)
    story.tell(story.gateway, request)


@when("the app asks again for that token")
def asks_for_the_token_again(story: Story) -> None:
    story.tell_again(story.latest("GET_CASH_OUT_TOKEN"))


@then("the app has got the same token twice")
def the_same_token(story: Story) -> None:
    tokens = [said.answer.trx["trxToken"] for said in story.said if said.request.message == "GET_CASH_OUT_TOKEN"]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


@when(Phrase("a machine is asked for {amount:Amount} with the token"))
def draws(story: Story, amount: Amount) -> None:
    _draw(story, amount, story.latest("GET_CASH_OUT_TOKEN").answer.trx["trxToken"])


@when(Phrase("a machine is asked for {amount:Amount} with a token that nobody was given"))
def draws_with_nothing(story: Story, amount: Amount) -> None:
    _draw(story, amount, "999999999999999999")


def _draw(story: Story, amount: Amount, token: str) -> None:
    acquirer = story.world.acquirer()
    story.tell(acquirer, acquirer.withdraw(story.shop, amount.text, token, trxCurrency=amount.currency))


# --- at a cashier


def charge(story: Story, amount: Amount, expiry: str = "", **changes: Any) -> None:
    """TOKEN_PAYMENT. The cardholder says nothing of himself: steps do."""
    ask_nobody(story)
    acquirer, holder = story.world.acquirer(), story.holder
    expiry = expiry or f"{story.card(holder).token_expiry:%y%m}"
    changes = {"trxCurrency": amount.currency, **changes}
    story.tell(acquirer, acquirer.token_payment(story.shop, amount.text, holder.token, expiry, **changes))


def ask_nobody(story: Story) -> None:
    """The app lets its cardholder think until a step says what he says."""
    gateway = story.gateway
    gateway.cardholder_says = ""
    story.undo(lambda: setattr(gateway, "cardholder_says", CONTINUING))


@when(Phrase("a cashier charges the card {amount:Amount}"))
def is_charged(story: Story, amount: Amount) -> None:
    charge(story, amount)


@when(Phrase("a cashier charges the card {amount:Amount}, naming another expiry"))
def is_charged_on_another_expiry(story: Story, amount: Amount) -> None:
    charge(story, amount, "2101")


@when(Phrase("a cashier charges the card {net:Amount}: {gross:Amount} less {discount:Amount}"))
def is_charged_less(story: Story, net: Amount, gross: Amount, discount: Amount) -> None:
    details = [{"discountAmt": discount.text, "discountNote": "Members' day"}]
    charge(story, net, originalAmount=gross.text, discountDetails=details)


ANSWERS: Final = {"agrees to": CONTINUING, "refuses": REJECTED}


@when(Phrase("the cardholder {answers:Answers} the charge in the app", Answers=ANSWERS))
def answers_the_question(story: Story, answers: str) -> None:
    question = story.received(story.holder.gateway, "ADDITIONAL_PROCESSING")[-1]
    request = story.gateway.additional_processing_result(story.holder, question.msg_id, ANSWERS[answers])
    story.tell(story.gateway, request)


# --- what came of it


REPEATED: Final = {"bill payment": "BILL_PAYMENT", "credit": CREDIT, "transfer": TRANSFER}


@when(Phrase("the app repeats the {deed:Deed}", Deed=REPEATED))
def repeats(story: Story, deed: str) -> None:
    story.tell_again(story.latest(REPEATED[deed]))


@when(Phrase("the app asks what became of the {deed:Deed}", Deed=REPEATED))
def asks_what_became(story: Story, deed: str) -> None:
    asked = story.latest(REPEATED[deed]).request
    story.heard = story.tell(story.gateway, story.gateway.trx_result_inquiry(story.holder, asked.msg_id, REPEATED[deed]))


APPROVED_DEEDS: Final = {**REPEATED, "withdrawal": "WITHDRAW", "charge": "TOKEN_PAYMENT"}


@then(Phrase("the app is notified that the {deed:Deed} was approved", Deed=APPROVED_DEEDS))
def notified_of_approval(story: Story, deed: str) -> None:
    _check_notice(story, APPROVED_DEEDS[deed], "APPROVED", "APPROVED")


DECLINED_DEEDS: Final = dict(APPROVED_DEEDS)


@then(Phrase('the app is notified that the {deed:Deed} was declined: {code:Code} "{text}"', Deed=DECLINED_DEEDS))
def notified_of_decline(story: Story, deed: str, code: str, text: str) -> None:
    _check_notice(story, DECLINED_DEEDS[deed], "DECLINED", f"{code} {text}")


def _check_notice(story: Story, message: str, status: str, reason: str) -> None:
    said = story.latest(message).request
    holder = story.holder
    mine = [each for each in story.notices(holder.gateway) if each.get("token") == holder.token.reveal()]
    notice = next(each for each in reversed(mine) if each["origMsgID"] == said.msg_id)
    assert (notice["paymentStatus"], notice["rejectionReason"]) == (status, reason)
    assert notice["trxMsgType"] == message
    assert (notice["trxCurrency"], notice["trxAmt"]) == (said.body["trxInfo"]["trxCurrency"], said.body["trxInfo"]["trxAmt"])


# --- rates


@when(Phrase("the app asks what {amount:Amount} are in {currency:Currency}", Currency=CURRENCIES))
def asks_for_a_rate(story: Story, amount: Amount, currency: str) -> None:
    story.tell(story.gateway, story.gateway.exchange_rate_inquiry(amount.text, amount.currency, CURRENCIES[currency]))


@then(Phrase("the app hears that it is {amount:Amount}"))
def hears_a_rate(story: Story, amount: Amount) -> None:
    assert story.answer.trx == {"exchangeAmt": amount.text}
