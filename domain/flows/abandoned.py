"""Acts that nobody works on any more: their host died, or their sender never came back for what was asked of him.

An act is ended by its sender's repeat (acts.py); one whose sender stays away is ended here, so that everything that waits
has an owner: an enrolment does not stay half open, and nobody is told `04` for ever.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.enrolment import Enrolment, EnrolmentEvent, EnrolmentState
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, UnitOfWork

from .acts import GIVEN_UP

TIMED_OUT: Final = "95"
_GRACE: Final = timedelta(seconds=60)
"""Beyond its deadline, before an act counts as abandoned: a host that only stood still ends its own."""

_ENROL: Final = frozenset({"KYC_VERIFICATION", "CARD_ENROLLMENT"})
_WAITING: Final = frozenset({EnrolmentState.VERIFYING, EnrolmentState.STEP_UP})


class AbandonedActs:
    """Ends what is due; the worker calls it now and then. Safe with any number of workers: the first answer stands."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def end(self, limit: int = 100) -> int:
        """End up to `limit` of them, each in a unit of work of its own; returns how many."""
        async with self._store.begin() as uow:
            due = await uow.acts_due(self._clock.now() - _GRACE, limit=limit)
        return sum([await self._end(act) for act in due])

    async def _end(self, act: Act) -> bool:
        async with self._store.begin() as uow:
            enrolment = await self._enrolment(uow, act)
            step_up = enrolment is not None and enrolment.state is EnrolmentState.STEP_UP
            # The enrolment first, as whoever goes on with it writes it (ActRunner): two orders would wait for each other.
            if enrolment is not None and not await uow.move_enrolment(enrolment.moved(EnrolmentEvent.REFUSE)):
                return False  # somebody went on with it this very moment
            if not await uow.close_act(msgspec.structs.replace(act, code=TIMED_OUT if step_up else GIVEN_UP)):
                return False
            await uow.commit()
        return True

    @staticmethod
    async def _enrolment(uow: UnitOfWork, act: Act) -> Enrolment | None:
        """The enrolment that ends with the act."""
        if act.kind not in _ENROL or act.subject_id is None:
            return None
        enrolment = await uow.enrolment(act.subject_id)
        return enrolment if enrolment is not None and enrolment.state in _WAITING else None
