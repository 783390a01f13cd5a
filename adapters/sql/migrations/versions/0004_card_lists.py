"""UCSP: the card lists that were given out.

Only what is new: hosts of the version before go on beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "card_lists",
        sa.Column("list_id", sa.BigInteger, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("channel", "user_id", "given_to", "cards")),
        *(sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False) for name in ("given_at", "ends_at")),
        sa.PrimaryKeyConstraint("list_id", name="pk_card_lists"),
    )
    keys = ["given_to", "channel", "user_id", "ends_at"]
    op.create_index("ix_card_lists_given_to_channel_user_id_ends_at", "card_lists", keys)
    op.create_index("ix_card_lists_ends_at", "card_lists", ["ends_at"])


def downgrade() -> None:
    op.drop_table("card_lists")
