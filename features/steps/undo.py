"""Money that goes back: what acquirers refund, cancel and reverse."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pytest_bdd import given, then, when
from steps.transfers import ask_nobody
from story import Said, Story
from words import Amount, Phrase

from unionhub.domain.model.parties import JoseProfile, Role
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.numbers import MsgIds, own_tails
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, Identity
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import PartnerSeed

_DAY_S: Final = 86_400.0
NEVER_SEEN: Final = "A9920034420260101000000999999"


class Counter:
    """The desk where payments are given back: which payment it is about, and what was said there."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.by_code: HubRequest | None = None  # a CPQRC_PAYMENT; without it, the cardholder's latest payment is meant
        self.latest: Said | None = None

    @property
    def original(self) -> HubRequest:
        return self.by_code or self._story.payment.request

    @property
    def settlement_key(self) -> dict[str, str]:
        """As the acquirer knows it: its own, or the one in the hub's notice."""
        if self.by_code is not None:
            return dict(self.by_code.body["trxInfo"]["settlementKey"])
        return dict(self._story.notices(self._story.shop.acquirer)[-1]["settlementKey"])

    def prepare(self, amount: Amount, **changes: Any) -> HubRequest:
        """The cardholder shows a code, and the shop's acquirer has its message ready."""
        story = self._story
        ask_nobody(story)
        codes = story.tell(story.gateway, story.gateway.qrc_generation(story.holder)).trx
        acquirer = story.world.acquirer(story.shop.acquirer)
        changes = {"trxCurrency": amount.currency, **changes}
        self.by_code = acquirer.cpqrc_payment(story.shop, amount.text, barcode=codes["barcodeCpqrcPayload"][0], **changes)
        return self.by_code

    def send(self, request: HubRequest, acquirer: Acquirer | None = None) -> HubAnswer:
        story = self._story
        answer = story.tell(acquirer or story.world.acquirer(story.shop.acquirer), request)
        self.latest = story.said[-1]
        return answer

    def undo(self, message: str, amount: Amount, original: str | dict[str, str] | None = None, **changes: Any) -> None:
        acquirer = self._story.world.acquirer(self._story.shop.acquirer)
        self.send(_undo(acquirer, message, original or self.original.msg_id, amount, **changes))


def _undo(acquirer: Acquirer, message: str, original: str | dict[str, str], amount: Amount, **changes: Any) -> HubRequest:
    build = {"REFUND": acquirer.refund, "CANCELLATION": acquirer.cancellation, "REVERSAL": acquirer.reversal}[message]
    return build(original, amount.text, amount.currency, **changes)


@pytest.fixture
def counter(story: Story) -> Counter:
    return Counter(story)


# --- what is given back


@when(Phrase("the cardholder shows a code, and the shop takes {amount:Amount}"))
def pays_by_code(counter: Counter, amount: Amount) -> None:
    counter.send(counter.prepare(amount))


@given(Phrase("the shop takes {amount:Amount} by a code, and its message is stuck on the way"))
def a_payment_is_stuck(counter: Counter, amount: Amount) -> None:
    counter.prepare(amount)


@when("the message that was stuck arrives")
def the_stuck_one_arrives(counter: Counter) -> None:
    counter.send(counter.original)


@when("the cardholder agrees to the shop's payment, too late")
def agrees_too_late(story: Story) -> None:
    question = story.received(story.holder.gateway, "ADDITIONAL_PROCESSING")[-1]
    story.tell(story.gateway, story.gateway.additional_processing_result(story.holder, question.msg_id))


@when("the cardholder gives the card up")
def gives_the_card_up(story: Story) -> None:
    story.tell(story.gateway, story.gateway.card_status_management(story.holder, "DELETE"))


# --- giving it back

DEEDS: Final = {"refunds": "REFUND", "cancels": "CANCELLATION", "reverses": "REVERSAL"}


@when(Phrase("the acquirer {deed:Deed} {amount:Amount}", Deed=DEEDS))
def gives_back(counter: Counter, deed: str, amount: Amount) -> None:
    counter.undo(DEEDS[deed], amount)


@when(Phrase("the acquirer {deed:Deed} {amount:Amount} by the settlement key", Deed=DEEDS))
def gives_back_by_key(counter: Counter, deed: str, amount: Amount) -> None:
    counter.undo(DEEDS[deed], amount, counter.settlement_key)


SEARCHED: Final = {name: message for name, message in DEEDS.items() if message != "REVERSAL"}


@when(Phrase("the acquirer {deed:Deed} {amount:Amount} of a payment that never was", Deed=SEARCHED))
def gives_back_what_never_was(counter: Counter, deed: str, amount: Amount) -> None:
    counter.undo(DEEDS[deed], amount, NEVER_SEEN)


@when(Phrase("the acquirer refunds {amount:Amount} under the settlement key of the refund before"))
def refunds_under_a_used_key(counter: Counter, amount: Amount) -> None:
    assert counter.latest is not None
    used = counter.latest.request.body["trxInfo"]["settlementKey"]
    counter.undo("REFUND", amount, settlementKey=used)


@when(Phrase("the acquirer refunds {amount:Amount} of the refund"))
def refunds_a_refund(counter: Counter, amount: Amount) -> None:
    assert counter.latest is not None
    counter.undo("REFUND", amount, counter.latest.request.msg_id)


@when(Phrase("the acquirer refunds {amount:Amount} of the charge"))
def refunds_a_charge(story: Story, counter: Counter, amount: Amount) -> None:
    counter.undo("REFUND", amount, story.latest("TOKEN_PAYMENT").request.msg_id)


@when("the acquirer sends the same message again")
def says_it_again(counter: Counter) -> None:
    assert counter.latest is not None
    counter.send(counter.latest.request, _acquirer(counter.latest))


@when("the acquirer asks what became of what it sent last")
def asks_what_became(story: Story, counter: Counter) -> None:
    assert counter.latest is not None
    _ask(story, counter.latest)


@when("the acquirer asks what became of the charge")
def asks_what_became_of_the_charge(story: Story) -> None:
    _ask(story, story.latest("TOKEN_PAYMENT"))


@when("the acquirer asks what became of the shop's payment")
def asks_what_became_of_the_payment(story: Story) -> None:
    _ask(story, story.latest("CPQRC_PAYMENT"))


@when("the acquirer repeats the withdrawal")
def repeats_the_withdrawal(story: Story) -> None:
    story.tell_again(story.latest("WITHDRAW"))


def _ask(story: Story, asked: Said) -> None:
    acquirer = _acquirer(asked)
    story.tell(acquirer, acquirer.trx_result_inquiry(asked.request.msg_id, asked.request.message))


@when(Phrase("another acquirer refunds {amount:Amount}"))
def another_refunds(story: Story, counter: Counter, amount: Amount) -> None:
    stranger = _another_acquirer(story)
    counter.send(_undo(stranger, "REFUND", counter.original.msg_id, amount), stranger)


def _acquirer(said: Said) -> Acquirer:
    assert isinstance(said.partner, Acquirer)
    return said.partner


def _another_acquirer(story: Story) -> Acquirer:
    """One that the hub knows and that is otherwise nobody's."""
    seed = PartnerSeed(app_id="99210344", role=Role.ACQUIRER, name="Ferry Acquiring", profile=JoseProfile.COMPACT)
    identity: Identity = keyring.new_identities([seed])[seed.app_id]
    world, house = story.world, story.house
    partner = Acquirer(
        identity,
        hub=world.hub,
        clock=story.house.clock,
        faults=world.faults,
        journal=world.journal,
        msg_ids=MsgIds(seed.app_id, house.clock, own_tails()),
    )
    story.run(Registrar(house.hub.store, house.hub.vault, house.hub.sequences, house.clock).register({seed.app_id: identity}))
    story.run(house.hub.directory.refresh())
    world.partners[seed.app_id] = partner
    story.undo(lambda: _gone(story, seed.app_id))
    return partner


def _gone(story: Story, app_id: str) -> None:
    story.world.partners.pop(app_id).close()


# --- time


@when(Phrase("{days:Number} days pass"))
def days_pass(story: Story, days: int) -> None:
    story.pass_time(days * _DAY_S)


# --- what there is to see


@then(Phrase('the acquirer hears {code:Code} "{text}"'))
def the_acquirer_hears(story: Story, code: str, text: str) -> None:
    answer = next(said.answer for said in reversed(story.said) if isinstance(said.partner, Acquirer))
    assert (answer.status, f'{answer.code} "{answer.text}"') == (200, f'{code} "{text}"')


LEARNT: Final = dict.fromkeys(("APPROVED", "DECLINED", "PENDING", "REVERSED"))


@then(Phrase("the acquirer learns that it is {status:Status}", Status=LEARNT))
def the_acquirer_learns(story: Story, status: str) -> None:
    answer = next(said.answer for said in reversed(story.said) if isinstance(said.partner, Acquirer))
    assert answer.code == "00"
    assert answer.trx["paymentStatus"] == status


BACK: Final = {"refund": "REFUND", "cancellation": "CANCELLATION", "reversal": "REVERSAL"}


@then(Phrase("the app is notified of a {back:Back} of {amount:Amount}", Back=BACK))
def the_app_is_told_of(story: Story, counter: Counter, back: str, amount: Amount) -> None:
    """With what was given back: the app's own message, or the acquirer's that it was told of."""
    notice = next(each for each in reversed(story.notices(story.holder.gateway)) if each["trxMsgType"] == BACK[back])
    assert notice["paymentStatus"] == "APPROVED"
    assert (notice["origMsgID"], notice["origTrxType"]) == (counter.original.msg_id, counter.original.message)
    assert (notice["trxCurrency"], notice["trxAmt"]) == (amount.currency, amount.text)
    assert notice["token"] == story.holder.token.reveal()


@then(Phrase('the app is notified that the shop\'s payment was declined: {code:Code} "{text}"'))
def the_shops_payment_was_declined(story: Story, counter: Counter, code: str, text: str) -> None:
    notices = [each for each in story.notices(story.holder.gateway) if each["trxMsgType"] == "CPQRC_PAYMENT"]
    told = [(each["origMsgID"], each["paymentStatus"], each["rejectionReason"]) for each in notices]
    assert told == [(counter.original.msg_id, "DECLINED", f"{code} {text}")]


@then(Phrase("the bank was asked to credit {bill:Amount} for {amount:Amount}"))
def was_asked_to_credit(story: Story, counter: Counter, bill: Amount, amount: Amount) -> None:
    """For the debit of the payment that is given back."""
    credit = story.received(story.holder.issuer, "CREDIT_TRANSACTION")[-1].body["trxInfo"]
    debit = story.received(story.holder.issuer, "DEBIT_TRANSACTION")[-1]
    assert (credit["billCurrency"], credit["billAmt"]) == (bill.currency, bill.text)
    assert (credit["trxCurrency"], credit["trxAmt"]) == (amount.currency, amount.text)
    assert (credit["origMsgID"], credit["origMsgType"]) == (debit.msg_id, debit.message)


@then(Phrase("the bank has booked {out:Amount} out and {back:Amount} back"))
def booked_out_and_back(story: Story, out: Amount, back: Amount) -> None:
    found = [(each.sign, str(Amount.of(each.amount))) for each in story.bookings(story.holder)]
    assert found == [(-1, str(out)), (1, str(back))]
