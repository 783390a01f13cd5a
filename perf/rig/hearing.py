"""What UCSP's partners heard: PAYMENT_RESULT_NOTICE at each side with the moment when it came, and the PAYs of the acquirer.

Kept in the partners' process beside their handlers, and told on a port of its own after the run: the moments are of the
system's monotonic clock, which the load generator's are of too.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Final

import msgspec

from rig.acquiring import Acquired, LeanDesk
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import Handler, Partner
from unionhub.hosts.sandbox.roles import Channel, Industry
from unionhub.hosts.sandbox.world import World

HEARS: Final = "tells what partners heard on port"
_NOTICE: Final = "PAYMENT_RESULT_NOTICE"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A PAYMENT_RESULT_NOTICE, or the same one again. Amounts as on the wire."""

    app_id: str
    reference: str
    ucsp_order_id: str
    status: str
    amount: str
    original: str
    at_s: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """UCSP, as its partners saw it."""

    notices: list[Heard] = []
    acquired: list[Acquired] = []


class Ears:
    """Listens at every channel and industry of a world, and knows what its acquirer was asked."""

    def __init__(self, world: World) -> None:
        self._desk = LeanDesk(world.acquirer())
        self._notices: list[Heard] = []
        self._server: asyncio.Server | None = None
        for partner in world.partners.values():
            if isinstance(partner, (Channel, Industry)):
                partner.handlers[_NOTICE] = self._listening(partner, partner.handlers[_NOTICE])

    async def tell(self) -> int:
        """Serve `Seen` on a port of loopback, for as long as the loop runs; returns the port."""

        async def telling(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(msgspec.json.encode(Seen(notices=self._notices, acquired=await self._desk.acquired())))
            writer.close()

        self._server = await asyncio.start_server(telling, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def _listening(self, partner: Partner, handler: Handler) -> Handler:
        async def listen(received: Received) -> Answer:
            at_s, said = time.monotonic(), received.body
            answer = await handler(received)
            if answer.code == "00":
                self._notices.append(
                    Heard(
                        app_id=partner.app_id,
                        reference=str(said.get("orderId", "")),
                        ucsp_order_id=str(said.get("ucspOrderId", "")),
                        status=str(said.get("paymentStatus", "")),
                        amount=str(said.get("trxAmt", "")),
                        original=str(said.get("originalAmount", "")),
                        at_s=at_s,
                    )
                )
            return answer

        return listen


def seen_at(port: int) -> Seen:
    """What the partners' process tells. Raises OSError."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        return msgspec.json.decode(connection.makefile("rb").read(), type=Seen)
