"""The sandbox's acquirer, which also takes orders that it pays by itself: without a card at SCIS, a core bank and a till.

The whole way (chart X3) makes the hub take a second payment and the sandbox three more exchanges for every order, which is
what then would be measured. An order whose subject asks for it is placed and paid here, in memory: PAY is answered `04`,
PAYMENT_RESULT follows at once. All others go to the sandbox's own desk.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from scenarios.cashier_payment import ASKED
from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.bank_words import read_money, read_original
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import Handler, HubRequest, NotGenuine
from unionhub.hosts.sandbox.till import PayState
from unionhub.ports.partners import PartnerError

AGAIN_S: Final = 1.0
_NOT_NOW: Final = frozenset({"04", "96"})
_REPEATED: Final = ("trxAmt", "trxCurrency")


class Acquired(msgspec.Struct, kw_only=True):
    """A PAY as the acquirer has it. `minor` is what the cardholder pays; `token_payment` the msgID of what was sent to SCIS."""

    msg_id: str
    ucsp_order_id: str
    minor: int
    state: PayState
    token_payment: str = ""


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    downstream_id: str
    minor: int


class LeanDesk:
    """Takes the place of the desk's handlers; what is not its own it hands on to them."""

    def __init__(self, acquirer: Acquirer) -> None:
        self._acquirer = acquirer
        self._desk: dict[str, Handler] = dict(acquirer.handlers)
        self._orders: dict[str, _Order] = {}
        self._paid: dict[str, Acquired] = {}
        self._at_scis: list[str] = []
        acquirer.handlers |= {
            "PLACE_ORDER": self._place,
            "PAY": self._pay,
            "TRX_RESULT_INQUIRY": self._inquired,
            "REVERSAL": self._reversed,
        }

    async def acquired(self) -> list[Acquired]:
        """Every PAY that came, of both kinds."""
        asked = tuple(dict.fromkeys(self._at_scis))
        found = await self._acquirer.till.run(lambda book: [book.pay(msg_id) for msg_id in asked])
        own = [
            Acquired(
                msg_id=pay.msg_id,
                ucsp_order_id=pay.ucsp_order_id,
                minor=pay.net.minor,
                state=pay.state,
                token_payment=pay.token_payment,
            )
            for pay in found
            if pay is not None
        ]
        return [*self._paid.values(), *own]

    async def _place(self, received: Received) -> Answer:
        trx = received.trx
        if trx.get("subject") != ASKED["lean"]:
            return await self._desk["PLACE_ORDER"](received)
        made = _Order(downstream_id=self._acquirer.new_msg_id()[-20:], minor=_minor(trx, "trxAmt"))
        order = self._orders.setdefault(str(trx.get("ucspOrderId")), made)
        return _answer(received, "00", downstreamOrderId=order.downstream_id)

    async def _pay(self, received: Received) -> Answer:
        trx = received.trx
        order_id = str(trx.get("ucspOrderId"))
        order = self._orders.get(order_id)
        if order is None:
            self._at_scis.append(received.msg_id)
            return await self._desk["PAY"](received)
        known = self._paid.get(received.msg_id)
        if known is not None:
            return _answer(received, "94" if known.state is PayState.REVERSED else "04")
        card = msgspec.json.decode(await self._acquirer.open_(str(trx.get("cardInfo"))), type=dict[str, Any])
        net, off = _minor(trx, "trxAmt"), sum(_off(each, trx) for each in trx.get("discountDetails", ()))
        if "token" not in card or net + off != order.minor or trx.get("downstreamOrderId") != order.downstream_id:
            return _answer(received, "13")
        paid = Acquired(msg_id=received.msg_id, ucsp_order_id=order_id, minor=net, state=PayState.APPROVED)
        self._paid[paid.msg_id] = paid
        result = self._acquirer.payment_result(
            order_id,
            order.downstream_id,
            origMsgID=paid.msg_id,
            trxAmt=trx["trxAmt"],
            trxCurrency=trx["trxCurrency"],
        )
        self._acquirer.by_itself(self._tell(paid, result))
        return _answer(received, "04")

    async def _inquired(self, received: Received) -> Answer:
        known = self._paid.get(read_original(received.trx))
        if known is None:
            return await self._desk["TRX_RESULT_INQUIRY"](received)
        return _answer(received, "00", paymentStatus=known.state.value)

    async def _reversed(self, received: Received) -> Answer:
        known = self._paid.get(read_original(received.trx))
        if known is None:
            return await self._desk["REVERSAL"](received)
        known.state = PayState.REVERSED
        return _answer(received, "00")

    async def _tell(self, paid: Acquired, result: HubRequest) -> None:
        """The same message until it is heard, or what it says was taken back."""
        while paid.state is PayState.APPROVED:
            try:
                answer = await self._acquirer.send(result)
            except (PartnerError, NotGenuine):
                pass
            else:
                if answer.status == 200 and answer.code not in _NOT_NOW:
                    return
            await asyncio.sleep(AGAIN_S)


def _answer(received: Received, code: str, **trx: str) -> Answer:
    """It repeats the amount that it is about."""
    return Answer(code=code, trx={**trx, **{name: received.trx[name] for name in _REPEATED if name in received.trx}})


def _minor(trx: dict[str, Any], name: str) -> int:
    return read_money(trx, name, "trxCurrency").minor


def _off(discount: dict[str, str], trx: dict[str, Any]) -> int:
    return _minor({**discount, "trxCurrency": trx.get("trxCurrency")}, "discountAmt")
