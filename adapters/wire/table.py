"""Every message that partners may send: SCIS's rows and UCSP's. A row reads and answers in its own form."""

from __future__ import annotations

from typing import Final, TypeAlias

from .flat import FlatRow
from .inbound import INBOUND, Row
from .ucsp import UCSP
from .ucsp_orders import ORDERS

AnyRow: TypeAlias = Row | FlatRow

ROWS: Final[tuple[AnyRow, ...]] = (*INBOUND, *UCSP, *ORDERS)
