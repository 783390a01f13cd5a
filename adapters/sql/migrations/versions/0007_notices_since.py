"""Notices by when they were written: a replay reads those since a time, not all that ever were.

Only what is new: hosts of the version before go on beside it. While the index is built they write no notice, and wait.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_notices_created_at", "notices", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_notices_created_at", "notices")
