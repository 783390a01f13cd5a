"""An app gateway, simulated: pays, transfers, is told results, and lets its cardholder say yes to what the hub asks about.

Every builder takes `**changes`: members of trxInfo that replace its own; None leaves a member out. Amounts are text in major
units. Builders that seal are async.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from unionhub.domain.model.identifiers import AccountNumber, Token
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.members import (
    AppUser,
    Codes,
    Holder,
    card_members,
    code_members,
    merchant_members,
    noted,
    user_members,
)
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.seeds import CNY, MerchantSeed, PresetMerchant, UrlCode
from unionhub.hosts.sandbox.wallet import Wallet

CONTINUING: Final = "CONTINUING"
REJECTED: Final = "REJECTED"
_ISSUING: Final = frozenset({"OPEN_ACCOUNT", "CARD_ENROLLMENT", "OTP_VERIFICATION"})
_REMEMBERED: Final = 5_000

Payee = Holder | Token | AccountNumber | Mapping[str, Any]
"""Who is paid: somebody with a card (by token), an account, or the members of creditAccountInfo as they are."""


class Gateway(Wallet):
    """Asks for payments, is told results.

    `cardholder_says` is the answer to ADDITIONAL_PROCESSING: CONTINUING, REJECTED, or "" for a silent cardholder. It is
    given by itself, `cardholder_after_s` seconds of the event loop later. What counts is what they say when they are asked.
    """

    remembers: ClassVar = frozenset({"TRX_RESULT_NOTIFICATION"})

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cardholder_says = CONTINUING
        self.cardholder_after_s = 1.0
        self.users: dict[str, AppUser] = {user.token.reveal(): user for user in self._kept("user", AppUser)}
        self._asked: deque[str] = deque(maxlen=_REMEMBERED)
        self.handlers["TRX_RESULT_NOTIFICATION"] = noted
        self.handlers["ADDITIONAL_PROCESSING"] = self._additional_processing

    def knows(self, holder: Holder) -> None:
        """This card is in this app: `users` has its holder by the token."""
        self.users[holder.token.reveal()] = AppUser(
            user_id=holder.user_id, device_id=holder.device_id, token=holder.token, currency=holder.currency
        )

    async def send(self, request: HubRequest, *, timeout_s: float = 15.0) -> HubAnswer:
        """As every partner; a card that is issued in the answer is known from then on."""
        answer = await super().send(request, timeout_s=timeout_s)
        if request.message in _ISSUING and answer.code == "00":
            self._learn(request.body.get("trxInfo", {}), answer.trx.get("token"))
        return answer

    # --- paying by code

    def mpqrc_payment_emv(
        self,
        holder: Holder,
        merchant: MerchantSeed | str,
        amount: str,
        *,
        currency: str | None = None,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """MPQRC_PAYMENT_EMV: `holder` scanned `merchant`'s static code, or the payload given in its place.

        `currency` is by default the merchant's, with a payload the card's.
        """
        seller = merchant if isinstance(merchant, MerchantSeed) else None
        trx = {
            **card_members(holder),
            "trxAmt": amount,
            "trxCurrency": currency or (seller.currency if seller else holder.currency),
            "mpqrcPayload": seller.qr if seller else merchant,
            "merchantInfo": merchant_members(seller) if seller else None,
        }
        return self.request("MPQRC_PAYMENT_EMV", {**trx, **changes}, msg_id=msg_id)

    def qrc_info_inquiry(self, holder: Holder, code: UrlCode | str, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """QRC_INFO_INQUIRY: what does this URL ask for?"""
        url = code.url if isinstance(code, UrlCode) else code
        trx = {**user_members(holder.user_id, holder.device_id), "mpqrcPayload": url}
        return self.request("QRC_INFO_INQUIRY", {**trx, **changes}, msg_id=msg_id)

    def mpqrc_payment_url(
        self,
        holder: Holder,
        code: UrlCode | str,
        orig_trx_msg_id: str,
        amount: str | None = None,
        *,
        currency: str = CNY,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """MPQRC_PAYMENT_URL after the QRC_INFO_INQUIRY `orig_trx_msg_id`. `amount` is by default the code's own."""
        known = code if isinstance(code, UrlCode) else None
        trx = {
            **card_members(holder),
            "origTrxMsgID": orig_trx_msg_id,
            "trxAmt": amount or (known.amount if known else None),
            "trxCurrency": currency,
            "mpqrcPayload": known.url if known else code,
            "merchantInfo": {"merchantName": known.name, "mcc": known.mcc} if known else None,
        }
        return self.request("MPQRC_PAYMENT_URL", {**trx, **changes}, msg_id=msg_id)

    def qrc_generation(
        self,
        holder: Holder,
        count: int = 1,
        trx_limit: str | None = None,
        cvm_limit: str | None = None,
        limit_currency: str | None = None,
        *,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """QRC_GENERATION: `count` codes to be shown to a merchant. Limits are in `limit_currency`, by default the card's."""
        limited = trx_limit is not None or cvm_limit is not None
        trx = {
            **card_members(holder),
            "cpqrcNo": f"{count:02d}",
            "trxLimit": trx_limit,
            "cvmLimit": cvm_limit,
            "limitCurrency": limit_currency or (holder.currency if limited else None),
        }
        return self.request("QRC_GENERATION", {**trx, **changes}, msg_id=msg_id)

    def additional_processing_result(
        self,
        holder: Holder,
        orig_msg_id: str,
        status: str = CONTINUING,
        *,
        emv: Codes = (),
        barcode: Codes = (),
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """ADDITIONAL_PROCESSING_RESULT: what the cardholder says to the ADDITIONAL_PROCESSING `orig_msg_id`."""
        trx = {
            **card_members(holder),
            "origMsgID": orig_msg_id,
            **code_members(emv, barcode),
            "paymentStatus": status,
            "rejectionReason": "Rejected by the cardholder" if status == REJECTED else None,
        }
        return self.request("ADDITIONAL_PROCESSING_RESULT", {**trx, **changes}, msg_id=msg_id)

    # --- other money

    def bill_payment(
        self, holder: Holder, merchant: PresetMerchant, amount: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """BILL_PAYMENT to a preset merchant."""
        trx = {**card_members(holder), **_money(amount, holder), "merchantInfo": _preset(merchant)}
        return self.request("BILL_PAYMENT", {**trx, **changes}, msg_id=msg_id)

    def credit_transaction(
        self, holder: Holder, merchant: PresetMerchant, amount: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """CREDIT_TRANSACTION: a preset merchant pays the cardholder."""
        trx = {"merchantInfo": _preset(merchant), "token": holder.token.reveal(), **_money(amount, holder)}
        return self.request("CREDIT_TRANSACTION", {**trx, **changes}, msg_id=msg_id)

    async def p2p_transfer(
        self, holder: Holder, payee: Payee, amount: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """P2P_TRANSFER: `payee` becomes creditAccountInfo, sealed for the hub."""
        trx = {
            **card_members(holder),
            "creditAccountInfo": await self.sealed(_payee(payee)),
            **_money(amount, holder),
        }
        return self.request("P2P_TRANSFER", {**trx, **changes}, msg_id=msg_id)

    def get_cash_out_token(self, holder: Holder, amount: str, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """GET_CASH_OUT_TOKEN: a number to draw cash with."""
        trx = {**card_members(holder), "trxTokenType": "WITHDRAW", **_money(amount, holder)}
        return self.request("GET_CASH_OUT_TOKEN", {**trx, **changes}, msg_id=msg_id)

    def trx_result_inquiry(
        self,
        holder: Holder,
        orig_msg_id: str,
        orig_message: str = "MPQRC_PAYMENT_EMV",
        *,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """TRX_RESULT_INQUIRY: what became of our own `orig_msg_id`?"""
        trx = {**card_members(holder), "origMsgID": orig_msg_id, "origMsgType": orig_message}
        return self.request("TRX_RESULT_INQUIRY", {**trx, **changes}, msg_id=msg_id)

    # --- the cardholder

    async def _additional_processing(self, received: Received) -> Answer:
        if not isinstance(received.trx.get("token"), str):
            return Answer(code="30", detail="trxInfo.token")
        if received.msg_id not in self._asked:  # asked again by the same message, the cardholder answers once
            self._asked.append(received.msg_id)
            if self.cardholder_says:
                self.by_itself(self._answered_by_cardholder(received, self.cardholder_says))
        return Answer(code="00")

    async def _answered_by_cardholder(self, received: Received, status: str) -> None:
        await asyncio.sleep(self.cardholder_after_s)
        asked = received.trx
        user = self.users.get(asked["token"])
        trx = {
            "deviceID": asked.get("deviceID"),
            # Not known of a card that was issued when another process sent as this gateway.
            "userID": user.user_id if user else asked.get("userID"),
            "token": asked["token"],
            "origMsgID": received.msg_id,
            "emvCpqrcPayload": asked.get("emvCpqrcPayload"),
            "barcodeCpqrcPayload": asked.get("barcodeCpqrcPayload"),
            "paymentStatus": status,
            "rejectionReason": "Rejected by the cardholder" if status == REJECTED else None,
        }
        await self.send(self.request("ADDITIONAL_PROCESSING_RESULT", trx))

    def _learn(self, asked: Mapping[str, Any], token: object) -> None:
        user_id, device_id = asked.get("userID"), asked.get("deviceID")
        if isinstance(token, str) and isinstance(user_id, str) and isinstance(device_id, str):
            user = self.users[token] = AppUser(user_id=user_id, device_id=device_id, token=Token(token))
            self._remember("user", token, user)


def _money(amount: str, holder: Holder) -> dict[str, Any]:
    return {"trxAmt": amount, "trxCurrency": holder.currency}


def _preset(merchant: PresetMerchant) -> dict[str, Any]:
    return {"merchantName": merchant.name, "mid": merchant.mid}


def _payee(payee: Payee) -> Mapping[str, Any]:
    if isinstance(payee, Mapping):
        return payee
    if isinstance(payee, AccountNumber):
        return {"accountNo": payee.reveal()}
    return {"token": (payee if isinstance(payee, Token) else payee.token).reveal()}
