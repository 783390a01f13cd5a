"""Tables for every message: acts, enrolments, codes, QR inquiries, card faces, the audit trail; limits of any kind.

The software has no release yet, so no host of the version before need run beside this: tables and columns are renamed in
place, and what is stored is rewritten. Stop every host, migrate, start the new ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_PAGE = 1000
_USABLE = "holder_state <> 'DELETED' AND issuer_block <> 'CLOSED' AND replaced_by IS NULL"
_WHOSE = ("gateway", "user_id", "product_id", "account_index", "device_id")


def upgrade() -> None:
    op.execute("ALTER TABLE claims RENAME COLUMN payment_id TO record_id")
    _counters()
    _payments()
    _reservations()
    _new_columns("notices", _flag("to_payee", default=False))
    _parties_and_products()
    _cards()
    _acts_and_enrolments()
    _codes()
    _audit()


def downgrade() -> None:
    raise NotImplementedError("what the new tables hold has no place in the old ones")


def _text(*names: str, nullable: bool = False, default: str | None = None) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=nullable, server_default=default) for name in names]


def _number(*names: str, nullable: bool = False, default: int | None = None) -> list[sa.Column[Any]]:
    of_old_rows = None if default is None else str(default)
    return [
        sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False, server_default=of_old_rows) for name in names
    ]


def _bytes(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.LargeBinary, nullable=nullable) for name in names]


def _flag(*names: str, default: bool | None = None) -> list[sa.Column[Any]]:
    of_old_rows = None if default is None else sa.true() if default else sa.false()
    return [sa.Column(name, sa.Boolean, nullable=False, server_default=of_old_rows) for name in names]


def _position() -> sa.Column[Any]:
    return sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), nullable=False)


def _money(table: str, name: str) -> list[Any]:
    return [
        *_number(f"{name}_minor", nullable=True),
        *_text(f"{name}_currency", nullable=True),
        sa.CheckConstraint(f"{name}_minor >= 0", name=op.f(f"ck_{table}_{name}_minor")),
    ]


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _partial_index(name: str, table: str, *columns: str, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=condition, postgresql_where=condition)


def _new_columns(table: str, columns: list[sa.Column[Any]]) -> None:
    """Their defaults are for the rows that are there, and stay, since SQLite cannot take them off again."""
    for column in columns:
        op.add_column(table, column)


def _counters() -> None:
    op.create_table(
        "counters",
        *_text("key"),
        *_number("used_minor"),
        sa.CheckConstraint("used_minor >= 0", name=op.f("ck_counters_used_minor")),
        _key("counters", "key"),
    )
    op.execute("INSERT INTO counters (key, used_minor) SELECT 'day:' || card_id || ':' || day, used_minor FROM day_counters")
    op.drop_table("day_counters")


def _payments() -> None:
    _new_columns("payments", _number("orig_payment_id", "payee_card_id", "code_id", nullable=True))
    _new_columns("payments", _text("payee_gateway", "settlement_key", "additional_msg_id", "cardholder", default=""))
    for name, where in (
        ("settlement_key", "settlement_key <> ''"),
        ("additional_msg_id", "additional_msg_id <> ''"),
        ("orig_payment_id", "orig_payment_id IS NOT NULL"),
    ):
        _partial_index(f"ix_payments_{name}", "payments", name, where=where)


def _reservations() -> None:
    """Shares of a day's limit become allowances of any kind."""
    payments = sa.table("payments", sa.column("payment_id"), sa.column("reservations"))
    change = sa.update(payments).where(payments.c.payment_id == sa.bindparam("id")).values(reservations=sa.bindparam("after"))
    for page in _pages(payments):
        changed = [{"id": payment_id, "after": _rewritten(before)} for payment_id, before in page]
        op.get_bind().execute(change, changed)


def _pages(payments: sa.TableClause) -> Iterator[list[tuple[int, str]]]:
    last = -(2**63)
    while True:
        query = (
            sa.select(payments.c.payment_id, payments.c.reservations)
            .where(payments.c.payment_id > sa.literal(last, sa.BigInteger), payments.c.reservations.like('%"type":"day"%'))
            .order_by(payments.c.payment_id)
            .limit(_PAGE)
        )
        page = [(int(payment_id), str(before)) for payment_id, before in op.get_bind().execute(query)]
        if not page:
            return
        yield page
        last = page[-1][0]


def _rewritten(reservations: str) -> str:
    return json.dumps([_allowance(found) for found in json.loads(reservations)], ensure_ascii=False, separators=(",", ":"))


def _allowance(found: dict[str, Any]) -> dict[str, Any]:
    if found["type"] != "day":
        return found
    of_day = {"type": "allowance", "key": f"day:{found['card_id']}:{found['day']}"}
    return of_day | {name: found[name] for name in ("amount_minor", "limit_minor", "code")}


def _parties_and_products() -> None:
    _new_columns("parties", _text("channel_code", "industry_code", default=""))
    cvm_fields = '["firstName","lastName","idType","idNo","idCountry","mobileNo"]'
    columns = [
        *_text("blocked_countries", default="[]"),
        *_flag("cross_currency", default=True),
        *_number("cvm_limit_minor", default=1000_00),
        *_text("token_range", "pan_range", nullable=True),
        *_number("card_years", default=5),
        *_text("card_type", default="Virtual Card"),
        *_text("card_face_id", default=""),
        *_text("cvm_fields", default=cvm_fields),
        *_flag("verify_owner", default=True),
        *_flag("step_up", default=False),
        *_number("kyc_window_s", default=1800),
        *_number("otp_life_s", default=300),
        *_number("otp_tries", default=3),
        *_text("preset_merchants", default="[]"),
    ]
    _new_columns("card_products", columns)


def _cards() -> None:
    _new_columns("cards", _text("reason", "refer_no", default=""))
    _new_columns("cards", _number("replaced_by", nullable=True))
    _new_columns("cards", _flag("collected", default=True))
    _new_columns("cards", _text("account_tier", default="1"))
    _refuse_second_cards()
    _partial_index("ix_cards_usable", "cards", *_WHOSE, where=_USABLE, unique=True)
    _index("cards", "account_index")
    op.create_table(
        "card_faces",
        *_text("face_id", "issuer", "kind"),
        *_number("pan_x", "pan_y", "pan_font_size"),
        *_text("color"),
        *_bytes("data"),
        _key("card_faces", "face_id"),
    )


def _refuse_second_cards() -> None:
    """The first schema let a user have several usable cards of one product. Which of them shall go is not ours to say."""
    cards = sa.table("cards", *map(sa.column, ("card_id", *_WHOSE)))
    first, last = sa.func.min(cards.c.card_id), sa.func.max(cards.c.card_id)
    several = (
        sa.select(first, last)
        .where(sa.text(_USABLE))
        .group_by(*(cards.c[name] for name in _WHOSE))
        .having(sa.func.count() > sa.literal_column("1"))
        .order_by(first)
    )
    if found := [f"{one} to {another}" for one, another in op.get_bind().execute(several)]:
        raise ValueError(
            "some users have several usable cards of one product on one account and device: delete or close all but one"
            f" of each, then migrate (card_id of the first and the last): {', '.join(found)}"
        )


def _acts_and_enrolments() -> None:
    op.create_table(
        "acts",
        *_number("act_id"),
        *_text("kind", "sender", "msg_id"),
        *_number("opened_at"),
        *_number("due_at", nullable=True),
        *_text("code"),
        *_number("subject_id", nullable=True),
        *_text("detail"),
        _key("acts", "act_id"),
        _unique("acts", "sender", "msg_id"),
    )
    _partial_index("ix_acts_open", "acts", "due_at", where="code = ''")
    op.create_table(
        "enrolments",
        *_number("enrolment_id"),
        *_text("kind", "state", "gateway", "user_id", "device_id", "issuer", "product_id", "msg_id"),
        *_number("opened_at"),
        *_number("due_at", "verified_at", nullable=True),
        *_text("refer_no"),
        *_number("act_id", nullable=True),
        *_text("bank_msg_id"),
        *_flag("with_documents"),
        *_number("asks"),
        *_bytes("account_sealed", "account_index", "otp_digest"),
        *_number("otp_expires_at", nullable=True),
        *_number("otp_tries", "otp_sent"),
        *_number("card_id", nullable=True),
        *_number("version"),
        *_text("lease_owner", nullable=True),
        *_number("lease_until", nullable=True),
        _key("enrolments", "enrolment_id"),
        _unique("enrolments", "gateway", "msg_id"),
    )
    _partial_index("ix_enrolments_opening", "enrolments", "due_at", where="state = 'OPENING'")


def _codes() -> None:
    op.create_table(
        "codes",
        *_number("code_id"),
        *_text("kind"),
        *_number("act_id", "position", "card_id"),
        *_text("gateway", "user_id", "device_id"),
        *_bytes("index"),
        *_bytes("barcode_index", nullable=True),
        *_bytes("barcode_sealed"),
        *_number("atc"),
        *_bytes("unpredictable_number"),
        *_number("made_at", "expires_at"),
        *_money("codes", "trx_limit"),
        *_money("codes", "cvm_limit"),
        *_text("coupon", "refer_no"),
        _key("codes", "code_id"),
        _unique("codes", "index"),
        _unique("codes", "barcode_index"),
    )
    _index("codes", "act_id", "position")
    _index("codes", "expires_at")
    op.create_table(
        "qr_inquiries",
        *_text("sender", "msg_id", "user_id", "device_id", "qr_payload", "platform", "currency"),
        *_money("qr_inquiries", "amount"),
        *_text("merchant", "merchant_city", "use_case"),
        *_number("asked_at", "valid_until"),
        _key("qr_inquiries", "sender", "msg_id"),
    )
    _index("qr_inquiries", "valid_until")


def _audit() -> None:
    op.create_table(
        "audit",
        _position(),
        *_number("at"),
        *_text("actor", "action", "subject", "outcome", "detail"),
        _key("audit", "position"),
    )
    _index("audit", "subject", "position")
