"""SCIS chart: issuing a virtual card, open new account (S-107..127; RULES section 5; section 12, S1).

1. App Gateway -> SCIS     KYC_VERIFICATION
2. SCIS -> Core Banking    the same, the identity sealed anew
3. Core Banking -> SCIS    its word and reference
4. SCIS -> App Gateway     the answer
5. App Gateway -> SCIS     OPEN_ACCOUNT, which names the KYC
6. SCIS -> Core Banking    OPEN_ACCOUNT
7. Core Banking -> SCIS    the account; silence rolls forward: the same message until it is known, never a reversal
8. SCIS -> App Gateway     card and token
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import msgspec

from unionhub.domain.model import outgoing
from unionhub.domain.model.acts import Act
from unionhub.domain.model.bank import Movement, Weight, Word, read_word
from unionhub.domain.model.enrolment import Enrolment, EnrolmentEvent, EnrolmentState
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.messages import IssuedCard, KycApproved, KycRequest, OpenAccountRequest
from unionhub.domain.model.outgoing import Answer, Document
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import PaymentStatus
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, UnitOfWork

from .acts import ActRunner, Calling, Done, Pending
from .bank_questions import BankQuestions, code_of
from .issuing import Issuing
from .numbers import Numbers
from .payers import Payers
from .products import product_for

_NOTHING_SENT = frozenset({"92", "96", "91", "15"})


class KycVerification:
    """Steps 1 to 4."""

    message: ClassVar[str] = "KYC_VERIFICATION"

    def __init__(self, payers: Payers, directory: Directory, bank: BankQuestions, numbers: Numbers, clock: Clock) -> None:
        self._payers = payers
        self._directory = directory
        self._bank = bank
        self._numbers = numbers
        self._clock = clock

    async def prepare(self, request: KycRequest) -> int:
        """The enrolment's id."""
        del request
        return await self._numbers.payment_id()

    async def open(self, uow: UnitOfWork, act: Act, request: KycRequest, enrolment_id: int) -> Calling:
        """`62` (not live), `89`, `90`, `15`."""
        self._payers.live(act.sender)
        product = product_for(self._directory, act.sender, request.product_id)
        enrolment = Enrolment(
            enrolment_id=enrolment_id,
            kind="OPEN_ACCOUNT",
            state=EnrolmentState.VERIFYING,
            gateway=act.sender,
            user_id=request.user_id,
            device_id=request.device_id,
            issuer=product.issuer,
            product_id=product.product_id,
            msg_id=act.msg_id,
            opened_at=act.opened_at,
        )
        await uow.add_enrolment(enrolment)
        return Calling(work=(enrolment, request), subject_id=enrolment_id)

    async def call(self, act: Act, work: tuple[Enrolment, KycRequest]) -> Answer | str:
        """The bank verifies."""
        enrolment, request = work
        return await self._bank.ask(
            enrolment.issuer,
            lambda msg_id: outgoing.KycVerification(
                msg_id=msg_id,
                sent_at=self._clock.now(),
                product_id=enrolment.product_id,
                user_id=enrolment.user_id,
                device_id=enrolment.device_id,
                identity=request.identity,
            ),
        )

    async def close(self, uow: UnitOfWork, act: Act, work: tuple[Enrolment, KycRequest], result: Answer | str) -> Done:
        """Approved, or refused for good: another try is another KYC."""
        enrolment = work[0]
        if isinstance(result, str) or (code := code_of(result)) != "00":
            await uow.move_enrolment(enrolment.moved(EnrolmentEvent.REFUSE))
            raise Decline(result if isinstance(result, str) else code)
        verified = enrolment.moved(
            EnrolmentEvent.VERIFY,
            refer_no=result.refer_no or str(enrolment.enrolment_id),
            verified_at=self._clock.now(),
        )
        await uow.move_enrolment(verified)
        return Done(value=_approved(verified), subject_id=enrolment.enrolment_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> KycApproved | None:
        """The reference, for a repeat."""
        enrolment = await uow.enrolment(act.subject_id) if act.subject_id is not None else None
        return _approved(enrolment) if enrolment is not None and enrolment.refer_no else None


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What the second half of OPEN_ACCOUNT needs."""

    enrolment: Enrolment
    card_id: int
    documents: tuple[Document, ...] = ()
    again: bool = False  # an earlier try may have arrived, whatever becomes of this one


class OpenNewAccount:
    """Steps 5 to 8. Idempotent at the bank by the msgID that is on record before anything is sent."""

    message: ClassVar[str] = "OPEN_ACCOUNT"

    def __init__(
        self,
        payers: Payers,
        directory: Directory,
        bank: BankQuestions,
        issuing: Issuing,
        numbers: Numbers,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self._payers = payers
        self._directory = directory
        self._bank = bank
        self._issuing = issuing
        self._numbers = numbers
        self._clock = clock
        self._policy = policy

    async def prepare(self, request: OpenAccountRequest) -> tuple[int, int]:
        """The card's id, and the number of the message to the bank."""
        del request
        return await self._issuing.card_id(), await self._numbers.payment_id()

    async def open(self, uow: UnitOfWork, act: Act, request: OpenAccountRequest, numbers: tuple[int, int]) -> Calling:
        """`62`, `73` (no such KYC of this user and device), `93` (refused, pending, used), `90`, `15`, `95`."""
        self._payers.live(act.sender)
        enrolment = await uow.enrolment_of(act.sender, request.orig_msg_id)
        if enrolment is None or not _matches(enrolment, request):
            raise Decline("73")
        if enrolment.state is not EnrolmentState.VERIFIED or enrolment.verified_at is None:
            raise Decline("93")
        product = product_for(self._directory, act.sender, enrolment.product_id)
        if act.opened_at > enrolment.verified_at + timedelta(seconds=product.kyc_window_s):
            raise Decline("95")
        issuer = self._directory.party(enrolment.issuer)
        opening = enrolment.moved(
            EnrolmentEvent.OPEN,
            act_id=act.act_id,
            # A try that never left, or whose card could not be made, is repeated under the number it had.
            bank_msg_id=enrolment.bank_msg_id or self._numbers.bank_msg_id(issuer, act.opened_at, numbers[1]),
            with_documents=bool(request.documents),
            due_at=act.opened_at + timedelta(seconds=self._policy.deadline_s),
            asks=0,
        )
        if not await uow.move_enrolment(opening):
            raise Decline("93")  # another OPEN_ACCOUNT took the KYC this very moment
        work = Opening(enrolment=opening, card_id=numbers[0], documents=request.documents)
        return Calling(work=work, subject_id=enrolment.enrolment_id, rolls_forward=True)

    async def resume(self, uow: UnitOfWork, act: Act, request: OpenAccountRequest, numbers: tuple[int, int]) -> Calling | None:
        """Documents are kept nowhere: where the bank wanted some, the gateway's own repeat is what sends them again."""
        enrolment = await uow.enrolment(act.subject_id) if act.subject_id is not None else None
        if enrolment is None or enrolment.state is not EnrolmentState.OPENING or not enrolment.with_documents:
            return None
        now = self._clock.now()
        if not enrolment.asks and enrolment.due_at is not None and enrolment.due_at > now:
            return None  # a call is under way
        trying = enrolment.changed(asks=0, due_at=now + timedelta(seconds=self._policy.deadline_s))
        if not await uow.move_enrolment(trying):
            return None
        work = Opening(enrolment=trying, card_id=numbers[0], documents=request.documents, again=True)
        return Calling(work=work, subject_id=trying.enrolment_id, rolls_forward=True)

    async def call(self, act: Act, work: Opening) -> Answer | str:
        """The bank opens an account, or tells which one it opened under this msgID before."""
        enrolment = work.enrolment
        return await self._bank.ask(
            enrolment.issuer,
            lambda msg_id: outgoing.OpenAccount(
                msg_id=msg_id,
                sent_at=self._clock.now(),
                product_id=enrolment.product_id,
                user_id=enrolment.user_id,
                device_id=enrolment.device_id,
                kyc_refer_no=enrolment.refer_no,
                documents=work.documents,
            ),
            msg_id=enrolment.bank_msg_id,
        )

    async def close(self, uow: UnitOfWork, act: Act, work: Opening, result: Answer | str) -> Done | Pending:
        """Issue; or refuse; or wait, where nobody knows whether there is an account."""
        enrolment = await uow.enrolment(work.enrolment.enrolment_id)
        if enrolment is None or enrolment.state is not EnrolmentState.OPENING:
            return Pending(subject_id=work.enrolment.enrolment_id)  # somebody else ended it; a repeat tells how
        if isinstance(result, str) and result in _NOTHING_SENT:
            if work.again or self._may_be_tried_elsewhere(work.enrolment, enrolment):
                return await self._later(uow, enrolment)
            await uow.move_enrolment(enrolment.moved(EnrolmentEvent.RELEASE, due_at=None))
            raise Decline(result)
        word = _word(result)
        if word.weight is Weight.DECLINED:
            await uow.move_enrolment(enrolment.moved(EnrolmentEvent.REFUSE, due_at=None))
            raise Decline(word.code)
        if word.weight is not Weight.APPROVED or isinstance(result, str) or result.account is None:
            return await self._later(uow, enrolment)
        return await self._issued(uow, enrolment, work, result)

    async def recall(self, uow: UnitOfWork, act: Act) -> IssuedCard | None:
        """Card and token, for a repeat."""
        enrolment = await uow.enrolment(act.subject_id) if act.subject_id is not None else None
        card = await uow.card(enrolment.card_id) if enrolment and enrolment.card_id is not None else None
        return self._issuing.shown(card) if card is not None else None

    def _may_be_tried_elsewhere(self, mine: Enrolment, now: Enrolment) -> bool:
        """A host that stood still comes too late to say that nothing was sent: a worker or a repeat may have sent it since."""
        grace = timedelta(seconds=self._policy.grace_s)
        return now.version != mine.version or now.due_at is None or now.due_at <= self._clock.now() + grace

    async def _issued(self, uow: UnitOfWork, enrolment: Enrolment, work: Opening, answer: Answer) -> Done | Pending:
        account = answer.account
        product = self._directory.product(enrolment.product_id)
        if account is None or product is None:
            raise AssertionError(f"enrolment {enrolment.enrolment_id} has no account or product")
        try:
            card = await self._issuing.issue(
                uow,
                enrolment,
                product,
                account.account,
                work.card_id,
                tier=account.tier,
                refer_no=answer.refer_no,
                currency=account.currency,
            )
        except Decline as decline:
            # The account stays: once there are numbers again, another OPEN_ACCOUNT gets this very one.
            event = EnrolmentEvent.RELEASE if decline.code == "08" else EnrolmentEvent.REFUSE
            if not await uow.move_enrolment(enrolment.moved(event, due_at=None)):
                return Pending(subject_id=enrolment.enrolment_id)  # somebody else ended it this very moment
            raise
        if not await uow.move_enrolment(enrolment.moved(EnrolmentEvent.ISSUE, card_id=card.card_id, due_at=None)):
            raise AssertionError(f"enrolment {enrolment.enrolment_id} was issued twice")
        return Done(value=self._issuing.shown(card), subject_id=enrolment.enrolment_id)

    async def _later(self, uow: UnitOfWork, enrolment: Enrolment) -> Pending:
        schedule = self._policy.ask_after_s
        wait_s = schedule[enrolment.asks] if enrolment.asks < len(schedule) else self._policy.reverse_after_s
        due_at = self._clock.now() + timedelta(seconds=wait_s)
        await uow.move_enrolment(enrolment.changed(asks=enrolment.asks + 1, due_at=due_at))
        return Pending(subject_id=enrolment.enrolment_id)


class OpeningAccounts:
    """The worker's part: an OPEN_ACCOUNT whose end nobody here knows is asked for, then sent again until it is known."""

    def __init__(
        self, store: Store, runner: ActRunner, flow: OpenNewAccount, bank: BankQuestions, issuing: Issuing, clock: Clock
    ) -> None:
        self._store = store
        self._runner = runner
        self._flow = flow
        self._bank = bank
        self._issuing = issuing
        self._clock = clock

    async def step(self, enrolment: Enrolment) -> None:
        """One leased enrolment that is due."""
        async with self._store.begin() as uow:
            act = await uow.act(enrolment.act_id) if enrolment.act_id is not None else None
        if act is None:
            raise AssertionError(f"enrolment {enrolment.enrolment_id} opens an account for nobody")
        fate = await self._fate(enrolment)
        work = Opening(enrolment=enrolment, card_id=await self._issuing.card_id(), again=True)
        if fate == PaymentStatus.DECLINED:
            await self._runner.finish(self._flow, act, work, Answer(code="71"))
        elif fate == PaymentStatus.APPROVED or not enrolment.with_documents:
            await self._runner.finish(self._flow, act, work, await self._flow.call(act, work))
        else:
            # The bank has not seen it, and its documents went with it: the gateway's repeat brings them again.
            await self._runner.finish(self._flow, act, work, "98")

    async def _fate(self, enrolment: Enrolment) -> str:
        """What the bank says became of it; empty where it does not say."""
        result = await self._bank.ask(
            enrolment.issuer,
            lambda msg_id: outgoing.BankInquiry(
                msg_id=msg_id,
                sent_at=self._clock.now(),
                orig_msg_id=enrolment.bank_msg_id,
                orig_message=OpenNewAccount.message,
            ),
        )
        if isinstance(result, str) or result.code != "00":
            return ""
        return result.payment_status


def _word(result: Answer | str) -> Word:
    """The bank's word on OPEN_ACCOUNT: it rolls forward, and its `30` is about the applicant's data (`70`)."""
    if isinstance(result, str):
        return Word(weight=Weight.UNKNOWN, code="04")
    if result.code == "30":
        return Word(weight=Weight.DECLINED, code="70", bank_code="30")
    return read_word(result.code, Movement.CREDIT, refer_no=result.refer_no)


def _approved(enrolment: Enrolment) -> KycApproved:
    return KycApproved(device_id=enrolment.device_id, refer_no=enrolment.refer_no)


def _matches(enrolment: Enrolment, request: OpenAccountRequest) -> bool:
    """A KYC that was refused, or is under way, has no reference yet: then the order is what is wrong, not the reference."""
    whose = enrolment.kind, enrolment.user_id, enrolment.device_id
    if whose != ("OPEN_ACCOUNT", request.user_id, request.device_id):
        return False
    return enrolment.refer_no in ("", request.orig_refer_no)
