"""Asking a core bank what moves no money: KYC, balances, cash-out tokens, one-time passwords. One call, one code."""

from __future__ import annotations

from collections.abc import Callable

from unionhub.domain.model.bank import Movement, read_word
from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import CircuitOpen, GateRefused, NotSent, NoWord, Overloaded, Partners

from .numbers import Numbers


class BankQuestions:
    """Sends a question under a new msgID, or under one that is on record already."""

    def __init__(self, directory: Directory, partners: Partners, numbers: Numbers, clock: Clock, policy: OutcomePolicy) -> None:
        self._directory = directory
        self._partners = partners
        self._numbers = numbers
        self._clock = clock
        self._policy = policy

    async def ask(self, issuer: str, question: Callable[[str], Outgoing], *, msg_id: str = "") -> Answer | str:
        """The bank's answer; or the code of why there is none: `92` not reachable, `96`, `91`, `72`, `98` silent."""
        bank = self._directory.party(issuer)
        if bank is None:
            return "15"
        msg_id = msg_id or await self._numbers.msg_id(bank, self._clock.now())
        try:
            return await self._partners.call(bank, question(msg_id), timeout_s=self._policy.bank_timeout_s)
        except Overloaded:
            return "96"
        except CircuitOpen:
            return "91"
        except NotSent:
            return "92"
        except GateRefused:
            return "72"
        except NoWord:
            return "98"


def code_of(result: Answer | str) -> str:
    """The gateway's code for what came of a question (RULES section 13, messages that move no money)."""
    if isinstance(result, str):
        return result
    return read_word(result.code, Movement.NONE).code
