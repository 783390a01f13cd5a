"""The contract of ports/store.py: one class, which every adapter passes. Each gives it a `house`: a store, empty, and the
same one as another host sees it."""

from __future__ import annotations

from contracts.store_leases import NoticesContract, PaymentLeasesContract
from contracts.store_payments import MovesContract, RecordsContract, ReservationsContract
from contracts.store_units import MessagesContract, UnitsContract
from contracts.store_upkeep import ReferenceContract, SequencesContract, UpkeepContract


class StoreContract(
    UnitsContract,
    MessagesContract,
    RecordsContract,
    ReservationsContract,
    MovesContract,
    PaymentLeasesContract,
    NoticesContract,
    ReferenceContract,
    UpkeepContract,
    SequencesContract,
):
    """Judge each sentence of the port."""
