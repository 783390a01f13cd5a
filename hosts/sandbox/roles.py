"""What the partners of each role answer and say: one class a role, one method a message.

Every builder takes `**changes`: members of trxInfo that replace its own; None leaves a member out.
"""

from __future__ import annotations

from typing import Any

import msgspec

from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.bank import SEALED_FIELDS, BankRequest, CoreBank
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import HubRequest, Partner
from unionhub.hosts.sandbox.seeds import Cardholder, MerchantSeed


class Gateway(Partner):
    """An app gateway: asks for payments, is told results."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.handlers["TRX_RESULT_NOTIFICATION"] = _noted

    def mpqrc_payment_emv(
        self,
        holder: Cardholder,
        merchant: MerchantSeed | str,
        amount: str,
        *,
        currency: str | None = None,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """MPQRC_PAYMENT_EMV: `holder` scanned `merchant`'s static code, or the payload given in its place.

        `currency` is by default the merchant's, with a payload the card's. Amounts are text in major units.
        """
        seller = merchant if isinstance(merchant, MerchantSeed) else None
        trx = {
            **_card(holder),
            "trxAmt": amount,
            "trxCurrency": currency or (seller.currency if seller else holder.currency),
            "mpqrcPayload": seller.qr if seller else merchant,
            "merchantInfo": _merchant_info(seller) if seller else None,
        }
        return self.request("MPQRC_PAYMENT_EMV", {**trx, **changes}, msg_id=msg_id)

    def trx_result_inquiry(
        self,
        holder: Cardholder,
        orig_msg_id: str,
        orig_message: str = "MPQRC_PAYMENT_EMV",
        *,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """TRX_RESULT_INQUIRY: what became of our own `orig_msg_id`?"""
        trx = {**_card(holder), "origMsgID": orig_msg_id, "origMsgType": orig_message}
        return self.request("TRX_RESULT_INQUIRY", {**trx, **changes}, msg_id=msg_id)


class Acquirer(Partner):
    """An acquirer: vouches for its merchants, is told results."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.bad_mids: set[str] = set()
        self.handlers["MERCHANT_VERIFICATION"] = self._verified
        self.handlers["TRX_RESULT_NOTIFICATION"] = _noted

    def trx_result_inquiry(
        self, orig_msg_id: str, orig_message: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """TRX_RESULT_INQUIRY on the acquirer's side."""
        trx = {"origMsgID": orig_msg_id, "origMsgType": orig_message}
        return self.request("TRX_RESULT_INQUIRY", {**trx, **changes}, msg_id=msg_id)

    async def _verified(self, received: Received) -> Answer:
        info = received.trx.get("merchantInfo")
        mid = info.get("mid") if isinstance(info, dict) else None
        if not isinstance(mid, str) or not mid:
            return Answer(code="30", detail="trxInfo.merchantInfo.mid")
        return Answer(code="03" if mid in self.bad_mids else "00")


class Issuer(Partner):
    """An issuer: the door of its core bank. Sealed fields are opened here, so the bank never sees a JWE."""

    def __init__(self, *arguments: Any, bank: CoreBank, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.bank = bank

    async def _handled(self, received: Received) -> Answer:
        handler = self.handlers.get(received.message)
        if handler is not None:
            return await handler(received)
        try:
            opened = {name: await self._opened(received, name) for name in SEALED_FIELDS.get(received.message, ())}
        except SealedFieldError:
            return Answer(code="A0")
        except (KeyError, msgspec.DecodeError) as error:
            return Answer(code="30", detail=f"trxInfo.{error.args[0]}" if isinstance(error, KeyError) else "")
        request = BankRequest(
            message=received.message,
            ins_id=received.ins_id,
            msg_id=received.msg_id,
            at=self._clock.now(),
            trx=received.trx,
            opened=opened,
        )
        reply = await self.bank.answer(request)
        return Answer(code=reply.code, trx=reply.trx)

    async def _opened(self, received: Received, name: str) -> dict[str, Any]:
        sealed = received.trx.get(name)
        if not isinstance(sealed, str):
            raise KeyError(name)
        return msgspec.json.decode(await self.open_(sealed), type=dict[str, Any])


class QrPlatform(Partner):
    """The platform behind URL-mode codes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.handlers["TRX_RESULT_NOTIFICATION"] = _noted


class Channel(Partner):
    """A channel app: its users open industry services."""


class Industry(Partner):
    """An industry service: parking, travel."""


CLASSES: dict[Role, type[Partner]] = {
    Role.APP_GATEWAY: Gateway,
    Role.ISSUER: Issuer,
    Role.ACQUIRER: Acquirer,
    Role.CHANNEL: Channel,
    Role.INDUSTRY: Industry,
    Role.QR_PLATFORM: QrPlatform,
}


async def _noted(_received: Received) -> Answer:
    """A notice is confirmed by `00`; the inbox keeps it."""
    return Answer(code="00")


def _card(holder: Cardholder) -> dict[str, Any]:
    return {"deviceID": holder.device_id, "userID": holder.user_id, "token": holder.token.reveal()}


def _merchant_info(merchant: MerchantSeed) -> dict[str, Any]:
    """What an app reads from the code: the hub compares it, and believes the code."""
    return {
        "acquirerIIN": merchant.acquirer_iin,
        "fwdIIN": merchant.forwarding_iin,
        "mid": merchant.mid,
        "merchantName": merchant.name,
        "mcc": merchant.mcc,
    }
