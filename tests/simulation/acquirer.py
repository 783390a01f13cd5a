"""The acquirer downstream of UCSP's cashier: a till of its own, books that only it keeps, and PAYMENT_RESULT until it is heard.

It keeps its contract (PAY idempotent by msgID, REVERSAL bars for ever, REFUND idempotent by msgID, PLACE_ORDER by ucspOrderId;
PAYMENT_RESULT for every PAY that it does not take back), and nothing else is certain: a result overtakes the answer to its PAY,
comes twice, minutes late, or after a REVERSAL. Some of its payments go the whole way: with TOKEN_PAYMENT to SCIS, or scanned by
an app that pays the order's code there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from typing import Any, Final

import msgspec

from simulation.clients import Clients
from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.messages import AcquirerPayment, UndoRequest
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import OrderResult, OrderStatus
from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.qr.merchant import parse
from unionhub.domain.model.transactions import Merchant, SettlementKey
from unionhub.hosts.sandbox.seeds import ACQUIRER

_PLANS: Final = {"at once": 3, "early": 4, "soon": 8, "slowly": 3, "SCIS": 4, "quietly": 4, "in trouble": 4}
"""How a PAY goes on, and how often. `early`: its result is told before it is answered. `quietly`: it is told late, so that
whoever asks hears of it first. `in trouble`: it says that it failed, and how far it had come it does not say."""

_BEFORE_THE_DOOR: Final = 0.2
"""So many PAYs wait in a queue before they come in: who asks about one meanwhile is told that there is none."""

_PUT_OFF: Final = 0.4
"""So many REVERSALs are told at the first try to come again, and nothing is done."""

_IMPATIENT: Final = 0.15
"""So many users take another app while their PAY is under way, and scan the order's code."""

_TROUBLE: Final = ("91", "96", "98")
_DECLINES: Final = ("51", "61", "05")
_NOT_NOW: Final = frozenset({"91", "92", "96"})
"""What SCIS says of a REVERSAL that never left it, because the bank could not be reached: asked again under a new msgID."""

_TRY_AGAIN_S: Final = 30.0

_BACK: Final = frozenset({"00", "94"})  # a REVERSAL's answers after which nothing is taken


class Stand(StrEnum):
    """Where a PAY stands."""

    ACCEPTED = "ACCEPTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    REVERSING = "REVERSING"
    REVERSED = "REVERSED"  # or barred: it never came


_INQUIRED: Final = {Stand.APPROVED: "APPROVED", Stand.DECLINED: "DECLINED", Stand.REVERSED: "REVERSED"}


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """PLACE_ORDER."""

    ucsp_order_id: str
    downstream_id: str
    amount: Money


class Taking(msgspec.Struct, kw_only=True):
    """One way in which an order is, or was about to be, paid: a PAY, or without a `msg_id` its code. `taken` and `given` are
    the books, in minor units."""

    msg_id: str = ""
    ucsp_order_id: str = ""
    amount: Money = Money(0, "")
    stand: Stand = Stand.ACCEPTED
    key: str = ""  # SettlementKey.text
    reference: str = ""
    reason: str = ""
    token_payment: str = ""  # its msgID at SCIS
    at_scis: bool = False  # undone there too
    taken: int = 0
    given: int = 0
    by_shop: int = 0  # of `given`: refunded by the shop, so that both sides hear of it
    silenced: bool = False

    @property
    def kept(self) -> int:
        return self.taken - self.given


class Till:
    """The acquirer. `takings` are all that it ever began."""

    def __init__(self, clients: Clients) -> None:
        self.placed: dict[str, Placed] = {}
        self.takings: list[Taking] = []
        self.refused: list[str] = []  # results that the hub did not want to hear
        self._clients = clients
        self._rng = clients.rng
        self._pays: dict[str, Taking] = {}
        self._refunds: dict[str, str] = {}  # msgID -> code, empty while it is under way
        self._asked_too_soon: set[str] = set()  # PAYs that somebody asked about before they came in
        self._put_off: set[str] = set()  # PAYs whose REVERSAL was told to come again
        self._working: set[asyncio.Task[Any]] = set()
        self._handlers = {
            "PLACE_ORDER": self._place,
            "PAY": self._pay,
            "TRX_RESULT_INQUIRY": self._inquired,
            "REVERSAL": self._reversal,
            "REFUND": self._refund,
            "TRX_RESULT_NOTIFICATION": self._notified,
        }

    @property
    def busy(self) -> bool:
        """Does anything still go on by itself?"""
        return bool(self._working)

    async def receive(self, outgoing: Outgoing, trx: dict[str, Any]) -> Answer:
        """Its answer; `00` to whatever it is merely told."""
        handler = self._handlers.get(outgoing.message)
        return await handler(outgoing.msg_id, trx) if handler is not None else Answer(code="00")

    # --- what a shop and its customers do

    def scanned(self, placed: Placed) -> None:
        """Another UnionPay app paid the order's code; or one that somebody made, which names the order and asks for less."""
        amount = placed.amount if self._rng.random() < 0.9 else Money(placed.amount.minor // 2, placed.amount.currency)
        taking = Taking(ucsp_order_id=placed.ucsp_order_id, amount=amount, key=self._key(), reference=self._number(12))
        self.takings.append(taking)
        self._approve(taking)

    async def _scanned_soon(self, placed: Placed) -> None:
        await asyncio.sleep(self._rng.uniform(0, 12))
        self.scanned(placed)

    def give_back(self, ucsp_order_id: str, reference: str, minor: int) -> None:
        """The shop gives back a part, or all, of what it heard was paid."""
        for taking in self.takings:
            if (taking.ucsp_order_id, taking.reference) == (ucsp_order_id, reference):
                self._launch(self._given_back(taking, minor))
                return
        self.refused.append(f"the shop was told of {reference} for order {ucsp_order_id}, which nobody took")

    # --- what UCSP asks

    async def _place(self, _: str, trx: dict[str, Any]) -> Answer:
        order_id = trx["ucspOrderId"]
        if order_id not in self.placed:
            self.placed[order_id] = Placed(
                ucsp_order_id=order_id,
                downstream_id=self._number(20),
                amount=Money.parse(trx["trxAmt"], trx["trxCurrency"]),
            )
        return Answer(code="00", downstream_order_id=self.placed[order_id].downstream_id)

    async def _pay(self, msg_id: str, trx: dict[str, Any]) -> Answer:
        held_up = msg_id not in self._pays and self._rng.random() < _BEFORE_THE_DOOR
        if held_up:
            await asyncio.sleep(self._rng.uniform(9, 45))
        known = self._pays.get(msg_id)
        if known is not None:
            return self._standing(known)
        if msg_id in self._asked_too_soon:
            self._clients.seen["PAY after an inquiry's 25"] += 1
        taking = Taking(
            msg_id=msg_id,
            ucsp_order_id=trx["ucspOrderId"],
            amount=Money.parse(trx["trxAmt"], trx["trxCurrency"]),
            key=self._key(),
            reference=self._number(12),
        )
        self._pays[msg_id] = taking
        self.takings.append(taking)
        if reason := self._faults(trx, taking.amount):
            taking.stand, taking.reason = Stand.DECLINED, reason
            return self._standing(taking)
        if self._rng.random() < _IMPATIENT:
            self._launch(self._scanned_soon(self.placed[taking.ucsp_order_id]))
        plan = "quietly" if held_up else self._rng.choices(tuple(_PLANS), tuple(_PLANS.values()))[0]
        if plan == "at once":
            at_once = self._rng.random() < 0.5
            self._decide(taking, tell=at_once)
            if not at_once:
                self._launch(self._told_late(taking))
        elif plan == "early":
            self._decide(taking, tell=True)
            await asyncio.sleep(self._rng.uniform(0.1, 4.0))
            return Answer(code="04") if self._rng.random() < 0.7 else self._standing(taking)
        elif plan == "SCIS":
            taking.token_payment, taking.at_scis = self._clients.msg_id(ACQUIRER), True
            self._launch(self._paid_at_scis(taking, trx))
        elif plan == "quietly":
            self._launch(self._decided_quietly(taking))
        elif plan == "in trouble":
            self._launch(self._decided_quietly(taking))
            return Answer(code=self._rng.choice(_TROUBLE))
        else:
            self._launch(self._decided(taking, self._rng.uniform(20, 90) if plan == "slowly" else self._rng.uniform(0.05, 9)))
        return self._standing(taking)

    async def _inquired(self, _: str, trx: dict[str, Any]) -> Answer:
        taking = self._pays.get(trx["origMsgID"])
        if taking is None:
            self._asked_too_soon.add(trx["origMsgID"])
            return Answer(code="25")
        status = _INQUIRED.get(taking.stand, "PENDING")
        if taking.stand is Stand.APPROVED:
            return msgspec.structs.replace(self._standing(taking), payment_status=status)
        return Answer(code="00", payment_status=status, reason=taking.reason)

    async def _reversal(self, _: str, trx: dict[str, Any]) -> Answer:
        """`00` when nothing is taken and never will be; `96` while SCIS has not said so, and now and then for no reason."""
        msg_id = trx["origMsgID"]
        taking = self._pays.get(msg_id)
        if msg_id not in self._put_off:
            self._put_off.add(msg_id)
            if self._rng.random() < _PUT_OFF:
                self._clients.seen["REVERSAL of a PAY put off"] += 1
                return Answer(code="96")
        if taking is None:
            self._pays[msg_id] = Taking(msg_id=msg_id, stand=Stand.REVERSED)
            return Answer(code="00")
        if taking.stand is Stand.REVERSING:
            return Answer(code="96")
        taking.silenced = True
        if taking.at_scis and taking.stand is not Stand.REVERSED:
            taking.stand = Stand.REVERSING
            self._launch(self._reversed_at_scis(taking))
            return Answer(code="96")
        if taking.stand in (Stand.ACCEPTED, Stand.APPROVED) and self._rng.random() < 0.6:
            self._tell_too_late(taking)
        self._reverse(taking)
        return Answer(code="00")

    async def _refund(self, msg_id: str, trx: dict[str, Any]) -> Answer:
        """An approval that UCSP does not want; `04` while SCIS has not said a last word."""
        if msg_id in self._refunds:
            return Answer(code=self._refunds[msg_id] or "04")
        key, amount = ":".join(trx["origSettlementKey"].values()), Money.parse(trx["trxAmt"], trx["trxCurrency"])
        taking = next((each for each in self.takings if each.key == key), None)
        if taking is None or taking.ucsp_order_id != trx["ucspOrderId"]:
            return Answer(code="25")
        if taking.stand is not Stand.APPROVED or taking.amount.currency != amount.currency:
            return Answer(code="12")
        if taking.kept < amount.minor:
            return Answer(code="13")
        self._refunds[msg_id] = ""
        if taking.at_scis:
            self._launch(self._refunded_at_scis(taking, amount, msg_id))
            return Answer(code="04")
        taking.given += amount.minor
        self._refunds[msg_id] = "00"
        return Answer(code="00")

    async def _notified(self, _: str, trx: dict[str, Any]) -> Answer:
        """Somebody paid an order by its code, at SCIS."""
        payload, key = trx.get("mpqrcPayload", ""), trx.get("settlementKey")
        additional = parse(payload).additional if payload and not payload.startswith("http") else None
        placed = self.placed.get((additional.reference_label or "") if additional else "")
        if placed is None or not key or trx["paymentStatus"] != "APPROVED":
            return Answer(code="00")
        text = ":".join(key.values())
        if all(each.key != text for each in self.takings):
            amount = Money.parse(trx["trxAmt"], trx["trxCurrency"])
            taking = Taking(
                ucsp_order_id=placed.ucsp_order_id, amount=amount, key=text, reference=self._number(12), at_scis=True
            )
            self.takings.append(taking)
            self._approve(taking)
        return Answer(code="00")

    def _faults(self, trx: dict[str, Any], net: Money) -> str:
        placed = self.placed.get(trx["ucspOrderId"])
        if placed is None or placed.downstream_id != trx["downstreamOrderId"]:
            return "25"
        off = sum(Money.parse(each["discountAmt"], net.currency).minor for each in trx.get("discountDetails", ()))
        gross = Money.parse(trx["originalAmount"], net.currency)
        return "" if gross == placed.amount and net.minor + off == gross.minor else "13"

    def _standing(self, taking: Taking) -> Answer:
        match taking.stand:
            case Stand.APPROVED:
                return Answer(code="00", settlement_key=taking.key, retrieval_ref=taking.reference)
            case Stand.DECLINED:
                return Answer(code=taking.reason)
            case Stand.REVERSED:
                return Answer(code="94")
            case _:
                return Answer(code="04")

    # --- deciding

    async def _decided(self, taking: Taking, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self._decide(taking, tell=True)

    async def _decided_quietly(self, taking: Taking) -> None:
        """It is asked for, or it is not; told it is all the same."""
        await asyncio.sleep(self._rng.uniform(0.05, 6))
        self._decide(taking, tell=False)
        await self._told_late(taking)

    async def _told_late(self, taking: Taking) -> None:
        """PAYMENT_RESULT is owed for every PAY (chart U3, step 4), also for one that was answered with its last word: the host
        that heard it may have died of it."""
        await asyncio.sleep(self._rng.uniform(45, 120))
        if not taking.silenced and taking.stand in (Stand.APPROVED, Stand.DECLINED):
            self._tell(taking, OrderStatus(taking.stand.value))

    def _decide(self, taking: Taking, *, tell: bool) -> None:
        if taking.stand is not Stand.ACCEPTED:
            return  # it was reversed meanwhile
        if self._rng.random() < 0.75:
            self._approve(taking, tell=tell)
        else:
            self._decline(taking, self._rng.choice(_DECLINES), tell=tell)

    def _approve(self, taking: Taking, *, tell: bool = True) -> None:
        taking.stand, taking.taken = Stand.APPROVED, taking.amount.minor
        if tell:
            self._tell(taking, OrderStatus.APPROVED)

    def _decline(self, taking: Taking, reason: str, *, tell: bool = True) -> None:
        taking.stand, taking.reason = Stand.DECLINED, reason
        if tell:
            self._tell(taking, OrderStatus.DECLINED)

    def _reverse(self, taking: Taking) -> None:
        taking.given = taking.taken
        taking.stand = Stand.REVERSED

    # --- the whole way, to SCIS

    async def _paid_at_scis(self, taking: Taking, trx: dict[str, Any]) -> None:
        card = msgspec.json.decode(trx["cardInfo"])
        acquirer, forwarding, trace_no, transmitted = taking.key.split(":")
        request = AcquirerPayment(
            amount=taking.amount.text,
            currency=taking.amount.currency,
            merchant=Merchant(acquirer_iin=ACQUIRER, forwarding_iin=ACQUIRER, merchant_id="1", name="Shop", mcc="7523"),
            settlement_key=SettlementKey(
                acquirer_iin=acquirer, forwarding_iin=forwarding, trace_no=trace_no, transmitted=transmitted
            ),
            token=Token(card["token"]),
            retrieval_ref=taking.reference,
            original_amount=trx["originalAmount"],
            discounts=tuple((each["discountAmt"], each["discountNote"]) for each in trx.get("discountDetails", ())),
        )
        heard = await self._clients.ask(ACQUIRER, "TOKEN_PAYMENT", request, taking.token_payment)
        if taking.stand is not Stand.ACCEPTED:
            return  # its REVERSAL at SCIS is under way
        if heard.code == "00":
            self._approve(taking)
        else:
            self._decline(taking, heard.code)

    async def _reversed_at_scis(self, taking: Taking) -> None:
        undo = UndoRequest(amount=taking.amount.text, currency=taking.amount.currency, orig_msg_id=taking.token_payment)
        heard = await self._clients.ask(ACQUIRER, "REVERSAL", undo)
        while heard.code in _NOT_NOW:
            await asyncio.sleep(_TRY_AGAIN_S)
            heard = await self._clients.ask(ACQUIRER, "REVERSAL", undo)
        if heard.code in _BACK:
            self._reverse(taking)
        else:
            self.refused.append(f"REVERSAL of {taking.token_payment} at SCIS got {heard.code}")

    async def _refunded_at_scis(self, taking: Taking, amount: Money, msg_id: str) -> bool:
        """Given back where it was taken. `msg_id`: of UCSP's REFUND, if it asked for this one."""
        acquirer, forwarding, trace_no, transmitted = taking.key.split(":")
        undo = UndoRequest(
            amount=amount.text,
            currency=amount.currency,
            orig_settlement_key=SettlementKey(
                acquirer_iin=acquirer, forwarding_iin=forwarding, trace_no=trace_no, transmitted=transmitted
            ),
        )
        heard = await self._clients.ask(ACQUIRER, "REFUND", undo)
        if heard.code == "00":
            taking.given += amount.minor
        if msg_id:
            self._refunds[msg_id] = heard.code
            if heard.code != "00":  # the bank declined: the next try is a REFUND of its own
                del self._refunds[msg_id]
        return heard.code == "00"

    async def _given_back(self, taking: Taking, minor: int) -> None:
        await asyncio.sleep(self._rng.uniform(0, 20))
        amount = Money(minor, taking.amount.currency)
        if taking.at_scis:
            if not await self._refunded_at_scis(taking, amount, ""):
                return
        elif taking.stand is not Stand.APPROVED or taking.kept < minor:
            return
        else:
            taking.given += minor
        taking.by_shop += minor
        self._tell(taking, OrderStatus.REFUNDED, amount)

    # --- telling

    def _tell(self, taking: Taking, status: OrderStatus, refunded: Money | None = None) -> None:
        self._launch(self._told(taking, self._result(taking, status, refunded)))

    def _tell_too_late(self, taking: Taking) -> None:
        """What is taken back this moment was approved before, or would have been: that word was on its way already."""
        self._clients.seen["result of a PAY that was taken back"] += 1
        self._launch(self._late(self._clients.msg_id(ACQUIRER), self._result(taking, OrderStatus.APPROVED)))

    def _result(self, taking: Taking, status: OrderStatus, refunded: Money | None = None) -> OrderResult:
        placed = self.placed[taking.ucsp_order_id]
        amount = refunded or taking.amount
        return OrderResult(
            downstream_id=placed.downstream_id,
            ucsp_order_id=placed.ucsp_order_id,
            status=status,
            settlement_key=self._key() if refunded else taking.key,
            retrieval_ref=taking.reference,
            orig_msg_id=taking.msg_id,
            reason=taking.reason,
            amount=amount.text,
            currency=amount.currency,
        )

    async def _told(self, taking: Taking, result: OrderResult) -> None:
        """Until it is heard; not what was taken back meanwhile, unless it is on its way already."""
        msg_id = self._clients.msg_id(ACQUIRER)
        for _ in range(2):
            if self._rng.random() < 0.2:
                self._launch(self._late(msg_id, result))
                await asyncio.sleep(self._rng.uniform(0, 10))
        if taking.silenced and result.status is not OrderStatus.REFUNDED:
            return
        for again in (False, True):  # a till that was restored from its backup tells it once more, as another message
            heard = await self._clients.ask(ACQUIRER, "PAYMENT_RESULT", result, msg_id)
            if heard.code != "00":
                self.refused.append(f"{result.status} of order {result.ucsp_order_id}, {msg_id}: {heard.code}")
            if again or self._rng.random() < 0.85:
                return
            msg_id = self._clients.msg_id(ACQUIRER)
            await asyncio.sleep(self._rng.uniform(0, 60))
            if taking.silenced:
                return

    async def _late(self, msg_id: str, result: OrderResult) -> None:
        """A copy that some proxy held up."""
        await asyncio.sleep(self._rng.uniform(1, 100))
        await self._clients.ask(ACQUIRER, "PAYMENT_RESULT", result, msg_id)

    # --- numbers

    def _key(self) -> str:
        return f"{ACQUIRER}:{ACQUIRER}:{self._clients.number():06d}:0302050000"

    def _number(self, digits: int) -> str:
        return f"{self._clients.number():0{digits}d}"

    def _launch(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
