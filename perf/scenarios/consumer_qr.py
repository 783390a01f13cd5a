"""A customer shows a code and a merchant scans it (chart: SCIS consumer QR, parts 1 and 2; RULES section 12, S5).

Up to the CVM limit, which is nearly everybody:
1 QRC_GENERATION                  the app gateway
2 CPQRC_PAYMENT                   the acquirer, with the code that the hub has just made: the EMV payload or the bar code

Above it the cardholder is asked first, and the acquirer hears 04:
1 QRC_GENERATION
2 CPQRC_PAYMENT above the limit   the acquirer, with a code as above
3 ADDITIONAL_PROCESSING           the hub asks the gateway (which the sandbox plays, like 4 to 7), ...
4 ADDITIONAL_PROCESSING           ... which confirms
5 ADDITIONAL_PROCESSING_RESULT    the gateway, a second later: the cardholder says yes
6 DEBIT_TRANSACTION               the hub's worker asks the bank
7 TRX_RESULT_NOTIFICATION         the hub's worker tells the gateway
8 TRX_RESULT_INQUIRY              the acquirer, `asked_after_s` after 2: by then it must be approved
"""

from __future__ import annotations

from random import Random
from typing import Annotated

import msgspec

from loadgen.messages import Answer, Cardholder, Journey, Merchant, Sandbox, Step
from scenarios.players import Minor, Players, Share, amount_members, amount_of, card_members, repeats, tells_approval
from unionhub.domain.model.money import Money

GENERATE = "1 QRC_GENERATION"
PAY = "2 CPQRC_PAYMENT"
PAY_ABOVE = "2 CPQRC_PAYMENT above the limit"
ASK = "8 TRX_RESULT_INQUIRY"

_EMV, _BARCODE = "emvCpqrcPayload", "barcodeCpqrcPayload"


class ConsumerQrSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[consumer_qr] in mix.toml."""

    amount_minor: tuple[Minor, Minor] = (100, 500)
    least_balance_minor: int = 0
    barcode_share: Share = 0.5
    above_limit_share: Share = 0.0
    above_limit_minor: tuple[Minor, Minor] = (1_000_01, 1_005_00)
    asked_after_s: Annotated[float, msgspec.Meta(gt=0)] = 6.0


class ConsumerQr:
    """Only the first step can be signed before it is due: what is paid with is in its answer."""

    def __init__(self, settings: ConsumerQrSettings, sandbox: Sandbox) -> None:
        self._settings = settings
        self._sandbox = sandbox
        self._players = Players(sandbox, least_balance_minor=settings.least_balance_minor)
        for shop in self._players.shops:
            sandbox.signer(shop.acquirer)  # its keys are parsed now

    def __call__(self, dice: Random) -> Journey:
        return self._journey(dice, above=dice.random() < self._settings.above_limit_share)

    def forms(self, dice: Random) -> tuple[Journey, ...]:
        """See scenarios.Scenario."""
        below = self._journey(dice, above=False)
        return (below, self._journey(dice, above=True)) if self._settings.above_limit_share else (below,)

    def _journey(self, dice: Random, *, above: bool) -> Journey:
        settings = self._settings
        payer = self._players.payer(dice)
        shop = self._players.shop(dice, payer)
        amount = amount_of(dice, settings.above_limit_minor if above else settings.amount_minor, payer)
        member = _BARCODE if dice.random() < settings.barcode_share else _EMV
        generation = self._generation(payer)
        if not above:
            return (generation, lambda answer: self._payment(PAY, answer, member, shop, amount))
        asked: list[str] = []

        def pay(answer: Answer) -> Step:
            payment = self._payment(PAY_ABOVE, answer, member, shop, amount)
            asked.append(payment.msg_id)
            return msgspec.structs.replace(payment, right_code="04", minor=0, pause_s=settings.asked_after_s)

        return (generation, pay, lambda _: self._inquiry(shop, asked[-1], amount))

    def _generation(self, payer: Cardholder) -> Step:
        signer = self._sandbox.signer(payer.gateway)
        return signer.step(GENERATE, "QRC_GENERATION", {**card_members(payer), "cpqrcNo": "01"}, check=_one_code)

    def _payment(self, name: str, answer: Answer, member: str, shop: Merchant, amount: Money) -> Step:
        signer = self._sandbox.signer(shop.acquirer)
        merchant = {
            "acquirerIIN": shop.acquirer_iin,
            "fwdIIN": shop.forwarding_iin,
            "mid": shop.mid,
            "merchantName": shop.name,
            "mcc": shop.mcc,
        }
        sale = {**amount_members(amount), "merchantInfo": merchant, "settlementKey": signer.settlement_key()}
        code = {member: answer.trx[member]}
        return signer.step(name, "CPQRC_PAYMENT", code | sale, check=repeats(amount), minor=amount.minor)

    def _inquiry(self, shop: Merchant, msg_id: str, amount: Money) -> Step:
        """A right answer is the acquirer's word that this payment is approved."""
        signer = self._sandbox.signer(shop.acquirer)
        asked = {"origMsgID": msg_id, "origMsgType": "CPQRC_PAYMENT"}
        step = signer.step(ASK, "TRX_RESULT_INQUIRY", asked, check=tells_approval(amount), minor=amount.minor)
        return msgspec.structs.replace(step, pays_for=msg_id)


def _one_code(answer: Answer) -> str:
    """One code, in both forms."""
    for member in (_EMV, _BARCODE):
        codes = answer.trx.get(member)
        if not isinstance(codes, list) or len(codes) != 1 or not codes[0]:
            return f"no_{member}"
    return ""
