"""An acquirer, simulated: takes payments for its merchants and gives them back, vouches for merchants, is told results, and
takes UCSP's orders (`order_desk`).

The messages are the hub's own (RULES section 15). Every builder takes `**changes`: members of trxInfo that replace its own;
None leaves a member out. Amounts are text in major units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from unionhub.domain.model.identifiers import Token
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.members import Codes, code_members, merchant_members
from unionhub.hosts.sandbox.numbers import timestamp
from unionhub.hosts.sandbox.order_desk import OrderDesk
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, Partner
from unionhub.hosts.sandbox.seeds import HKD, MerchantSeed
from unionhub.hosts.sandbox.till import Till

Shop = MerchantSeed | Mapping[str, Any]
"""Who sells: a shop of ours, or merchantInfo as it came (the currency is then among the changes)."""


class Acquirer(Partner):
    """`bad_mids` are merchants that it does not vouch for; `till` is its own, closed with it."""

    def __init__(self, *arguments: Any, till: Till | None = None, **options: Any) -> None:
        """Without a `till` orders are known as long as the process lives."""
        super().__init__(*arguments, **options)
        self.bad_mids: set[str] = set()
        self.till = till or Till()
        self.orders = OrderDesk(self, self.till, self._clock.now)
        self.handlers["MERCHANT_VERIFICATION"] = self._verified
        self.handlers.update(self.orders.handlers)

    def close(self) -> None:
        """As every partner, and the till."""
        super().close()
        self.till.close()

    async def resume(self) -> None:
        """Go on with orders that an earlier process left unfinished."""
        await self.orders.work.resume()

    async def refund_order(self, ucsp_order_id: str, amount: str) -> HubAnswer:
        """The shop gives `amount` of a paid order back: SCIS' answer; see OrderDesk."""
        return await self.orders.refund_order(ucsp_order_id, amount)

    def new_msg_id(self) -> str:
        """A msgID that no other message has."""
        return self._msg_ids.next()

    def settlement_key(self) -> dict[str, str]:
        """A key under which a transaction settles, never the same twice within a day."""
        return {
            "acquirerIIN": self.app_id,
            "forwardingIIN": self.app_id,
            # msgIDs end in a sequence that all processes of a home share: its next number is as good as one of our own.
            "systemTraceAuditNumber": self.new_msg_id()[-6:],
            "transmissionDateTime": timestamp(self._clock)[4:],
        }

    def cpqrc_payment(
        self,
        merchant: MerchantSeed,
        amount: str,
        *,
        emv: Codes = (),
        barcode: Codes = (),
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """CPQRC_PAYMENT: `merchant` scanned a wallet's code, the EMV one or the bar code."""
        trx = {**code_members(emv, barcode), **self._sale(merchant, amount)}
        return self.request("CPQRC_PAYMENT", {**trx, **changes}, msg_id=msg_id)

    async def token_payment(
        self,
        merchant: Shop,
        amount: str,
        token: Token | str,
        expiry: str,
        *,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """TOKEN_PAYMENT: `token` and its `expiry` become cardInfo, sealed for the hub."""
        card = {"token": token.reveal() if isinstance(token, Token) else token, "expiry": expiry}
        trx = {"cardInfo": await self.seal(msgspec.json.encode(card)), **self._sale(merchant, amount)}
        return self.request("TOKEN_PAYMENT", {**trx, **changes}, msg_id=msg_id)

    def withdraw(
        self, merchant: MerchantSeed, amount: str, trx_token: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """WITHDRAW: cash for the token of a GET_CASH_OUT_TOKEN."""
        trx = {"trxToken": trx_token, **self._sale(merchant, amount)}
        return self.request("WITHDRAW", {**trx, **changes}, msg_id=msg_id)

    def refund(
        self, original: str | Mapping[str, str], amount: str, currency: str = HKD, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """REFUND of `original`: its msgID, or its settlementKey. A part of it or all."""
        return self._undo("REFUND", original, amount, currency, changes, msg_id)

    def cancellation(
        self, original: str | Mapping[str, str], amount: str, currency: str = HKD, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """CANCELLATION of `original`: its msgID, or its settlementKey."""
        return self._undo("CANCELLATION", original, amount, currency, changes, msg_id)

    def reversal(
        self, original: str | Mapping[str, str], amount: str, currency: str = HKD, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """REVERSAL of `original`: its msgID, or its settlementKey. We do not know what became of it."""
        return self._undo("REVERSAL", original, amount, currency, changes, msg_id)

    def trx_result_inquiry(
        self, orig_msg_id: str, orig_message: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """TRX_RESULT_INQUIRY on the acquirer's side."""
        trx = {"origMsgID": orig_msg_id, "origMsgType": orig_message}
        return self.request("TRX_RESULT_INQUIRY", {**trx, **changes}, msg_id=msg_id)

    def payment_result(
        self,
        ucsp_order_id: str,
        downstream_order_id: str,
        status: str = "APPROVED",
        *,
        settlement_key: Mapping[str, str] | None = None,
        retrieval_ref: str | None = None,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """PAYMENT_RESULT to UCSP, in its flat form. `status` is APPROVED, DECLINED or REFUNDED."""
        members = {
            "downstreamOrderId": downstream_order_id,
            "ucspOrderId": ucsp_order_id,
            "paymentStatus": status,
            "settlementKey": self.settlement_key() if settlement_key is None else dict(settlement_key),
            "retrivlRefNum": self.new_msg_id()[-12:] if retrieval_ref is None else retrieval_ref,
        }
        return self.request("PAYMENT_RESULT", {**members, **changes}, msg_id=msg_id)

    def _sale(self, merchant: Shop, amount: str) -> dict[str, Any]:
        if isinstance(merchant, MerchantSeed):
            info, currency = merchant_members(merchant), merchant.currency
        else:
            info, currency = dict(merchant), None
        return {
            "trxAmt": amount,
            "trxCurrency": currency,
            "merchantInfo": info,
            "settlementKey": self.settlement_key(),
        }

    def _undo(
        self,
        message: str,
        original: str | Mapping[str, str],
        amount: str,
        currency: str,
        changes: Mapping[str, Any],
        msg_id: str | None,
    ) -> HubRequest:
        named = {"origMsgID": original} if isinstance(original, str) else {"origSettlementKey": dict(original)}
        trx = {**named, "trxAmt": amount, "trxCurrency": currency, "settlementKey": self.settlement_key()}
        return self.request(message, {**trx, **changes}, msg_id=msg_id)

    async def _verified(self, received: Received) -> Answer:
        info = received.trx.get("merchantInfo")
        mid = info.get("mid") if isinstance(info, dict) else None
        if not isinstance(mid, str) or not mid:
            return Answer(code="30", detail="trxInfo.merchantInfo.mid")
        return Answer(code="03" if mid in self.bad_mids else "00")
