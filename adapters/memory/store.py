"""The store in memory, for feature runs and the simulation: the whole contract of ports/store.py except that it forgets.

Units of work run one at a time, in the order in which they asked. No threads, no randomness: it is as deterministic as
the event loop that it runs on.
"""

from __future__ import annotations

from collections.abc import Sequence

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Payment
from unionhub.ports.store import UnitOfWork

from .card_lists import CardLists
from .enrolments import Acts, Codes, Enrolments
from .marketing import Marketing
from .notices import Notices
from .orders import Orders
from .pages import Pages
from .reference import Reference
from .services import Services
from .unit import Turns
from .upkeep import Upkeep


class _Unit(Orders, Notices, Acts, Enrolments, Codes, Reference, Services, CardLists, Marketing, Upkeep, Pages):
    """One unit of work."""


class MemoryStore(Turns):
    """A store that lives as long as its process."""

    def begin(self) -> UnitOfWork:
        return _Unit(self)

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        async with self.begin() as unit:
            moved = await unit.move_payment(before, after, notices)
            await unit.commit()
        return moved

    async def ready(self) -> bool:
        return True

    async def close(self) -> None:
        """Nothing to close: what it knows may be looked at afterwards."""
