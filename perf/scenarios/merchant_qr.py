"""The hot path: a customer scans a merchant's static QR and pays (chart: SCIS merchant QR, EMV mode; RULES section 12, S3).

1 MPQRC_PAYMENT_EMV, and for a small share 2 TRX_RESULT_INQUIRY about that payment: the app that lost the answer.
"""

from __future__ import annotations

from random import Random
from typing import Annotated

import msgspec

from loadgen.messages import Answer, Cardholder, Check, Journey, Sandbox
from unionhub.domain.model.money import Money

PAY = "1 MPQRC_PAYMENT_EMV"
ASK = "2 TRX_RESULT_INQUIRY"

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Minor = Annotated[int, msgspec.Meta(ge=1)]


class MerchantQrSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[merchant_qr] in mix.toml."""

    inquiry_share: Share = 0.05
    amount_minor: tuple[Minor, Minor] = (100, 500)
    least_balance_minor: int = 0


class MerchantQr:
    """A payment in the card's own currency, by a cardholder drawn evenly: every step can be signed before it is due."""

    def __init__(self, settings: MerchantQrSettings, sandbox: Sandbox) -> None:
        self._settings = settings
        self._sandbox = sandbox
        least = settings.least_balance_minor
        self._payers = [holder for holder in sandbox.cardholders if _balance(holder).minor >= least]
        self._shops = {
            holder.currency: [shop for shop in sandbox.merchants if shop.currency == holder.currency] for holder in self._payers
        }
        if not self._payers or not all(self._shops.values()):
            raise ValueError("no cardholder has enough money, or one has no merchant of its currency")
        for holder in self._payers:
            sandbox.signer(holder.gateway)  # its keys are parsed now, not within the first customer's time

    def __call__(self, dice: Random) -> Journey:
        payer = dice.choice(self._payers)
        shop = dice.choice(self._shops[payer.currency])
        amount = Money(dice.randint(*self._settings.amount_minor), payer.currency)
        signer = self._sandbox.signer(payer.gateway)
        card = {"deviceID": payer.device_id, "userID": payer.user_id, "token": payer.token}
        paid = {"trxAmt": amount.text, "trxCurrency": amount.currency, "mpqrcPayload": shop.qr}
        payment = signer.step(PAY, "MPQRC_PAYMENT_EMV", card | paid, check=_repeats(amount), minor=amount.minor)
        if dice.random() >= self._settings.inquiry_share:
            return (payment,)
        asked = {"origMsgID": payment.msg_id, "origMsgType": "MPQRC_PAYMENT_EMV"}
        inquiry = signer.step(ASK, "TRX_RESULT_INQUIRY", card | asked, check=_tells_approval(amount))
        return (payment, inquiry)


def _balance(holder: Cardholder) -> Money:
    return Money.parse(holder.balance, holder.currency, zero=True)


def _repeats(amount: Money) -> Check:
    """The answer says the amount that was asked for."""

    def check(answer: Answer) -> str:
        said = (answer.trx.get("trxAmt"), answer.trx.get("trxCurrency"))
        return "" if said == (amount.text, amount.currency) else "amount_differs"

    return check


def _tells_approval(amount: Money) -> Check:
    repeats = _repeats(amount)

    def check(answer: Answer) -> str:
        status = answer.trx.get("paymentStatus")
        return repeats(answer) if status == "APPROVED" else f"status_{status}"

    return check
