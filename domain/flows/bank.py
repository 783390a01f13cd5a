"""Talking to an issuer's core bank: one call, one Word. Never inside a unit of work."""

from __future__ import annotations

from unionhub.domain.model.bank import CIRCUIT_OPEN, GATE_REFUSED, NOT_SENT, OVERLOADED, SILENT, Movement, Word, read_word
from unionhub.domain.model.outgoing import Outgoing
from unionhub.domain.model.parties import Party
from unionhub.ports.partners import CircuitOpen, GateRefused, NotSent, NoWord, Overloaded, Partners


async def ask_for_word(partners: Partners, bank: Party, outgoing: Outgoing, movement: Movement, *, timeout_s: float) -> Word:
    """Send a message that moves money and read the answer; every failure is a Word too (RULES sections 1 and 13)."""
    try:
        answer = await partners.call(bank, outgoing, timeout_s=timeout_s)
    except Overloaded:
        return OVERLOADED
    except CircuitOpen:
        return CIRCUIT_OPEN
    except NotSent:
        return NOT_SENT
    except GateRefused:
        # Unsigned, so no proof: a debit is answered as declined and reversed; a credit rolls forward, so it stays unknown.
        return GATE_REFUSED if movement is Movement.DEBIT else SILENT
    except NoWord:
        return SILENT
    return read_word(answer.code, movement, refer_no=answer.refer_no)
