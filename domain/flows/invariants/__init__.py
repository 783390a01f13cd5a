"""What must hold whenever the hub is at rest (DESIGN section 3). Written once: the simulation, the tests, `unionhub
invariants` and the worker run the same classes.

Each reads the live store page by page and yields what it found wrong, with bounded evidence. One module a family: what ends
(`ending`), what happens once (`once`), sums (`sums`), who is told (`telling`), accounts and cards (`opening`).
"""

from .checking import MAX_EVIDENCE, Finding, Invariant, check
from .ending import ActsEndInTime, EveryActEnds, EveryOpeningEnds, EveryPaymentEnds, EveryWaitIsOwned
from .once import NoCodePaysTwice, NoPurchaseTwice, OrdersArePaidOnce
from .opening import NoAccountLost, OneCardEach, OpenedAccounts
from .reading import Records, StoredRecords, all_orders, all_payments
from .sums import BookedIsApproved, NoCreditReversed, NoLimitOverspent, NoRefundBeyondPaid
from .telling import EveryoneIsTold, NoticesArrive

__all__ = [
    "MAX_EVIDENCE",
    "ActsEndInTime",
    "BookedIsApproved",
    "EveryActEnds",
    "EveryOpeningEnds",
    "EveryPaymentEnds",
    "EveryWaitIsOwned",
    "EveryoneIsTold",
    "Finding",
    "Invariant",
    "NoAccountLost",
    "NoCodePaysTwice",
    "NoCreditReversed",
    "NoLimitOverspent",
    "NoPurchaseTwice",
    "NoRefundBeyondPaid",
    "NoticesArrive",
    "OneCardEach",
    "OpenedAccounts",
    "OrdersArePaidOnce",
    "Records",
    "StoredRecords",
    "all_orders",
    "all_payments",
    "check",
]
