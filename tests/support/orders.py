"""An acquirer that takes UCSP's orders, between a scripted hub and somebody who speaks to it as UCSP does."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.keys import hub_keys
from support.sandbox import HubStub, code, light_identities, run
from support.waiting import until
from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.facade import HubJose
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.loopback import LoopbackTransport
from unionhub.hosts.sandbox.members import merchant_members
from unionhub.hosts.sandbox.order_work import Rhythm
from unionhub.hosts.sandbox.partner import Hub
from unionhub.hosts.sandbox.seeds import MERCHANTS
from unionhub.hosts.sandbox.till import Pay, PayState
from unionhub.hosts.sandbox.world import LOOPBACK_HUB_URL, World, jwks_of

Json = dict[str, Any]

SHOP = MERCHANTS[2]
TOKEN = "6236091999900017"
ORDER = "20260302040000000001"
FAST: Json = {"look_s": 0.002, "slow_look_s": 0.01, "repeat_s": 0.002, "longest_s": 0.01}
DEAD = "dead"
"""In a script: no signed answer."""

_orders = itertools.count(1)


class ScriptedHub:
    """Verifies what the acquirer sends and keeps it. `script` has the next answers to each message, then it is always `00`:
    a code, a code with trxInfo, DEAD, or something to wait for first. With `keeps` an answer is given again to its msgID, as
    the hub does."""

    def __init__(self, acquirer: Acquirer) -> None:
        self.received: list[Json] = []
        self.script: dict[str, list[Any]] = {}
        self.keeps = False
        self._kept: dict[str, Any] = {}
        self.jose = HubJose(hub_keys(), time.time)
        self.party = Party(
            app_id=acquirer.app_id,
            role=Role.ACQUIRER,
            name="",
            profile=acquirer.identity.profile,
            state=PartyState.LIVE,
            keys=keyring.public_keys(acquirer.identity),
        )

    async def handle(self, path: str, signature: str | None, body: bytes) -> HttpReply:
        self.jose.verify_request(signature, path, body, lambda _: self.party, frozenset(Role))
        content = json.loads(body)
        info = content.get("msgInfo")
        message = info["msgType"] if info else "PAYMENT_RESULT"
        self.received.append({"message": message, "path": path, "msgID": (info or content)["msgID"], "body": content})
        rest = self.script.get(message, [])
        said = rest.pop(0) if rest else "00"
        if isinstance(said, asyncio.Event):
            await said.wait()
            said = rest.pop(0) if rest else "00"
        if self.keeps and said != DEAD:
            said = self._kept.setdefault(self.received[-1]["msgID"], said)
        if said == DEAD:
            return HttpReply(status=503, headers={}, body=b"")
        said, trx = said if isinstance(said, tuple) else (said, {})
        answer = json.dumps({"trxInfo": trx, "msgResponse": {"responseCode": said, "responseMsg": ""}}).encode()
        return HttpReply(status=200, headers={"upi-jws": self.jose.sign_response(answer, self.party)}, body=answer)

    def got(self, message: str) -> list[Json]:
        return [each for each in self.received if each["message"] == message]

    def trx(self, message: str) -> list[Json]:
        return [each["body"]["trxInfo"] for each in self.got(message)]

    def results(self) -> list[tuple[str, str]]:
        """What PAYMENT_RESULT said so far, each message once: status and reason."""
        bodies = {each["msgID"]: each["body"] for each in self.got("PAYMENT_RESULT")}
        return [(body["paymentStatus"], body.get("reason", "")) for body in bodies.values()]


class Scene:
    """An acquirer between a scripted hub and UCSP's voice. Its till is durable with a `home`."""

    def __init__(self, home: Path | None = None) -> None:
        seen = Hub(base_url=LOOPBACK_HUB_URL, jwks=jwks_of(hub_keys().public_jwks))
        self.clock = ManualClock()
        self.world = World(light_identities(), seen, self.clock, home=home, tails=itertools.count(next(_orders) * 1000))
        self.transport = seen.transport = LoopbackTransport(self.world.faults)
        self.world.connect(self.transport)
        self.acquirer = self.world.acquirer()
        self.work = self.acquirer.orders.work
        self.work.rhythm = Rhythm(**FAST)
        self.hub = ScriptedHub(self.acquirer)
        self.transport.connect_hub(LOOPBACK_HUB_URL, self.hub.handle)
        self.voice = HubStub(self.transport, self.acquirer)
        self.downstream = ""

    async def place(self, order: str = ORDER, amount: str = "100.00", **changes: Any) -> Json:
        trx = {"ucspOrderId": order, "trxAmt": amount, "trxCurrency": "344", "merchantInfo": merchant_members(SHOP), **changes}
        answer = await self.voice.ask("PLACE_ORDER", trx)
        self.downstream = answer.get("trxInfo", {}).get("downstreamOrderId", self.downstream)
        return answer

    def wish(self, amount: str = "100.00", **changes: Any) -> Json:
        """trxInfo of a PAY; None leaves a member out."""
        trx = {
            "ucspOrderId": ORDER,
            "downstreamOrderId": self.downstream,
            "cardInfo": self.voice.seal({"token": TOKEN, "expiry": "3112"}),
            "trxAmt": amount,
            "trxCurrency": "344",
        }
        return {name: value for name, value in {**trx, **changes}.items() if value is not None}

    async def pay(self, number: str, amount: str = "100.00", **changes: Any) -> str:
        return code(await self.voice.ask("PAY", self.wish(amount, **changes), number=number))

    async def inquire(self, number: str) -> Json:
        return await self.voice.ask(
            "TRX_RESULT_INQUIRY", {"origMsgID": number, "origMsgType": "PAY", "origTrxId": number, "origTrxType": "PAY"}
        )

    async def status(self, number: str) -> str:
        answer = await self.inquire(number)
        return str(answer["trxInfo"]["paymentStatus"]) if code(answer) == "00" else code(answer)

    async def reverse(self, number: str) -> str:
        trx = {"origMsgID": number, "origMsgType": "PAY", "trxAmt": "100.00", "trxCurrency": "344"}
        answer = await self.voice.ask("REVERSAL", trx)
        assert (answer["trxInfo"]["trxAmt"], answer["trxInfo"]["trxCurrency"]) == ("100.00", "344")
        return code(answer)

    async def refund(self, key: Json, number: str, amount: str = "100.00", order: str = ORDER) -> str:
        trx = {
            "ucspOrderId": order,
            "downstreamOrderId": self.downstream,
            "origSettlementKey": key,
            "trxAmt": amount,
            "trxCurrency": "344",
        }
        return code(await self.voice.ask("REFUND", trx, number=number))

    async def standing(self, number: str) -> Pay:
        found = await self.acquirer.till.run(lambda book: book.pay(number))
        assert found is not None
        return found

    async def becomes(self, number: str, state: PayState) -> Pay:
        async with asyncio.timeout(5):
            while (found := await self.standing(number)).state is not state:  # noqa: ASYNC110 - a till tells nobody
                await asyncio.sleep(0.002)
        return found

    async def at_rest(self) -> None:
        """Until nothing goes on by itself."""
        await until(lambda: not self.acquirer._under_way)

    async def paid(self, number: str, amount: str = "100.00", **changes: Any) -> Pay:
        assert await self.pay(number, amount, **changes) == "04"
        await self.at_rest()
        return await self.standing(number)


@asynccontextmanager
async def opened(home: Path | None = None) -> AsyncIterator[Scene]:
    scene = Scene(home)
    try:
        await scene.world.open()
        yield scene
    finally:
        scene.world.close()
        await scene.transport.close()


def at_the_desk(test: Callable[[Scene], Awaitable[None]]) -> None:
    """Run `test` with an order of 100.00 placed."""

    async def play() -> None:
        async with opened() as scene:
            assert code(await scene.place()) == "00"
            await test(scene)

    run(play())
