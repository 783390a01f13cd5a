"""UCSP: industry services, grants between channels and industries, logins.

Only new tables: hosts of the version before go on beside it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "services",
        *_text("app_id", "name", "category", "url", "icon_url", "needs", "takes"),
        *_text("default_language", "languages"),
        *_number("login_life_s", "ticket_life_s"),
        *_text("acquirer", "merchant_id"),
        sa.PrimaryKeyConstraint("app_id", name="pk_services"),
    )
    op.create_table(
        "grants",
        *_text("channel", "industry", "state"),
        *_number("valid_from", "valid_until", nullable=True),
        sa.Column("allows_pan", sa.Boolean, nullable=False),
        *_text("fee_terms"),
        sa.PrimaryKeyConstraint("channel", "industry", name="pk_grants"),
    )
    op.create_table(
        "logins",
        *_number("login_id"),
        *_text("channel", "industry", "user_id"),
        *_number("opened_at", "ends_at"),
        sa.Column("url_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("login_id", name="pk_logins"),
    )
    op.create_index("ix_logins_channel_user_id_industry_ends_at", "logins", ["channel", "user_id", "industry", "ends_at"])
    op.create_index("ix_logins_ends_at", "logins", ["ends_at"])


def downgrade() -> None:
    for table in ("logins", "grants", "services"):
        op.drop_table(table)


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False) for name in names]
