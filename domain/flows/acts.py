"""The runner of acts: messages that move no money, done once for each msgID (RULES section 2).

One transaction where the hub decides alone; two with a partner's call between them. The claim, the repeat and the record
are written once here, so that no flow can get them wrong.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.messages import Claim, Envelope
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, StoreUnavailable, UnitOfWork
from unionhub.ports.telemetry import Telemetry

from .numbers import Numbers

GIVEN_UP = "98"
"""The final code of an act whose host died, or whose partner never answered."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The act is over: its answer, and what a repeat will be rebuilt from."""

    value: Any = None
    code: str = "00"
    subject_id: int | None = None
    detail: str = ""


class Calling(msgspec.Struct, frozen=True, kw_only=True):
    """A partner has to be asked: `work` is the flow's own, and on no record."""

    work: Any
    subject_id: int | None = None
    rolls_forward: bool = False  # a worker ends it if its host does not: it is never given up


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """The sender hears `04` with `value`; somebody else ends the act (a worker, a later message)."""

    value: Any = None
    subject_id: int | None = None
    due_after_s: float | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender is told."""

    code: str
    value: Any = None


R = TypeVar("R", contravariant=True)


class ActFlow(Protocol[R]):
    """A message that leaves something behind but moves no money.

    One whose `open` gives a Calling also has `call(act, work)`, which talks to the partner outside any unit of work and never
    raises for what a partner does, and `close(uow, act, work, result)`, the second transaction, which may raise Decline.
    """

    message: ClassVar[str]

    async def prepare(self, request: R) -> Any:
        """Numbers that the act needs: they are taken outside of the unit of work."""
        ...

    async def open(self, uow: UnitOfWork, act: Act, request: R, prepared: Any) -> Done | Calling | Pending:
        """Check and do, or say what must be asked. Raises Decline (recorded) or Refusal (leaves no trace)."""
        ...

    async def recall(self, uow: UnitOfWork, act: Act) -> Any:
        """The answer's content for a repeat, from the records."""
        ...


class ActRunner:
    """Runs an act."""

    def __init__(self, store: Store, clock: Clock, numbers: Numbers, policy: OutcomePolicy, telemetry: Telemetry) -> None:
        self._store = store
        self._clock = clock
        self._numbers = numbers
        self._policy = policy
        self._telemetry = telemetry
        self._closing: set[asyncio.Task[Answered]] = set()

    async def run(self, flow: Any, envelope: Envelope, request: Any) -> Answered:
        """The answer. Raises Replayed, Refusal (`30`, `78`), StoreUnavailable (`96`: nothing was sent to anybody)."""
        act = await self._draft(envelope)
        prepared = await flow.prepare(request)
        try:
            opened = await self._first(flow, envelope, act, request, prepared)
        except Refusal:
            async with self._store.begin() as uow:
                await uow.admit(envelope.sender.app_id, envelope.uuid)
                await uow.commit()
            raise
        if isinstance(opened, Answered):
            return opened
        act, calling = opened
        closing = asyncio.create_task(self._call_and_close(flow, act, calling))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return await asyncio.shield(closing)

    async def drain(self) -> None:
        """Wait for the acts that are between their two transactions (SIGTERM)."""
        while self._closing:
            await asyncio.wait(set(self._closing))

    async def _draft(self, envelope: Envelope) -> Act:
        now = self._clock.now()
        return Act(
            act_id=await self._numbers.payment_id(),
            kind=envelope.message,
            sender=envelope.sender.app_id,
            msg_id=envelope.msg_id,
            opened_at=now,
            due_at=now + timedelta(seconds=self._policy.deadline_s),
        )

    async def _first(
        self, flow: Any, envelope: Envelope, act: Act, request: Any, prepared: Any
    ) -> Answered | tuple[Act, Calling]:
        claim = Claim(sender=act.sender, msg_id=act.msg_id, message=act.kind, digest=envelope.digest, record_id=act.act_id)
        async with self._store.begin() as uow:
            earlier = await uow.admit(act.sender, envelope.uuid, claim)
            if earlier is not None:
                if (earlier.message, earlier.digest) != (claim.message, claim.digest):
                    raise Refusal("78")
                answered: Answered | tuple[Act, Calling] = await self._again(uow, flow, earlier, request, prepared)
            else:
                answered = await self._open(uow, flow, act, request, prepared)
            await uow.commit()
        return answered

    async def _again(
        self, uow: UnitOfWork, flow: Any, earlier: Claim, request: Any, prepared: Any
    ) -> Answered | tuple[Act, Calling]:
        """The same message again: the answer that stands, rebuilt; an act that nobody works on any more ends here."""
        act = await uow.act(earlier.record_id)
        if act is None:
            raise AssertionError(f"claim without act {earlier.record_id}")
        if not act.code and act.due_at is not None and act.due_at <= self._clock.now():
            act = msgspec.structs.replace(act, code=await _lapsed(flow, uow, act))
            if act.code:
                await uow.close_act(act)
        if not act.code and (resumed := await _resumed(flow, uow, act, request, prepared)) is not None:
            return act, resumed
        value = await flow.recall(uow, act) if act.answer_code in ("00", "04") else None
        return Answered(code=act.answer_code, value=value)

    async def _open(self, uow: UnitOfWork, flow: Any, act: Act, request: Any, prepared: Any) -> Answered | tuple[Act, Calling]:
        try:
            opened = await flow.open(uow, act, request, prepared)
        except Decline as decline:
            await uow.record_act(msgspec.structs.replace(act, code=decline.code))
            return Answered(code=decline.code)
        if isinstance(opened, Calling):
            due_at = None if opened.rolls_forward else act.due_at
            await uow.record_act(msgspec.structs.replace(act, subject_id=opened.subject_id, due_at=due_at))
            return act, opened
        await uow.record_act(self._ended(act, opened))
        return _answer(opened)

    def _ended(self, act: Act, done: Done | Pending) -> Act:
        if isinstance(done, Pending):
            wait_s = done.due_after_s
            due_at = None if wait_s is None else act.opened_at + timedelta(seconds=wait_s)
            return msgspec.structs.replace(act, subject_id=done.subject_id, due_at=due_at)
        return msgspec.structs.replace(act, code=done.code, subject_id=done.subject_id, detail=done.detail)

    async def finish(self, flow: Any, act: Act, work: Any, result: Any) -> Answered:
        """The second transaction of an act that its host left open, for whoever ends it."""
        return await self._close(flow, act, Calling(work=work, subject_id=act.subject_id), result)

    async def _call_and_close(self, flow: Any, act: Act, calling: Calling) -> Answered:
        try:
            result = await flow.call(act, calling.work)
            return await self._close(flow, act, calling, result)
        except StoreUnavailable as error:
            self._telemetry.store_failed(act.kind, error)
        except Exception as error:
            self._telemetry.crashed(act.kind, error)
        # The partner may have acted, and it may be on record or not: whoever asks again gets what stands.
        return Answered(code="04")

    async def _close(self, flow: Any, act: Act, calling: Calling, result: Any) -> Answered:
        async with self._store.begin() as uow:
            try:
                done = await flow.close(uow, act, calling.work, result)
            except Decline as decline:
                done = Done(code=decline.code, subject_id=calling.subject_id)
            # One that goes on waiting gets no code, and is held all the same: nobody may end it while this is written.
            if await uow.close_act(self._ended(act, done)):
                await uow.commit()
                return _answer(done)
        # It was given up, or ended by somebody else, while this host stood still: what was answered then stands, and nothing
        # of this is written. A card that is issued to somebody who was told `98` would be in the way of his next try; so would
        # a password that is asked of him.
        async with self._store.begin() as uow:
            stored = await uow.act(act.act_id)
            value = await flow.recall(uow, stored) if stored is not None and stored.code == "00" else None
        return Answered(code=stored.answer_code if stored is not None else GIVEN_UP, value=value)


def _answer(done: Done | Pending) -> Answered:
    if isinstance(done, Pending):
        return Answered(code="04", value=done.value)
    return Answered(code=done.code, value=done.value)


async def _resumed(flow: Any, uow: UnitOfWork, act: Act, request: Any, prepared: Any) -> Calling | None:
    """What only the sender's own repeat can bring again (documents): the flow may go on with it."""
    resume = getattr(flow, "resume", None)
    return await resume(uow, act, request, prepared) if resume is not None else None


async def _lapsed(flow: Any, uow: UnitOfWork, act: Act) -> str:
    """What an act ends with that was given up: the flow's word, else `98`. Empty: it still waits for somebody."""
    lapsed = getattr(flow, "lapsed", None)
    return str(await lapsed(uow, act)) if lapsed is not None else GIVEN_UP
