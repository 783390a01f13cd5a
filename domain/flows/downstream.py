"""The downstream acquirer of UCSP: what the hub asks of it for an order, and how its word is read (chart U3, steps 1 and 3).

It is to a cashier's payment what the core bank is to a card's: PAY is its debit, asked about by TRX_RESULT_INQUIRY and taken
back by REVERSAL. What it says in PAYMENT_RESULT is `payment_result.py`'s; it owes one, until it is heard, for every PAY that
it does not take back, also where it answered PAY with its last word (chart U3, step 4): who heard that may have died of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from unionhub.domain.model.bank import CIRCUIT_OPEN, GATE_REFUSED, NOT_SENT, OVERLOADED, SILENT, Weight, Word
from unionhub.domain.model.channel_cards import CardPayload
from unionhub.domain.model.orders import Order
from unionhub.domain.model.outgoing import Answer, OrderMove, OrderRefund, Pay, PayReversal, PlaceOrder
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import Payment
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import CircuitOpen, GateRefused, NotSent, NoWord, Overloaded, Partners

from .numbers import msg_id
from .service_questions import ServiceQuestions

_REVERSED: Final = frozenset({"91", "92", "96", "98", "99"})
"""It failed, and says not how far it had come."""


class DownstreamDesk:
    """Sends an order's messages to its acquirer."""

    def __init__(
        self,
        directory: Directory,
        partners: Partners,
        questions: ServiceQuestions,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self._directory = directory
        self._partners = partners
        self._questions = questions
        self._clock = clock
        self._policy = policy

    async def place(self, order: Order, number: int) -> Answer | str:
        """PLACE_ORDER: it moves no money, and may be sent again. The answer, or the code of why there is none."""
        acquirer, now = self._acquirer(order), self._clock.now()
        question = PlaceOrder(msg_id=msg_id(acquirer, now, number), sent_at=now, order=order)
        answer = await self._questions.ask(acquirer, question)
        if isinstance(answer, Answer) and not answer.downstream_order_id:
            return "98"  # an order without a name cannot be spoken of
        return answer

    async def pay(self, order: Order, payment: Payment, card: CardPayload) -> Word | None:
        """PAY. None: accepted, its result comes by PAYMENT_RESULT."""
        pay = Pay(msg_id=payment.bank_msg_id, sent_at=self._clock.now(), order=order, payment=payment, card=card)
        try:
            answer = await self._partners.call(self._acquirer(order), pay, timeout_s=self._policy.service_timeout_s)
        except Overloaded:
            return OVERLOADED
        except CircuitOpen:
            return CIRCUIT_OPEN
        except NotSent:
            return NOT_SENT
        except GateRefused:
            return GATE_REFUSED
        except NoWord:
            return SILENT
        return None if answer.code == "04" else word_of(answer)

    def taking_back(self, order: Order, payment: Payment, now: datetime) -> OrderMove:
        """What undoes it: REVERSAL of a PAY, REFUND of an approval that came by itself. Under the same msgID at each try."""
        kind = PayReversal if payment.kind == Pay.message else OrderRefund
        return kind(msg_id=payment.reversal_msg_id, sent_at=now, order=order, payment=payment)

    def _acquirer(self, order: Order) -> Party:
        acquirer = self._directory.party(order.acquirer)
        if acquirer is None:
            raise AssertionError(f"order {order.order_id} names an unknown acquirer {order.acquirer}")
        return acquirer


def word_of(answer: Answer) -> Word:
    """A signed answer to PAY, weighed as a bank's to a debit (RULES section 1). It speaks the codes of section 8."""
    weight, code = _weighed(answer.code)
    return Word(
        weight=weight,
        code=code,
        bank_code=answer.code,
        refer_no=answer.refer_no,
        settlement_key=answer.settlement_key,
        retrieval_ref=answer.retrieval_ref,
    )


def _weighed(code: str) -> tuple[Weight, str]:
    if code == "00":
        return Weight.APPROVED, "00"
    if code in ("94", "04"):  # the first one may have been paid
        return Weight.UNKNOWN, "04"
    if code in _REVERSED:
        return Weight.REVERSE, "91"
    if code not in RESPONSE_TEXTS:
        return Weight.REVERSE, "71"
    return Weight.DECLINED, "72" if code == "A0" else code


def declined_code(reason: str) -> str:
    """The code in a decline's reason, which may go on in words; `71` for one that names none."""
    code = reason[:2]
    return code if code in RESPONSE_TEXTS and code not in ("00", "04") else "71"
