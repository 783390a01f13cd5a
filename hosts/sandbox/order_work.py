"""What an acquirer does by itself for UCSP's orders (RULES section 12, X3): pays them at SCIS, tells what came of it.

Acquirer -> SCIS     TOKEN_PAYMENT, TRX_RESULT_INQUIRY until it is final, REVERSAL, REFUND
Acquirer -> UCSP     PAYMENT_RESULT, again and again until it is answered

What is begun is in the till before it is sent, under a msgID that stays: whatever happens, a PAY has one TOKEN_PAYMENT. What
takes or gives back gets another msgID only when SCIS has said for ever that the first one did nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, NotGenuine
from unionhub.hosts.sandbox.till import Order, Pay, PayState, Result, Till, TillBook, Undo
from unionhub.ports.partners import NotSent, PartnerError

if TYPE_CHECKING:
    from unionhub.hosts.sandbox.acquirer import Acquirer

log = logging.getLogger(__name__)

_NOT_NOW: Final = frozenset({"04", "96"})
"""Signed answers that are no last word: under way, and the hub cannot at the moment."""

_NOTHING_DONE: Final = frozenset({"91", "92"})
"""Of a REVERSAL or REFUND: the bank could not, or could not be reached. SCIS keeps its answers by msgID, so that under this one
nothing else will ever be heard."""

_BACK: Final = frozenset({"00", "94"})
"""A REVERSAL's answers after which nothing is taken any more; `94`: it was given back before."""

_SURE_AFTER: Final = 3
"""So many times `25` in a row: the TOKEN_PAYMENT is not merely late."""


class Rhythm(msgspec.Struct, kw_only=True):
    """How often the acquirer asks SCIS and tells UCSP, in seconds of the event loop."""

    look_s: float = 0.5  # the first TRX_RESULT_INQUIRY, then ever more slowly up to
    slow_look_s: float = 3.0
    patience_s: float = 200.0  # longer than any cardholder is waited for; afterwards
    late_look_s: float = 30.0
    repeat_s: float = 1.0  # twice as long each time, up to
    longest_s: float = 60.0

    def looks(self) -> Iterator[float]:
        """How long to wait before each question."""
        waited_s, gap_s = 0.0, self.look_s
        while True:
            yield gap_s
            waited_s += gap_s
            gap_s = min(gap_s * 1.5, self.slow_look_s) if waited_s < self.patience_s else self.late_look_s

    def repeats(self) -> Iterator[float]:
        """How long to wait after each attempt."""
        gap_s = self.repeat_s
        while True:
            yield gap_s
            gap_s = min(gap_s * 2, self.longest_s)


class OrderWork:
    """Goes on until everything in the till is settled and told; `resume` after a restart. `wait` is how it lets time pass."""

    def __init__(self, acquirer: Acquirer, till: Till) -> None:
        self.rhythm = Rhythm()
        self.wait: Callable[[float], Awaitable[object]] = asyncio.sleep
        self._acquirer = acquirer
        self._till = till
        self._driven: set[str] = set()

    async def resume(self) -> None:
        """Go on with what an earlier process left, without what is under way here already."""

        def left(book: TillBook) -> tuple[list[Pay], list[Undo], list[Result]]:
            return book.unfinished(), book.refunds_under_way(), book.untold()

        pays, refunds, results = await self._till.run(left)
        for result in results:
            self.tell(result)
        for refund in refunds:
            self._go_on_refunding(refund)
        for pay in pays:
            self._go_on(pay)

    def pay(self, pay: Pay, order: Order, token: str, expiry: str) -> None:
        """Pay what was accepted. Token and expiry are known here alone, until they are sent."""
        self._drive(pay.msg_id, lambda: self._pay(pay, order, token, expiry))

    async def take_back(self, pay: Pay) -> bool:
        """Reverse a PAY at SCIS; False when that is not confirmed yet, and goes on by itself."""
        if await self._back_once(pay):
            return True
        self._drive(f"back {pay.msg_id}", lambda: self._back_until_done(pay))
        return False

    async def give_back(self, undo: Undo) -> HubAnswer | None:
        """Refund at SCIS what is begun: its answer, None for none that counts. It goes on by itself until that is final."""
        answer = await self._refund_once(undo)
        if not is_last(answer):
            self._go_on_refunding(undo)
        return answer

    def tell(self, result: Result) -> None:
        """Send it until it is answered."""
        self._drive(f"result {result.msg_id}", lambda: self._tell_until_heard(result))

    # --- a PAY and its TOKEN_PAYMENT

    async def _pay(self, pay: Pay, order: Order, token: str, expiry: str) -> None:
        try:
            request = await self._token_payment(pay, order, token, expiry)
        except Exception:  # whatever it is, nothing was sent
            log.warning("acquirer %s could not make a TOKEN_PAYMENT", self._acquirer.app_id, exc_info=True)
            await self._declined(pay, "96", since=PayState.ACCEPTED)
            return
        if not await self._till.run(lambda book: book.move(pay.msg_id, PayState.SENT, since=[PayState.ACCEPTED])):
            return  # reversed meanwhile
        try:
            answer = _genuine(await self._acquirer.send(request))
        except NotSent:
            await self._declined(pay, "92", since=PayState.SENT)
            return
        except Exception as error:
            self._unheard(request, error)
            answer = None
        if answer is None or answer.code == "04":
            self._drive(_following(pay), lambda: self._follow(pay))  # beside us: here ends who knows the card
        elif answer.code == "00":
            await self._approved(pay, answer)
        else:
            await self._declined(pay, answer.code, since=PayState.SENT)

    async def _token_payment(self, pay: Pay, order: Order, token: str, expiry: str) -> HubRequest:
        return await self._acquirer.token_payment(
            order.merchant,
            pay.net.text,
            token,
            expiry,
            msg_id=pay.token_payment,
            trxCurrency=pay.net.currency,
            originalAmount=pay.gross.text if pay.gross != pay.net else None,
            discountDetails=pay.discounts or None,
            settlementKey=pay.settlement_key,
            retrivlRefNum=pay.retrieval_ref,
        )

    async def _follow(self, pay: Pay) -> None:
        """Ask SCIS until it knows, or has proven not to know, what became of the TOKEN_PAYMENT."""
        unknown = 0
        for gap_s in self.rhythm.looks():
            await self.wait(gap_s)
            if not await self._is(pay, PayState.SENT):
                return
            answer = await self._said(self._acquirer.trx_result_inquiry(pay.token_payment, "TOKEN_PAYMENT"))
            if answer is None:
                continue
            unknown = unknown + 1 if answer.code == "25" else 0
            if unknown >= _SURE_AFTER:
                await self._give_up(pay)
                return
            status = answer.trx.get("paymentStatus") if answer.code == "00" else ""
            if status == "APPROVED":
                await self._approved(pay, answer)
                return
            if status in ("DECLINED", "REVERSED"):
                await self._declined(pay, _code_of(answer.trx), since=PayState.SENT)
                return

    async def _give_up(self, pay: Pay) -> None:
        """Only a confirmed REVERSAL ends it (RULES section 3): a TOKEN_PAYMENT that comes now is refused."""
        since = [PayState.SENT]
        if await self._till.run(lambda book: book.move(pay.msg_id, PayState.GIVING_UP, since=since, reason="98")):
            await self._back_until_done(pay)

    async def _approved(self, pay: Pay, answer: HubAnswer) -> None:
        refer_no = str(answer.trx.get("referNo", ""))
        await self._end(pay, PayState.APPROVED, since=PayState.SENT, refer_no=refer_no)

    async def _declined(self, pay: Pay, code: str, *, since: PayState) -> None:
        await self._end(pay, PayState.DECLINED, since=since, reason=code)

    async def _end(self, pay: Pay, state: PayState, *, since: PayState, **known: str) -> None:
        """Settle the PAY and queue its result, in one transaction; nothing when it is not `since` any more."""
        number = self._acquirer.new_msg_id()  # here: a till's work runs in another thread

        def end(book: TillBook) -> Result | None:
            order = book.order(pay.ucsp_order_id)
            if order is None or not book.move(pay.msg_id, state, since=[since], **known):
                return None
            ended = book.pay(pay.msg_id)
            assert ended is not None
            return book.to_tell(result_of(number, ended, order, state.value))

        result = await self._till.run(end)
        if result is not None:
            self.tell(result)

    def _go_on(self, pay: Pay) -> None:
        if pay.msg_id in self._driven:
            return  # it is being paid
        match pay.state:
            case PayState.ACCEPTED:  # the card was in a process that is gone
                self._drive(pay.msg_id, lambda: self._declined(pay, "96", since=PayState.ACCEPTED))
            case PayState.SENT:
                self._drive(_following(pay), lambda: self._follow(pay))
            case _:
                self._drive(f"back {pay.msg_id}", lambda: self._back_until_done(pay))

    # --- taking and giving back

    async def _back_until_done(self, pay: Pay) -> None:
        for gap_s in self.rhythm.repeats():
            if await self._back_once(pay):
                return
            await self.wait(gap_s)

    async def _back_once(self, pay: Pay) -> bool:
        """REVERSAL of the TOKEN_PAYMENT, whatever became of it; False when SCIS has not confirmed it."""
        # Without a settlementKey of its own: the message must be the same each time.
        made = self._acquirer.reversal(pay.token_payment, pay.net.text, pay.net.currency, settlementKey=None)
        undo = await self._till.run(lambda book: book.begin_undo(undo_of(made, pay.msg_id, pay)))
        answer = await self._said(self._again(undo))
        if answer is not None and answer.code in _NOTHING_DONE | {"96"}:  # once reversed, the next one is told 94
            await self._renew(undo)
        if answer is None or answer.code not in _BACK:
            return False

        def back(book: TillBook) -> None:
            book.end_undo(undo.asked_id, answer.code)
            book.move(pay.msg_id, PayState.REVERSED, since=[PayState.REVERSING])

        await self._till.run(back)
        # We gave up ourselves, unless UCSP has asked for it meanwhile.
        await self._end(pay, PayState.DECLINED, since=PayState.GIVING_UP)
        return True

    def _go_on_refunding(self, undo: Undo) -> None:
        self._drive(f"refund {undo.asked_id}", lambda: self._refund_until_known(undo))

    async def _refund_until_known(self, undo: Undo) -> None:
        for gap_s in self.rhythm.repeats():
            await self.wait(gap_s)
            if is_last(await self._refund_once(undo)):
                return

    async def _refund_once(self, begun: Undo) -> HubAnswer | None:
        undo = await self._till.run(lambda book: book.undo(begun.asked_id)) or begun  # its msgID may be another one by now
        answer = await self._said(self._again(undo))
        if not is_last(answer):
            if answer is not None and await self._is_nothing(undo, answer.code):
                await self._renew(undo)
            return answer
        assert answer is not None
        code, number = answer.code, self._acquirer.new_msg_id()

        def end(book: TillBook) -> Result | None:
            if not book.end_undo(undo.asked_id, code) or code != "00" or not undo.by_shop:
                return None
            pay = book.pay(undo.pay_id)
            order = book.order(pay.ucsp_order_id) if pay else None
            if pay is None or order is None:
                return None
            return book.to_tell(result_of(number, pay, order, "REFUNDED", refund_amount=undo.trx["trxAmt"]))

        result = await self._till.run(end)
        if result is not None:
            self.tell(result)
        return answer

    async def _is_nothing(self, refund: Undo, code: str) -> bool:
        """Is it certain that this REFUND did nothing, and never will? `96` is what SCIS says too when it cannot tell."""
        if code != "96":
            return code in _NOTHING_DONE
        answer = await self._said(self._acquirer.trx_result_inquiry(refund.msg_id, refund.message))
        return answer is not None and answer.code == "00" and answer.trx.get("paymentStatus") == "DECLINED"

    async def _renew(self, undo: Undo) -> None:
        """The next try is a message of its own: with a msgID and, where it has one, a settlementKey that were never used."""
        number, trx = self._acquirer.new_msg_id(), dict(undo.trx)
        if "settlementKey" in trx:
            trx["settlementKey"] = self._acquirer.settlement_key()
        await self._till.run(lambda book: book.renew_undo(undo, number, trx))

    def _again(self, undo: Undo) -> HubRequest:
        """The very message that was begun."""
        return self._acquirer.request(undo.message, undo.trx, msg_id=undo.msg_id)

    # --- telling

    async def _tell_until_heard(self, result: Result) -> None:
        request = self._acquirer.request("PAYMENT_RESULT", result.members, msg_id=result.msg_id)
        for gap_s in self.rhythm.repeats():
            if not await self._till.run(lambda book: book.is_untold(result.msg_id)):
                return  # what it says was taken back
            answer = await self._said(request)
            if answer is not None and answer.code not in _NOT_NOW:
                await self._heard(result, answer.code)
                return
            await self.wait(gap_s)

    async def _heard(self, result: Result, code: str) -> None:
        await self._till.run(lambda book: book.told(result.msg_id, code))

    # --- going on

    def _drive(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let `work` go on by itself, unless it does already under that name."""
        if name in self._driven:
            return
        self._driven.add(name)

        async def driven() -> None:
            try:
                await work()
            finally:
                self._driven.discard(name)

        self._acquirer.by_itself(driven())

    async def _said(self, request: HubRequest) -> HubAnswer | None:
        """The hub's signed answer; None for anything else, which is to be asked again."""
        try:
            return _genuine(await self._acquirer.send(request))
        except Exception as error:
            self._unheard(request, error)
            return None

    def _unheard(self, request: HubRequest, error: Exception) -> None:
        """Silence is nothing to speak of; that the hub's keys cannot be had, or that there is nothing to send with, is."""
        if not isinstance(error, PartnerError | NotGenuine):
            log.warning("acquirer %s could not send %s: %r", self._acquirer.app_id, request.message, error)

    async def _is(self, pay: Pay, state: PayState) -> bool:
        now = await self._till.run(lambda book: book.pay(pay.msg_id))
        return now is not None and now.state is state


def result_of(msg_id: str, pay: Pay, order: Order, status: str, *, refund_amount: str = "") -> Result:
    """The PAYMENT_RESULT about this PAY, to be queued in the transaction that settles it."""
    members = {
        "downstreamOrderId": order.downstream_id,
        "ucspOrderId": order.ucsp_order_id,
        "paymentStatus": status,
        "settlementKey": pay.settlement_key,
        "retrivlRefNum": pay.retrieval_ref,
        "origMsgID": pay.msg_id if pay.token_payment else "",
        "reason": pay.reason,
        "trxAmt": pay.net.text,
        "trxCurrency": pay.net.currency,
        "refundAmt": refund_amount,
    }
    return Result(msg_id=msg_id, pay_id=pay.msg_id, members={name: value for name, value in members.items() if value})


def is_last(answer: HubAnswer | None) -> bool:
    """Is this SCIS' last word about a REFUND?"""
    return answer is not None and answer.code not in _NOT_NOW | _NOTHING_DONE


def undo_of(request: HubRequest, asked_id: str, pay: Pay, *, by_shop: bool = False) -> Undo:
    """The undoing of `pay` that `request` to SCIS asks for."""
    return Undo(
        asked_id=asked_id,
        message=request.message,
        pay_id=pay.msg_id,
        msg_id=request.msg_id,
        trx=request.body["trxInfo"],
        by_shop=by_shop,
    )


def _following(pay: Pay) -> str:
    return f"following {pay.msg_id}"


def _genuine(answer: HubAnswer) -> HubAnswer | None:
    """Only with 200 it is signed."""
    return answer if answer.status == 200 and answer.code else None


def _code_of(trx: dict[str, Any]) -> str:
    """The code at the head of rejectionReason."""
    reason = str(trx.get("rejectionReason", ""))[:2]
    return reason if len(reason) == 2 and reason.isalnum() else "98"
