"""What there is to see afterwards: at the app, at the bank, at the acquirer, and which messages passed."""

from __future__ import annotations

from typing import Any, Final

from pytest_bdd import then
from rows import compare, read_table
from story import DEBIT, Story
from words import Amount, Phrase

from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import NoticeState
from unionhub.hosts.sandbox.partner import HubAnswer

# --- the app


@then(Phrase('the app is told {code:Code} "{text}"'))
def the_app_is_told(story: Story, code: str, text: str) -> None:
    assert _said(story.answer) == f'{code} "{text}"'


@then("the app gets the same answer as before")
def the_same_answer(story: Story) -> None:
    before, now = story.payment.answers[-2:]
    assert _said(now) == _said(before)
    assert now.trx == before.trx


@then(Phrase('the app sees {gross:Amount} less {discount:Amount} "{note}", {net:Amount} to pay'))
def the_app_sees_the_discount(story: Story, gross: Amount, discount: Amount, note: str, net: Amount) -> None:
    trx = story.answer.trx
    assert _paid(trx) == str(net)
    assert trx["originalAmount"] == gross.text
    assert trx["discountDetails"] == [{"discountAmt": discount.text, "discountNote": note}]
    assert net.money + discount.money == gross.money


STATUSES: Final = dict.fromkeys(("APPROVED", "DECLINED", "PENDING", "REVERSED"))


@then(Phrase("it hears that the payment is {status:Status}", Status=STATUSES))
def it_hears(story: Story, status: str) -> None:
    assert story.heard is not None
    assert _said(story.heard) == '00 "Approved"'  # the question was answered, whatever the answer
    assert story.heard.trx["paymentStatus"] == status


@then(Phrase('it hears {code:Code} "{text}"'))
def it_hears_a_code(story: Story, code: str, text: str) -> None:
    assert story.heard is not None
    assert _said(story.heard) == f'{code} "{text}"'


@then("the app is notified that the payment was approved")
def the_app_is_notified_of_approval(story: Story) -> None:
    _check_app_notice(story, "APPROVED", "APPROVED")


@then(Phrase('the app is notified that the payment was declined: {code:Code} "{text}"'))
def the_app_is_notified_of_decline(story: Story, code: str, text: str) -> None:
    _check_app_notice(story, "DECLINED", f"{code} {text}")


def _check_app_notice(story: Story, status: str, reason: str) -> None:
    payment = story.payment
    notice = story.notices(payment.holder.gateway)[-1]
    assert (notice["paymentStatus"], notice["rejectionReason"]) == (status, reason)
    assert (notice["origMsgID"], notice["trxMsgType"]) == (payment.request.msg_id, payment.request.message)
    assert notice["token"] == payment.holder.token.reveal()


# --- the acquirer


@then(Phrase("the acquirer is told that {net:Amount} was paid"))
def the_acquirer_is_told(story: Story, net: Amount) -> None:
    _check_acquirer_notice(story, net, net)


@then(Phrase("the acquirer is told that {net:Amount} was paid, and that the shop is owed {gross:Amount}"))
def the_acquirer_is_told_the_original_amount(story: Story, net: Amount, gross: Amount) -> None:
    _check_acquirer_notice(story, net, gross)


def _check_acquirer_notice(story: Story, net: Amount, gross: Amount) -> None:
    notice = story.notices(story.shop.acquirer)[-1]
    assert notice["paymentStatus"] == "APPROVED"
    assert notice["merchantInfo"]["mid"] == story.shop.mid
    assert _paid(notice) == str(net)
    assert notice["originalAmount"] == gross.text
    discounts = [Money.parse(each["discountAmt"], net.currency) for each in notice.get("discountDetails", ())]
    assert sum((each.minor for each in discounts), net.money.minor) == gross.money.minor
    # The number on the payer's screen is the number at the till; the card is nobody's business there.
    assert notice["qrcVoucherNo"] == story.payment.answers[0].trx["qrcVoucherNo"]
    assert "token" not in notice


@then(Phrase("the acquirer was told the same after {minutes} minutes"))
def the_acquirer_was_told_after(story: Story, minutes: str) -> None:
    items = story.received(story.shop.acquirer, "TRX_RESULT_NOTIFICATION")
    wanted = [int(minute) for minute in minutes.replace(" and", ",").split(",")]
    assert [(item.at - items[0].at).total_seconds() / 60 for item in items] == wanted
    assert all((item.msg_id, item.body) == (items[0].msg_id, items[0].body) for item in items)


@then("an operator finds the notice parked")
def the_notice_is_parked(story: Story) -> None:
    async def states() -> list[NoticeState]:
        async with story.house.hub.store.begin() as uow:
            payment = await uow.payment_of(story.holder.gateway, story.payment.request.msg_id)
            assert payment is not None
            return [notice.state for notice in await uow.notices(payment_id=payment.payment_id)]

    assert story.run(states()) == [NoticeState.PARKED]


# --- the bank


@then(Phrase("{amount:Amount} is left on the account"))
def is_left(story: Story, amount: Amount) -> None:
    assert str(Amount.of(story.balance(story.holder))) == str(amount)


@then("the bank has booked nothing")
def nothing_booked(story: Story) -> None:
    assert _booked(story) == []


@then(Phrase("the bank has booked {amount:Amount} once"))
def booked_once(story: Story, amount: Amount) -> None:
    assert _booked(story) == [f"out {amount}"]


@then(Phrase("the bank has booked {amount:Amount} and booked it back"))
def booked_back(story: Story, amount: Amount) -> None:
    assert _booked(story) == [f"out {amount}", f"in {amount}"]


@then(Phrase("the bank was asked to debit {bill:Amount} and to settle {settled:Amount}"))
def was_asked_to_debit(story: Story, bill: Amount, settled: Amount) -> None:
    trx = story.received(story.holder.issuer, DEBIT)[-1].body["trxInfo"]
    assert str(Amount(trx["billCurrency"], trx["billAmt"])) == str(bill)
    assert str(Amount(trx["settCurrency"], trx["settAmt"])) == str(settled)


def _booked(story: Story) -> list[str]:
    return [f"{'out' if each.sign < 0 else 'in'} {Amount.of(each.amount)}" for each in story.bookings(story.holder)]


def _paid(trx: dict[str, Any]) -> str:
    return str(Amount(trx["trxCurrency"], trx["trxAmt"]))


def _said(answer: HubAnswer) -> str:
    """As scenarios write it: a difference then reads as they do."""
    assert answer.status == 200
    return f'{answer.code} "{answer.text}"'


# --- the chart


@then("the messages were")
def the_messages_were(story: Story, datatable: list[list[str]]) -> None:
    compare(read_table(datatable), story.rows())
