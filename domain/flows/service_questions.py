"""Asking channels and industries: one call, one code (RULES section 10: 91, 92, 96, 98)."""

from __future__ import annotations

from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.ports.partners import CircuitOpen, GateRefused, NotSent, NoWord, Overloaded, Partners


class ServiceQuestions:
    """Sends a question once."""

    def __init__(self, partners: Partners, policy: OutcomePolicy) -> None:
        self._partners = partners
        self._policy = policy

    async def ask(self, party: Party, question: Outgoing) -> Answer | str:
        """Its answer if that is `00`; else the code of why there is none: `91` it refused, `92` not reachable, `98` silent,
        `96` too many calls to it are under way."""
        try:
            answer = await self._partners.call(party, question, timeout_s=self._policy.service_timeout_s)
        except Overloaded:
            return "96"
        except (CircuitOpen, GateRefused):
            return "91"
        except NotSent:
            return "92"
        except NoWord:
            return "98"
        return answer if answer.code == "00" else "91"
