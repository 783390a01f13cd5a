"""The first tables. `tables.py` says what they are for; here is only how they were made."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _messages()
    _payments()
    _reservations()
    _notices()
    _cards()
    _reference()
    _upkeep()


def downgrade() -> None:
    raise NotImplementedError("before the first version there is nothing to go back to")


def _text(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _number(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False) for name in names]


def _bytes(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.LargeBinary, nullable=False) for name in names]


def _flag(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names]


def _position() -> sa.Column[Any]:
    return sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), nullable=False)


def _lease() -> list[sa.Column[Any]]:
    return [*_text("lease_owner", nullable=True), *_number("lease_until", nullable=True)]


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _partial_index(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _messages() -> None:
    op.create_table("uuids", *_text("sender", "uuid"), *_number("recorded_at"), _key("uuids", "sender", "uuid"))
    _index("uuids", "recorded_at")
    op.create_table(
        "claims",
        *_text("sender", "msg_id", "message"),
        *_bytes("digest"),
        *_number("payment_id", "recorded_at"),
        _key("claims", "sender", "msg_id"),
    )
    _index("claims", "recorded_at")


def _payments() -> None:
    money = ("gross", "amount", "fee", "bill", "settle")
    op.create_table(
        "payments",
        *_number("payment_id"),
        *_text("kind", "sender", "msg_id", "state"),
        *_number("opened_at"),
        *_number("due_at", nullable=True),
        *_text("code", "bank_code", "gateway", "issuer", "acquirer"),
        *_number("card_id", nullable=True),
        *_text("user_id", "device_id"),
        *(column for name in money for column in _number(f"{name}_minor", nullable=True)),
        *(column for name in money for column in _text(f"{name}_currency", nullable=True)),
        *_text("bill_rate", "settle_rate"),
        *_text("settle_date", nullable=True),
        *_text("discounts", "merchant", "qr_payload", "note", "reservations"),
        *_text("voucher_no", "trace_no", "retrieval_ref", "bank_msg_id", "reversal_msg_id", "refer_no"),
        *_number("asks"),
        *_flag("told_pending"),
        *_lease(),
        *(sa.CheckConstraint(f"{name}_minor >= 0", name=op.f(f"ck_payments_{name}_minor")) for name in money),
        _key("payments", "payment_id"),
        sa.UniqueConstraint("msg_id", "sender", name="uq_payments_msg_id_sender"),
    )
    for column in ("opened_at", "card_id", "voucher_no", "retrieval_ref", "bank_msg_id"):
        _index("payments", column)
    _partial_index("ix_payments_unfinished", "payments", "due_at", "state NOT IN ('APPROVED', 'DECLINED', 'REVERSED')")


def _reservations() -> None:
    op.create_table("once_keys", *_text("key"), *_number("payment_id"), _key("once_keys", "key"))
    op.create_table(
        "day_counters",
        *_number("card_id"),
        *_text("day"),
        *_number("used_minor"),
        sa.CheckConstraint("used_minor >= 0", name=op.f("ck_day_counters_used_minor")),
        _key("day_counters", "card_id", "day"),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        _position(),
        *_number("notice_id", "payment_id"),
        *_text("receiver", "message", "msg_id"),
        *_number("due_at", "created_at", "attempts"),
        *_text("state"),
        *_lease(),
        _key("notices", "position"),
        sa.UniqueConstraint("notice_id", name="uq_notices_notice_id"),
    )
    _index("notices", "payment_id", "receiver", "position")
    _partial_index("ix_notices_queued", "notices", "due_at", "state = 'QUEUED'")
    op.create_table(
        "attempts",
        _position(),
        *_number("notice_id", "at"),
        *_text("outcome"),
        *_number("latency_ms"),
        _key("attempts", "position"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.notice_id"], name="fk_attempts_notice_id"),
    )
    _index("attempts", "notice_id")


def _cards() -> None:
    op.create_table(
        "cards",
        *_number("card_id"),
        *_text("issuer", "product_id", "gateway", "user_id", "device_id"),
        *_bytes("token_index", "token_sealed"),
        *_number("token_expiry"),
        *_bytes("pan_index", "pan_sealed"),
        *_number("pan_expiry"),
        *_text("masked_pan"),
        *_bytes("account_index", "account_sealed"),
        *_text("currency", "holder_state", "issuer_block"),
        *_number("created_at"),
        _key("cards", "card_id"),
        sa.UniqueConstraint("token_index", name="uq_cards_token_index"),
        sa.UniqueConstraint("pan_index", name="uq_cards_pan_index"),
    )
    _index("cards", "gateway", "user_id")


def _reference() -> None:
    op.create_table(
        "parties",
        *_text("app_id", "role", "name", "profile", "state", "base_url", "country", "keys"),
        *_flag("unencoded_payload"),
        *_number("utc_offset_minutes"),
        *_flag("verifies_merchants"),
        *_text("acquirer_iin", "paths"),
        _key("parties", "app_id"),
    )
    op.create_table(
        "card_products",
        *_text("product_id", "issuer", "name", "currency"),
        *_number("trx_limit_minor", "day_limit_minor"),
        *_text("messages", "blocked_mccs", "gateways", "settle_currency"),
        *_number("utc_offset_minutes"),
        *_flag("cut_off"),
        _key("card_products", "product_id"),
    )


def _upkeep() -> None:
    op.create_table(
        "wrapped_keys",
        *_text("kind"),
        *_number("version"),
        *_bytes("wrapped"),
        *_number("created_at"),
        _key("wrapped_keys", "kind", "version"),
    )
    op.create_table("sequences", *_text("name"), *_number("next_value"), _key("sequences", "name"))
    op.create_table("markers", *_text("name", "value"), _key("markers", "name"))
