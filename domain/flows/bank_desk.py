"""The core bank's desk: the message that a payment is to the bank, built from its record, and the bank's word on it.

What is built from the record alone can be sent again by any host: a repeat carries the same msgID and the same content.
"""

from __future__ import annotations

from unionhub.domain.model.bank import Weight, Word
from unionhub.domain.model.cards import Card
from unionhub.domain.model.identifiers import AccountNumber
from unionhub.domain.model.outgoing import BankMove, Credit, Debit, Reversal, Transfer
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import Payment
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import Partners
from unionhub.ports.vault import Vault

from .bank import ask_for_word
from .payers import ACCOUNT, of_card
from .runner import Intent


class BankDesk:
    """Sends a payment's message to its issuer's core bank."""

    def __init__(self, directory: Directory, partners: Partners, vault: Vault, clock: Clock, policy: OutcomePolicy) -> None:
        self._directory = directory
        self._partners = partners
        self._vault = vault
        self._clock = clock
        self._policy = policy

    async def move(
        self, payment: Payment, card: Card, *, payee: AccountNumber | None = None, original: Payment | None = None
    ) -> Word:
        """Send what `payment.does` says. `payee` is a transfer's, `original` what is undone. Every failure is a Word."""
        word = await self._ask(payment, self._message(payment, card, payee, original))
        if payment.does.bank_message == Reversal.message:
            return _insisting(word)
        return _without_original(word) if payment.kind == "REFUND" else word

    async def of_intent(self, intent: Intent) -> Word:
        """`move` with all that a flow found."""
        if intent.card is None:
            raise AssertionError(f"payment {intent.payment.payment_id} is of no card")
        return await self.move(intent.payment, intent.card, payee=intent.payee, original=intent.original)

    async def _ask(self, payment: Payment, outgoing: BankMove) -> Word:
        bank = self._issuer(payment)
        return await ask_for_word(self._partners, bank, outgoing, outgoing.movement, timeout_s=self._policy.bank_timeout_s)

    def account(self, card: Card) -> AccountNumber:
        """The card's account, opened. Raises VaultError."""
        return AccountNumber(self._vault.open(card.account_sealed, of_card(ACCOUNT, card.card_id)))

    def _message(self, payment: Payment, card: Card, payee: AccountNumber | None, original: Payment | None) -> BankMove:
        msg_id, sent_at = payment.bank_msg_id, self._clock.now()
        match payment.does.bank_message:
            case Debit.message:
                return Debit(msg_id=msg_id, sent_at=sent_at, payment=payment, account=self.account(card))
            case Transfer.message if payee is not None:
                return Transfer(msg_id=msg_id, sent_at=sent_at, payment=payment, account=self.account(card), payee=payee)
            case Credit.message:
                return Credit(
                    msg_id=msg_id,
                    sent_at=sent_at,
                    payment=payment,
                    account=self.account(card),
                    orig_msg_id=original.bank_msg_id if original else "",
                    orig_message=original.does.bank_message if original else "",
                )
            case Reversal.message if original is not None:
                return Reversal(
                    msg_id=msg_id,
                    sent_at=sent_at,
                    payment=payment,
                    orig_msg_id=original.bank_msg_id,
                    orig_message=original.does.bank_message,
                )
            case message:
                raise AssertionError(f"payment {payment.payment_id} lacks what {message} needs")

    def _issuer(self, payment: Payment) -> Party:
        issuer = self._directory.party(payment.issuer)
        if issuer is None:
            raise AssertionError(f"payment {payment.payment_id} names an unknown issuer {payment.issuer}")
        return issuer


def _insisting(word: Word) -> Word:
    """A REVERSAL that the bank does not confirm is neither approved nor declined: it is sent again (RULES section 3b).

    `22`, related-transaction error, counts as confirmed with an operator's look; only what never left is a decline.
    """
    if word.bank_code == "22":
        return Word(weight=Weight.APPROVED, code="00", bank_code="22", refer_no=word.refer_no, alarm=True)
    if word.weight is Weight.APPROVED or not word.bank_code:
        return word
    return Word(weight=Weight.UNKNOWN, code="04", bank_code=word.bank_code, alarm=True)


def _without_original(word: Word) -> Word:
    """`25` is final on a refund alone: it names a debit that the bank does not know, so nothing was given (RULES 13a). We
    know it as approved, which an operator must look at."""
    if word.bank_code != "25":
        return word
    return Word(weight=Weight.DECLINED, code="25", bank_code="25", alarm=True)
