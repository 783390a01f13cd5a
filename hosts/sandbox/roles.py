"""What the partners of each role answer and say: one class a role, one method a message. Those who say much have a module."""

from __future__ import annotations

from typing import Any

import msgspec

from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.bank import SEALED_FIELDS, BankRequest, CoreBank
from unionhub.hosts.sandbox.channel import Channel
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.gateway import Gateway
from unionhub.hosts.sandbox.industry import Industry
from unionhub.hosts.sandbox.partner import Partner
from unionhub.hosts.sandbox.qr_platform import QrPlatform

__all__ = ["CLASSES", "Acquirer", "Channel", "Gateway", "Industry", "Issuer", "QrPlatform"]


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
        sealed = {name: await self.seal(msgspec.json.encode(content)) for name, content in reply.sealed.items()}
        return Answer(code=reply.code, trx={**reply.trx, **sealed})

    async def _opened(self, received: Received, name: str) -> dict[str, Any]:
        sealed = received.trx.get(name)
        if not isinstance(sealed, str):
            raise KeyError(name)
        return msgspec.json.decode(await self.open_(sealed), type=dict[str, Any])


CLASSES: dict[Role, type[Partner]] = {
    Role.APP_GATEWAY: Gateway,
    Role.ISSUER: Issuer,
    Role.ACQUIRER: Acquirer,
    Role.CHANNEL: Channel,
    Role.INDUSTRY: Industry,
    Role.QR_PLATFORM: QrPlatform,
}
