"""UCSP: orders, and what payments and notices know of them.

Only what is new, with defaults: hosts of the version before go on beside it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OF_ORDER = sa.text("order_id IS NOT NULL")
_UNPAID = sa.text("state IN ('OPEN', 'PLACING')")


def upgrade() -> None:
    op.create_table(
        "orders",
        *_number("order_id"),
        *_text("industry", "channel", "user_id", "reference", "ordered_at"),
        *_number("amount_minor", nullable=True),
        sa.Column("amount_currency", sa.Text, nullable=True),
        *_text("subject", "return_url", "acquirer", "merchant", "state"),
        *_number("opened_at", "expires_at"),
        *_text("asked_expiry"),
        *_number("login_id", nullable=True),
        *_text("downstream_id"),
        *_number("paid_by", nullable=True),
        sa.PrimaryKeyConstraint("order_id", name="pk_orders"),
        sa.UniqueConstraint("industry", "reference", name="uq_orders_industry_reference"),
        sa.CheckConstraint("amount_minor >= 0", name="amount_minor"),
    )
    op.create_index("ix_orders_opened_at", "orders", ["opened_at"])
    _partial("ix_orders_unpaid", "orders", ["expires_at"], _UNPAID)
    op.add_column("payments", sa.Column("order_id", sa.BigInteger, nullable=True))
    op.add_column("payments", sa.Column("masked_pan", sa.Text, nullable=False, server_default=""))
    _partial("ix_payments_order_id", "payments", ["order_id"], _OF_ORDER)
    op.add_column("notices", sa.Column("order_id", sa.BigInteger, nullable=True))
    _partial("ix_notices_order_id", "notices", ["order_id", "receiver", "position"], _OF_ORDER)
    op.add_column("services", sa.Column("mcc", sa.Text, nullable=False, server_default="7399"))
    op.add_column("services", sa.Column("city", sa.Text, nullable=False, server_default="Online"))


def downgrade() -> None:
    op.drop_column("services", "city")
    op.drop_column("services", "mcc")
    op.drop_index("ix_notices_order_id", "notices")
    op.drop_column("notices", "order_id")
    op.drop_index("ix_payments_order_id", "payments")
    op.drop_column("payments", "masked_pan")
    op.drop_column("payments", "order_id")
    op.drop_table("orders")


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False) for name in names]


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
