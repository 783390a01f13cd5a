"""The hot path: a customer scans a merchant's static QR and pays (chart: SCIS merchant QR, EMV mode; RULES section 12, S3).

1 MPQRC_PAYMENT_EMV, and for a small share 2 TRX_RESULT_INQUIRY about that payment: the app that lost the answer.
"""

from __future__ import annotations

from random import Random

import msgspec

from loadgen.messages import Journey, Sandbox
from scenarios.players import Minor, Players, Share, amount_members, amount_of, card_members, repeats, tells_approval

PAY = "1 MPQRC_PAYMENT_EMV"
ASK = "2 TRX_RESULT_INQUIRY"


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
        self._players = Players(sandbox, least_balance_minor=settings.least_balance_minor)

    def __call__(self, dice: Random) -> Journey:
        return self._journey(dice, asks=dice.random() < self._settings.inquiry_share)

    def forms(self, dice: Random) -> tuple[Journey, ...]:
        """See scenarios.Scenario."""
        return (self._journey(dice, asks=True),)

    def _journey(self, dice: Random, *, asks: bool) -> Journey:
        payer = self._players.payer(dice)
        amount = amount_of(dice, self._settings.amount_minor, payer)
        signer = self._sandbox.signer(payer.gateway)
        card = card_members(payer)
        paid = {**amount_members(amount), "mpqrcPayload": self._players.shop(dice, payer).qr}
        payment = signer.step(PAY, "MPQRC_PAYMENT_EMV", card | paid, check=repeats(amount), minor=amount.minor)
        if not asks:
            return (payment,)
        asked = {"origMsgID": payment.msg_id, "origMsgType": "MPQRC_PAYMENT_EMV"}
        return (payment, signer.step(ASK, "TRX_RESULT_INQUIRY", card | asked, check=tells_approval(amount)))
