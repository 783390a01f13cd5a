"""UCSP: marketing offers.

Only what is new: hosts of the version before go on beside it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "offers",
        *_text("offer_id", "kind", "name", "owner", "funders", "currency"),
        *_number("budget_minor", "valid_from", "valid_until", "off_minor"),
        *_text("off_percent"),
        *_number("cap_minor", "minimum_minor", "per_user_max"),
        *_text("channels", "industries", "code", "state"),
        sa.PrimaryKeyConstraint("offer_id", name="pk_offers"),
    )


def downgrade() -> None:
    op.drop_table("offers")


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False) for name in names]
