"""Issuing virtual cards: numbers from the issuer's ranges, Luhn-valid and never reused (RULES section 5; TSP: `08`)."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.cards import Card, CardProduct, IssuerBlock, NumberRange
from unionhub.domain.model.enrolment import Enrolment
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import AccountNumber, Pan, Token, luhn_complete, mask_number
from unionhub.domain.model.messages import IssuedCard
from unionhub.domain.model.money import is_currency
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.sequences import Sequences
from unionhub.ports.store import Store, UnitOfWork
from unionhub.ports.telemetry import Telemetry
from unionhub.ports.vault import Vault

from .payers import ACCOUNT, PAN, TOKEN, of_card

CARD_SEQUENCE: Final = "card"
_TRIES: Final = 20


class Issuing:
    """Makes cards, inside the unit of work of whoever asks for one."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        vault: Vault,
        sequences: Sequences,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._directory = directory
        self._vault = vault
        self._sequences = sequences
        self._clock = clock
        self._telemetry = telemetry

    async def card_id(self) -> int:
        """The next card's id; taken outside of units of work."""
        return await self._sequences.next(CARD_SEQUENCE)

    async def issue(
        self,
        uow: UnitOfWork,
        enrolment: Enrolment,
        product: CardProduct,
        account: AccountNumber,
        card_id: int,
        *,
        tier: str = "1",
        refer_no: str = "",
        currency: str = "",
    ) -> Card:
        """A new card on `account`. Raises Decline `08` (a range is used up), `88` (the user has one already)."""
        card = Card(
            issuer=product.issuer,
            product_id=product.product_id,
            gateway=enrolment.gateway,
            user_id=enrolment.user_id,
            device_id=enrolment.device_id,
            account_index=self._vault.index(account, ACCOUNT),
            currency=currency if is_currency(currency) else product.currency,
            account_tier=tier or "1",
            refer_no=refer_no,
            **await self._own(uow, product, account, card_id),
        )
        if not await uow.put_card(card):
            raise Decline("88")
        return card

    async def reissue(self, card_id: int, *, block: IssuerBlock | None, reason: str, actor: str) -> Card:
        """An operator's: a new card with new numbers on the same account, in place of one that is lost or expired. The app
        takes it by enrolling again. `block` is what becomes of the old one (CLOSED if it is only worn or old).

        Raises Decline `14` (no such card), `21` (gone or replaced already), `89`, `08`.
        """
        new_id = await self.card_id()
        async with self._store.begin() as uow:
            old = await uow.card(card_id)
            if old is None:
                raise Decline("14")
            product = self._directory.product(old.product_id)
            if product is None:
                raise Decline("89")
            if not old.is_usable:
                raise Decline("21")
            # What it is blocked for already stays said, unless the operator says another.
            said = old.issuer_block if old.issuer_block is not IssuerBlock.NONE else IssuerBlock.CLOSED
            closed = block or said
            after = msgspec.structs.replace(old, issuer_block=closed, reason=reason, replaced_by=new_id)
            if not await uow.move_card(old, after):
                raise Decline("21")
            new = await self._replacement(uow, old, product, new_id)
            await uow.add_audit(
                AuditEntry(
                    at=self._clock.now(),
                    actor=actor,
                    action="card.reissue",
                    subject=f"card {card_id}",
                    detail=f"{reason}; replaced by card {new_id}",
                )
            )
            await uow.commit()
        return new

    async def _replacement(self, uow: UnitOfWork, old: Card, product: CardProduct, new_id: int) -> Card:
        account = AccountNumber(self._vault.open(old.account_sealed, of_card(ACCOUNT, old.card_id)))
        new = msgspec.structs.replace(
            old,
            issuer_block=IssuerBlock.NONE,
            reason="",
            replaced_by=None,
            collected=False,
            **await self._own(uow, product, account, new_id),
        )
        if not await uow.put_card(new):
            raise Decline("88")
        return new

    def shown(self, card: Card) -> IssuedCard:
        """The card with its numbers, for the app that it is issued to. Raises VaultError."""
        product = self._directory.product(card.product_id)
        return IssuedCard(
            card=card,
            token=Token(self._vault.open(card.token_sealed, of_card(TOKEN, card.card_id))),
            pan=Pan(self._vault.open(card.pan_sealed, of_card(PAN, card.card_id))),
            card_type=product.card_type if product else "",
            card_face_id=product.card_face_id if product else "",
        )

    async def _own(self, uow: UnitOfWork, product: CardProduct, account: AccountNumber, card_id: int) -> dict[str, Any]:
        """What no two cards share: id, numbers, expiry, and ciphertexts that open for this card alone. Decline `08`."""
        now = self._clock.now()
        token, pan = await self._numbers(uow, product)
        expiry = end_of_month(now.year + product.card_years, now.month)
        return {
            "card_id": card_id,
            "token_index": self._vault.index(token, TOKEN),
            "token_sealed": self._vault.seal(token, of_card(TOKEN, card_id)),
            "token_expiry": expiry,
            "pan_index": self._vault.index(pan, PAN),
            "pan_sealed": self._vault.seal(pan, of_card(PAN, card_id)),
            "pan_expiry": expiry,
            "masked_pan": mask_number(pan.reveal()),
            "account_sealed": self._vault.seal(account, of_card(ACCOUNT, card_id)),
            "created_at": now,
        }

    async def _numbers(self, uow: UnitOfWork, product: CardProduct) -> tuple[Token, Pan]:
        token = await self._free(uow, product, TOKEN, product.token_range)
        pan = await self._free(uow, product, PAN, product.pan_range)
        return Token.parse(token), Pan.parse(pan)

    async def _free(self, uow: UnitOfWork, product: CardProduct, purpose: str, numbers: NumberRange | None) -> str:
        """The next number of the range that no card has: some may have been given out elsewhere before."""
        for _ in range(_TRIES if numbers else 0):
            assert numbers is not None
            # The range does not come last in the name: a count that is stored behind it would make a card's number of it.
            nth = await uow.reserve_numbers(f"{numbers.first}:{purpose}:{product.product_id}", 1)
            if nth > numbers.size:
                break
            number = luhn_complete(numbers.number(nth))
            if await self._is_free(uow, purpose, number):
                return number
        self._telemetry.alarm("number_range_used_up", product=product.product_id, range=purpose)
        raise Decline("08")

    async def _is_free(self, uow: UnitOfWork, purpose: str, number: str) -> bool:
        if purpose == TOKEN:
            return await uow.card_by_token(self._vault.index(Token(number), TOKEN)) is None
        return not await uow.cards(pan_index=self._vault.index(Pan(number), PAN), limit=1)


def end_of_month(year: int, month: int) -> datetime:
    """The last second of that month, UTC: what a card's MM/YY means."""
    return datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, 59, tzinfo=UTC)
