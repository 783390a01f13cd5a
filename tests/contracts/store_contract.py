"""The contract of ports/store.py: one class, which every adapter passes. Each gives it a `house`: a store, empty, and the
same one as another host sees it."""

from __future__ import annotations

from contracts.store_card_lists import CardListsContract
from contracts.store_cards import CardsContract
from contracts.store_codes import AuditContract, CodesContract, UndoneContract
from contracts.store_enrolments import ActsContract, EnrolmentsContract
from contracts.store_leases import NoticesContract, PaymentLeasesContract
from contracts.store_lookups import KeptContract, LookupsContract
from contracts.store_marketing import MarketingContract
from contracts.store_orders import OrdersContract
from contracts.store_pages import PagesContract
from contracts.store_payments import MovesContract, RecordsContract, ReservationsContract
from contracts.store_services import ServicesContract
from contracts.store_units import MessagesContract, UnitsContract
from contracts.store_upkeep import ReferenceContract, SequencesContract, UpkeepContract


class StoreContract(
    UnitsContract,
    MessagesContract,
    RecordsContract,
    ReservationsContract,
    KeptContract,
    MovesContract,
    LookupsContract,
    PaymentLeasesContract,
    NoticesContract,
    ActsContract,
    EnrolmentsContract,
    CodesContract,
    CardsContract,
    ReferenceContract,
    ServicesContract,
    CardListsContract,
    MarketingContract,
    OrdersContract,
    PagesContract,
    AuditContract,
    UndoneContract,
    UpkeepContract,
    SequencesContract,
):
    """Judge each sentence of the port."""
