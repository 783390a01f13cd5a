"""SCIS chart: issuing a virtual card, used given account (S-130..138; RULES section 5; section 12, S2).

1. App Gateway -> SCIS     CARD_ENROLLMENT with the account, sealed
   SCIS -> Core Banking    KYC_VERIFICATION, where the product wants it: is this account this person's?
   App Gateway -> SCIS     OTP_REQUEST, OTP_VERIFICATION, where the product wants a one-time password
2. SCIS -> App Gateway     card and token
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import ClassVar, Final

import msgspec

from unionhub.domain.model import outgoing
from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card, CardProduct
from unionhub.domain.model.enrolment import Enrolment, EnrolmentEvent, EnrolmentState
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import AccountNumber, Secret
from unionhub.domain.model.messages import EnrolmentPending, EnrolmentRequest, IssuedCard, OtpRequest, OtpSent
from unionhub.domain.model.outgoing import Answer, OtpDelivery
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.entropy import Entropy
from unionhub.ports.store import UnitOfWork
from unionhub.ports.vault import Vault

from .acts import Calling, Done, Pending
from .bank_desk import BankDesk
from .bank_questions import BankQuestions, code_of
from .issuing import Issuing
from .numbers import Numbers
from .payers import ACCOUNT, PAN, Payers, blocked
from .products import product_for

OTP_DIGITS: Final = 6
OTP_SENDINGS: Final = 5
"""A person is sent so many passwords for one enrolment (`32` beyond)."""
NO_MOBILE: Final = "25"
"""The bank's answer to OTP_DELIVERY for a person without a verified mobile number: `77`."""


class Verifying(msgspec.Struct, frozen=True, kw_only=True):
    """What asking the bank for the owner needs."""

    enrolment: Enrolment
    product: CardProduct
    account: AccountNumber
    request: EnrolmentRequest
    card_id: int


class UseGivenAccount:
    """CARD_ENROLLMENT."""

    message: ClassVar[str] = "CARD_ENROLLMENT"

    def __init__(
        self,
        payers: Payers,
        directory: Directory,
        bank: BankQuestions,
        desk: BankDesk,
        issuing: Issuing,
        vault: Vault,
        numbers: Numbers,
        clock: Clock,
    ) -> None:
        self._payers = payers
        self._directory = directory
        self._bank = bank
        self._desk = desk
        self._issuing = issuing
        self._vault = vault
        self._numbers = numbers
        self._clock = clock

    async def prepare(self, request: EnrolmentRequest) -> tuple[int, int]:
        """The enrolment's id and the card's."""
        del request
        return await self._numbers.payment_id(), await self._issuing.card_id()

    async def open(
        self, uow: UnitOfWork, act: Act, request: EnrolmentRequest, numbers: tuple[int, int]
    ) -> Done | Calling | Pending:
        """`62`, `89`, `90`, `15`, `14` (a PAN that nobody has), `88`; then as the product wants it."""
        self._payers.live(act.sender)
        product = product_for(self._directory, act.sender, request.product_id)
        account = await self._account(uow, product, request)
        if (waiting := await self._waiting(uow, act, product, account, request)) is not None:
            return waiting
        enrolment = self._enrolment(act, request, product, account, numbers[0])
        if product.verify_owner:
            await uow.add_enrolment(enrolment)
            work = Verifying(enrolment=enrolment, product=product, account=account, request=request, card_id=numbers[1])
            return Calling(work=work, subject_id=enrolment.enrolment_id)
        await uow.add_enrolment(enrolment)
        return await self._next(uow, enrolment, product, account, numbers[1])

    async def call(self, act: Act, work: Verifying) -> Answer | str:
        """Is this account this person's?"""
        enrolment = work.enrolment
        return await self._bank.ask(
            enrolment.issuer,
            lambda msg_id: outgoing.KycVerification(
                msg_id=msg_id,
                sent_at=self._clock.now(),
                product_id=enrolment.product_id,
                user_id=enrolment.user_id,
                device_id=enrolment.device_id,
                identity=work.request.identity,
                account=work.account,
            ),
        )

    async def close(self, uow: UnitOfWork, act: Act, work: Verifying, result: Answer | str) -> Done | Pending:
        """The bank's no ends the enrolment."""
        if (code := code_of(result)) != "00":
            await uow.move_enrolment(work.enrolment.moved(EnrolmentEvent.REFUSE))
            raise Decline(code)
        return await self._next(uow, work.enrolment, work.product, work.account, work.card_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> IssuedCard | EnrolmentPending | None:
        """The card, or what it waits for."""
        enrolment = await uow.enrolment(act.subject_id) if act.subject_id is not None else None
        if enrolment is not None and enrolment.state is EnrolmentState.STEP_UP:
            return EnrolmentPending(device_id=enrolment.device_id, enrolment_id=enrolment.enrolment_id)
        card_id = enrolment.card_id if enrolment else _card_of(act)
        card = await uow.card(card_id) if card_id is not None else None
        return self._issuing.shown(card) if card is not None else None

    async def lapsed(self, uow: UnitOfWork, act: Act) -> str:
        """An enrolment that waits for its password outlives its host: `95` only when its window is over."""
        enrolment = await uow.enrolment(act.subject_id) if act.subject_id is not None else None
        if enrolment is None or enrolment.state is not EnrolmentState.STEP_UP:
            return "98"
        return "95" if timed_out(enrolment, self._directory.product(enrolment.product_id), self._clock.now()) else ""

    async def _next(
        self, uow: UnitOfWork, enrolment: Enrolment, product: CardProduct, account: AccountNumber, card_id: int
    ) -> Done | Pending:
        """Ask for a password, or issue."""
        now = self._clock.now()
        if product.step_up:
            await uow.move_enrolment(enrolment.moved(EnrolmentEvent.STEP_UP, verified_at=now))
            value = EnrolmentPending(device_id=enrolment.device_id, enrolment_id=enrolment.enrolment_id)
            return Pending(value=value, subject_id=enrolment.enrolment_id, due_after_s=product.kyc_window_s)
        try:
            card = await self._issuing.issue(uow, enrolment, product, account, card_id)
        except Decline:
            await uow.move_enrolment(enrolment.moved(EnrolmentEvent.REFUSE))
            raise
        await uow.move_enrolment(enrolment.moved(EnrolmentEvent.ISSUE, card_id=card.card_id, verified_at=now))
        return Done(value=self._issuing.shown(card), subject_id=enrolment.enrolment_id)

    async def _account(self, uow: UnitOfWork, product: CardProduct, request: EnrolmentRequest) -> AccountNumber:
        """The account itself, or the one of a card of this issuer."""
        if request.account is not None:
            return request.account
        if request.pan is None:
            raise Decline("14")
        cards = await uow.cards(pan_index=self._vault.index(request.pan, PAN), limit=1)
        if not cards or cards[0].issuer != product.issuer:
            raise Decline("14")
        if (cards[0].user_id, cards[0].device_id) != (request.user_id, request.device_id):
            blocked(cards[0])  # whoever found or stole the number must not get a card of his own with it
        return self._desk.account(cards[0])

    async def _waiting(
        self, uow: UnitOfWork, act: Act, product: CardProduct, account: AccountNumber, request: EnrolmentRequest
    ) -> Done | None:
        """A replacement that an operator made is handed over; any other card in use is `88`."""
        found = await uow.cards(account_index=self._vault.index(account, ACCOUNT), gateway=act.sender)
        for card in found:
            same = (card.user_id, card.device_id, card.product_id) == (
                request.user_id,
                request.device_id,
                product.product_id,
            )
            if not same or not card.is_usable:
                continue
            if card.collected:
                raise Decline("88")
            taken = msgspec.structs.replace(card, collected=True)
            if not await uow.move_card(card, taken):
                raise Decline("88")
            return Done(value=self._issuing.shown(taken), detail=str(taken.card_id))
        return None

    def _enrolment(
        self, act: Act, request: EnrolmentRequest, product: CardProduct, account: AccountNumber, enrolment_id: int
    ) -> Enrolment:
        return Enrolment(
            enrolment_id=enrolment_id,
            kind=self.message,
            state=EnrolmentState.VERIFYING,
            gateway=act.sender,
            user_id=request.user_id,
            device_id=request.device_id,
            issuer=product.issuer,
            product_id=product.product_id,
            msg_id=act.msg_id,
            opened_at=act.opened_at,
            act_id=act.act_id,
            account_index=self._vault.index(account, ACCOUNT),
            account_sealed=self._vault.seal(account, of_enrolment(enrolment_id)),
        )


class OneTimePassword:
    """What OTP_REQUEST and OTP_VERIFICATION share."""

    def __init__(self, directory: Directory, vault: Vault, clock: Clock) -> None:
        self._directory = directory
        self._vault = vault
        self._clock = clock

    async def enrolment(self, uow: UnitOfWork, act: Act, request: OtpRequest) -> tuple[Enrolment, CardProduct]:
        """`73` (none of this gateway, user and device), `76` (used already), `93` (no password is wanted), `95`."""
        found = await uow.enrolment_of(act.sender, request.orig_msg_id)
        if found is None or (found.user_id, found.device_id) != (request.user_id, request.device_id):
            raise Decline("73")
        product = self._directory.product(found.product_id)
        if found.state is EnrolmentState.ISSUED and found.otp_digest:
            raise Decline("76")
        if found.state is EnrolmentState.REFUSED and product is not None and found.otp_tries >= product.otp_tries:
            raise Decline("32")
        if found.state is not EnrolmentState.STEP_UP or product is None:
            raise Decline("93")
        if timed_out(found, product, self._clock.now()):
            raise Decline("95")
        return found, product

    def digest(self, enrolment: Enrolment, password: Secret) -> bytes:
        """Keyed, and bound to the enrolment."""
        return self._vault.digest(f"otp {enrolment.enrolment_id} {password.reveal()}".encode())

    def account(self, enrolment: Enrolment) -> AccountNumber:
        return AccountNumber(self._vault.open(enrolment.account_sealed, of_enrolment(enrolment.enrolment_id)))


class RequestPassword:
    """OTP_REQUEST: a new password takes the place of the one before; tries are counted over all of them."""

    message: ClassVar[str] = "OTP_REQUEST"

    def __init__(self, otp: OneTimePassword, bank: BankQuestions, entropy: Entropy, clock: Clock) -> None:
        self._otp = otp
        self._bank = bank
        self._entropy = entropy
        self._clock = clock

    async def prepare(self, request: OtpRequest) -> Secret:
        """Six digits, none likelier than another."""
        del request
        while (number := int.from_bytes(self._entropy.token_bytes(3), "big") >> 4) >= 10**OTP_DIGITS:
            pass
        return Secret(f"{number:0{OTP_DIGITS}d}")

    async def open(self, uow: UnitOfWork, act: Act, request: OtpRequest, password: Secret) -> Calling:
        """On record before it is sent, so that it can be verified whatever becomes of the answer."""
        enrolment, product = await self._otp.enrolment(uow, act, request)
        if enrolment.otp_sent >= OTP_SENDINGS:
            raise Decline("32")
        changed = enrolment.changed(
            otp_digest=self._otp.digest(enrolment, password),
            otp_expires_at=act.opened_at + timedelta(seconds=product.otp_life_s),
            otp_sent=enrolment.otp_sent + 1,
        )
        if not await uow.move_enrolment(changed):
            raise Decline("93")
        return Calling(work=(changed, password, product.otp_life_s), subject_id=enrolment.enrolment_id)

    async def call(self, act: Act, work: tuple[Enrolment, Secret, int]) -> Answer | str:
        """The bank knows the number."""
        enrolment, password, _ = work
        return await self._bank.ask(
            enrolment.issuer,
            lambda msg_id: OtpDelivery(
                msg_id=msg_id,
                sent_at=self._clock.now(),
                account=self._otp.account(enrolment),
                password=password,
            ),
        )

    async def close(self, uow: UnitOfWork, act: Act, work: tuple[Enrolment, Secret, int], result: Answer | str) -> Done:
        """`77` where the bank knows no mobile number."""
        del uow
        if isinstance(result, Answer) and result.code == NO_MOBILE:
            raise Decline("77")
        if (code := code_of(result)) != "00":
            raise Decline(code)
        value = OtpSent(length=OTP_DIGITS, expires_in_s=work[2])
        return Done(value=value, subject_id=work[0].enrolment_id, detail=str(work[2]))

    async def recall(self, uow: UnitOfWork, act: Act) -> OtpSent:
        """As it was said; the password is not said to anybody."""
        del uow
        return OtpSent(length=OTP_DIGITS, expires_in_s=int(act.detail or 0))


class VerifyPassword:
    """OTP_VERIFICATION: the right password issues the card, and answers the CARD_ENROLLMENT that waits."""

    message: ClassVar[str] = "OTP_VERIFICATION"

    def __init__(self, otp: OneTimePassword, issuing: Issuing) -> None:
        self._otp = otp
        self._issuing = issuing

    async def prepare(self, request: OtpRequest) -> int:
        """The card's id."""
        del request
        return await self._issuing.card_id()

    async def open(self, uow: UnitOfWork, act: Act, request: OtpRequest, card_id: int) -> Done:
        """`76` (none was sent), `74` (too old), `75` (wrong), `32` (wrong once too often)."""
        enrolment, product = await self._otp.enrolment(uow, act, request)
        if not enrolment.otp_digest or enrolment.otp_expires_at is None or request.password is None:
            raise Decline("76")
        if act.opened_at >= enrolment.otp_expires_at:
            raise Decline("74")
        if not hmac.compare_digest(self._otp.digest(enrolment, request.password), enrolment.otp_digest):
            await self._wrong(uow, enrolment, product)
        card = await self._issue(uow, enrolment, product, card_id)
        return Done(value=self._issuing.shown(card), subject_id=enrolment.enrolment_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> IssuedCard | None:
        """Card and token, for a repeat."""
        enrolment = await uow.enrolment(act.subject_id) if act.subject_id is not None else None
        card = await uow.card(enrolment.card_id) if enrolment and enrolment.card_id is not None else None
        return self._issuing.shown(card) if card is not None else None

    async def _wrong(self, uow: UnitOfWork, enrolment: Enrolment, product: CardProduct) -> None:
        """Counted before it is answered; raises Decline."""
        tries = enrolment.otp_tries + 1
        last = tries >= product.otp_tries
        after = enrolment.moved(EnrolmentEvent.REFUSE, otp_tries=tries) if last else enrolment.changed(otp_tries=tries)
        if not await uow.move_enrolment(after):
            raise Decline("96")  # two at once: neither of them may be a free try
        if last:
            await self._answer(uow, enrolment, "32")
        raise Decline("32" if last else "75")

    async def _issue(self, uow: UnitOfWork, enrolment: Enrolment, product: CardProduct, card_id: int) -> Card:
        card = await self._issuing.issue(uow, enrolment, product, self._otp.account(enrolment), card_id)
        if not await uow.move_enrolment(enrolment.moved(EnrolmentEvent.ISSUE, card_id=card.card_id)):
            raise AssertionError(f"enrolment {enrolment.enrolment_id} was issued twice")
        await self._answer(uow, enrolment, "00")
        return card

    @staticmethod
    async def _answer(uow: UnitOfWork, enrolment: Enrolment, code: str) -> None:
        """The CARD_ENROLLMENT that was told `04` has its answer now."""
        waiting = await uow.act(enrolment.act_id) if enrolment.act_id is not None else None
        if waiting is not None:
            await uow.close_act(msgspec.structs.replace(waiting, code=code))


def of_enrolment(enrolment_id: int) -> str:
    """The purpose of an enrolment's own ciphertext."""
    return f"{ACCOUNT} of enrolment {enrolment_id}"


def timed_out(enrolment: Enrolment, product: CardProduct | None, now: datetime) -> bool:
    """Is the enrolment's window over (`95`)?"""
    window_s = product.kyc_window_s if product else 0
    return now > enrolment.opened_at + timedelta(seconds=window_s)


def _card_of(act: Act) -> int | None:
    return int(act.detail) if act.detail.isdecimal() else None
