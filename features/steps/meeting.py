"""Where the two platforms meet: SCIS's card in a channel's app pays an order of UCSP."""

from __future__ import annotations

from typing import Any, Final

from pytest_bdd import given, then, when
from steps.consumer_qr import _question, _silence_the_sandboxes_cardholder
from steps.issuing import Applicant
from steps.login import CHANNELS, KNOWN, User
from steps.orders import Order
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.identifiers import mask_number
from unionhub.hosts.sandbox.seeds import ACQUIRER

BANK_NAME: Final = "Bauhinia Bank"


@when(
    Phrase("the app of {channel:Channel} takes the new card into the wallet", Channel={"Harbour Life": None}),
    target_fixture="user",
)
def takes_the_card(story: Story, applicant: Applicant, channel: str) -> User:
    """It is the app of the same house: that it knows the card is between its two halves."""
    holder = applicant.holder
    user = User(story, CHANNELS[channel], KNOWN["whose mobile number it knows"])
    user.user_id = holder.user_id
    user.channel._wallets.pop(holder.user_id, None)  # the applicant has no card yet
    expiry = f"{story.card(holder).token_expiry:%y%m}"
    user.channel.add_card(holder.user_id, holder.token, expiry, mask_number(holder.pan.reveal()), BANK_NAME)
    return user


@given("the cardholder answers later")
def answers_later(story: Story) -> None:
    _silence_the_sandboxes_cardholder(story)


@then(Phrase("the app is asked whether {amount:Amount} of the order may be paid"))
def the_app_is_asked(story: Story, order: Order, amount: Amount) -> None:
    asked = _question(story).trx
    assert str(Amount(asked["trxCurrency"], asked["trxAmt"])) == str(amount)
    assert (asked["token"], asked["deviceID"]) == (story.holder.token.reveal(), story.holder.device_id)
    assert asked["merchantName"] == "Kerbside Parking"


@then("the card went sealed from the app to the acquirer and to SCIS, and was in clear nowhere")
def sealed_all_the_way(story: Story, order: Order) -> None:
    token = story.holder.token.reveal()
    crossed: list[Any] = [
        story.world.journal.body(entry.seq)
        for entry in story.entries()
        if entry.message in ("GET_CARD_PAYLOAD", "PAY", "TOKEN_PAYMENT", "PAYMENT_RESULT", "PAYMENT_RESULT_NOTICE")
    ]
    assert len(crossed) >= len(("GET_CARD_PAYLOAD", "PAY", "TOKEN_PAYMENT"))
    assert token not in str(crossed)


@then(Phrase("the merchant of Kerbside Parking was credited by the acquirer for {amount:Amount}"))
def the_merchant_is_credited(story: Story, order: Order, amount: Amount) -> None:
    pay = story.run(story.world.acquirer(ACQUIRER).till.run(lambda book: book.paid(order.ucsp_order_id)))
    assert pay is not None
    assert str(Amount.of(pay.gross)) == str(amount)
