"""Beyond the charts: the life of a card, as the app and the issuer see and move it (RULES section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card, CardFace, HolderAction, HolderState, IssuerBlock
from unionhub.domain.model.errors import Decline, IllegalMove
from unionhub.domain.model.messages import Balance, CardStatus, CardStatusRequest, Envelope, TierUpdate
from unionhub.domain.model.outgoing import BalanceInquiry
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, UnitOfWork

from .acts import Done
from .bank_desk import BankDesk
from .bank_questions import BankQuestions, code_of
from .payers import Payers, blocked, match_payer


class ManageCardStatus:
    """CARD_STATUS_MANAGEMENT: the holder's column only. RESUME never lifts the issuer's block."""

    message: ClassVar[str] = "CARD_STATUS_MANAGEMENT"

    def __init__(self, payers: Payers) -> None:
        self._payers = payers

    async def prepare(self, request: CardStatusRequest) -> None:
        """Nothing: no number is needed."""

    async def open(self, uow: UnitOfWork, act: Act, request: CardStatusRequest, _: None) -> Done:
        """`14`, `57`, `55`; `34`, `41`, `43` for a RESUME of a blocked card; `21` for a move that the table has not."""
        card = await self._payers.of_token(uow, act.sender, request.payer.token)
        match_payer(card, request.payer.user_id, request.payer.device_id)
        if request.action is None:
            raise AssertionError("a status move without an action")
        if request.action is HolderAction.RESUME:
            blocked(card)
        try:
            state = card.after(request.action)
        except IllegalMove:
            raise Decline("21") from None
        after = msgspec.structs.replace(card, holder_state=state, reason=f"holder: {request.action}")
        if not await uow.move_card(card, after):
            raise Decline("21")  # moved by somebody else this very moment
        return Done(value=_moved(after), subject_id=card.card_id, detail=state.value)

    async def recall(self, uow: UnitOfWork, act: Act) -> CardStatus | None:
        """What it was moved to then, whatever it is now."""
        card = await uow.card(act.subject_id) if act.subject_id is not None else None
        return CardStatus(device_id=card.device_id, state=act.detail) if card is not None else None


class UpdateAccount:
    """ACCOUNT_UPDATE_NOTIFICATION of an issuer: the account's tier has changed."""

    message: ClassVar[str] = "ACCOUNT_UPDATE_NOTIFICATION"

    def __init__(self, payers: Payers) -> None:
        self._payers = payers

    async def prepare(self, request: TierUpdate) -> None:
        """Nothing: no number is needed."""

    async def open(self, uow: UnitOfWork, act: Act, request: TierUpdate, _: None) -> Done:
        """`14` for a token that is not of a card of this issuer."""
        card = await self._payers.find(uow, request.token)
        if card is None or card.issuer != act.sender:
            raise Decline("14")
        after = msgspec.structs.replace(card, account_tier=request.tier)
        if not await uow.move_card(card, after):
            raise Decline("96")  # its state was moved this very moment; the issuer sends again
        return Done(subject_id=card.card_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> None:
        """The answer has no content."""
        del uow, act


class CardInquiries:
    """The reads: no claim, at most one transaction."""

    def __init__(
        self,
        store: Store,
        payers: Payers,
        directory: Directory,
        desk: BankDesk,
        bank: BankQuestions,
        clock: Clock,
    ) -> None:
        self._store = store
        self._payers = payers
        self._directory = directory
        self._desk = desk
        self._bank = bank
        self._clock = clock

    async def status(self, envelope: Envelope, request: CardStatusRequest) -> CardStatus:
        """CARD_STATUS_INQUIRY: Decline `14`, `57`, `55`."""
        card = await self._card(envelope, request)
        return CardStatus(device_id=card.device_id, state=self._state(card))

    async def balance(self, envelope: Envelope, request: CardStatusRequest) -> Balance:
        """CARD_BALANCE_INQUIRY: asked of the bank each time; the hub holds no balances. Decline, `98`, `92` among others."""
        card = await self._card(envelope, request)
        result = await self._bank.ask(
            card.issuer,
            lambda msg_id: BalanceInquiry(msg_id=msg_id, sent_at=self._clock.now(), account=self._desk.account(card)),
        )
        if isinstance(result, str) or result.code != "00":
            raise Decline(code_of(result))
        balances = {currency: amount for amount, currency in result.balances}
        if card.currency not in balances:
            raise Decline("99")
        return Balance(
            device_id=card.device_id,
            amount=balances[card.currency],
            currency=card.currency,
            tier=result.account_tier or card.account_tier,
            refer_no=result.refer_no,
        )

    async def identity_fields(self, envelope: Envelope, product_id: str) -> Sequence[str]:
        """CVM_INQUIRY: what the product wants to know of a person. Decline `89`, `15`."""
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            await uow.commit()
        product = self._directory.product(product_id) if product_id else None
        if product_id and product is None:
            raise Decline("89")
        product = product or next(iter(self._directory.products(envelope.sender.app_id)), None)
        if product is None or envelope.sender.app_id not in product.gateways:
            raise Decline("15")
        return product.cvm_fields

    async def face(self, envelope: Envelope, face_id: str) -> CardFace:
        """CARDFACE_DOWNLOADING: Decline `89` for a face of nobody, or of an issuer that has no card for this gateway."""
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            face = await uow.card_face(face_id)
            await uow.commit()
        issuers = {product.issuer for product in self._directory.products(envelope.sender.app_id)}
        if face is None or face.issuer not in issuers:
            raise Decline("89")
        return face

    async def _card(self, envelope: Envelope, request: CardStatusRequest) -> Card:
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            card = await self._payers.find(uow, request.payer.token)
            await uow.commit()
        if card is None or card.gateway != envelope.sender.app_id:
            raise Decline("14")
        match_payer(card, request.payer.user_id, request.payer.device_id)
        return card

    def _state(self, card: Card) -> str:
        if card.issuer_block is not IssuerBlock.NONE:
            return card.issuer_block.value
        if card.holder_state is HolderState.ACTIVE and self._clock.now() >= card.expiry:
            return "EXPIRED"
        return card.holder_state.value


def _moved(card: Card) -> CardStatus:
    return CardStatus(device_id=card.device_id, state=card.holder_state.value)
