"""The tables, once for SQLite and PostgreSQL. Their history is in `migrations/`; a test holds the two together.

Every value is stored in a form that both drivers take and give as it is: instants as microseconds UTC since 1970, days as
ISO text, amounts as minor units beside their currency, rates as decimal text, small nested things as JSON text. So no
type of SQLAlchemy's has to convert anything, and the drivers can be used directly (see `transaction.py`).
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from unionhub.domain.model.cards import HolderState, IssuerBlock
from unionhub.domain.model.enrolment import EnrolmentState
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.orders import OrderState
from unionhub.domain.model.transactions import FINAL_STATES

METADATA: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

# As literals: neither database uses a partial index for a condition with parameters in it.
UNFINISHED: Final = sa.text(f"state NOT IN ({', '.join(repr(state.value) for state in sorted(FINAL_STATES))})")
QUEUED: Final = sa.text(f"state = '{NoticeState.QUEUED}'")
OPENING: Final = sa.text(f"state = '{EnrolmentState.OPENING}'")
OPEN_ACT: Final = sa.text("code = ''")
UNPAID: Final = sa.text(f"state IN ('{OrderState.OPEN}', '{OrderState.PLACING}')")
OF_ORDER: Final = sa.text("order_id IS NOT NULL")
USABLE: Final = sa.text(
    f"holder_state <> '{HolderState.DELETED}' AND issuer_block <> '{IssuerBlock.CLOSED}' AND replaced_by IS NULL"
)
# Most payments have neither, and an index that leaves them out costs them nothing.
HAS_SETTLEMENT_KEY: Final = sa.text("settlement_key <> ''")
HAS_ADDITIONAL: Final = sa.text("additional_msg_id <> ''")
_UNDOES: Final = sa.text("orig_payment_id IS NOT NULL")


def _text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=options.pop("nullable", False), **options)


def _number(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=options.pop("nullable", False), autoincrement=False, **options)


def _partial(name: str, *columns: str, where: sa.TextClause, unique: bool = False) -> sa.Index:
    return sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _bytes(name: str, **options: Any) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=options.pop("nullable", False), **options)


def _money(name: str) -> tuple[sa.Column[int], sa.Column[str], sa.CheckConstraint]:
    return (
        _number(f"{name}_minor", nullable=True),
        _text(f"{name}_currency", nullable=True),
        sa.CheckConstraint(f"{name}_minor >= 0", name=f"{name}_minor"),
    )


def _counted(name: str) -> sa.Column[int]:
    """The order in which rows were written. PostgreSQL counts by identity, SQLite by its rowid."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True)


def _lease() -> tuple[sa.Column[str], sa.Column[int]]:
    """Who works on it and until when, by the store's own time."""
    return _text("lease_owner", nullable=True), _number("lease_until", nullable=True)


uuids: Final = sa.Table(
    "uuids",
    METADATA,
    _text("sender", primary_key=True),
    _text("uuid", primary_key=True),
    _number("recorded_at", index=True),
)

claims: Final = sa.Table(
    "claims",
    METADATA,
    _text("sender", primary_key=True),
    _text("msg_id", primary_key=True),
    _text("message"),
    _bytes("digest"),
    _number("record_id"),
    _number("recorded_at", index=True),
)

payments: Final = sa.Table(
    "payments",
    METADATA,
    _number("payment_id", primary_key=True),
    _text("kind"),
    _text("sender"),
    _text("msg_id"),
    _text("state"),
    _number("opened_at", index=True),
    _number("due_at", nullable=True),
    _text("code"),
    _text("bank_code"),
    _text("gateway"),
    _text("issuer"),
    _text("acquirer"),
    _number("card_id", nullable=True, index=True),
    _text("user_id"),
    _text("device_id"),
    *_money("gross"),
    *_money("amount"),
    *_money("fee"),
    *_money("bill"),
    _text("bill_rate"),
    *_money("settle"),
    _text("settle_rate"),
    _text("settle_date", nullable=True),
    _text("discounts"),
    _text("merchant"),
    _text("qr_payload"),
    _text("note"),
    _text("reservations"),
    _text("voucher_no", index=True),
    _text("trace_no"),
    _text("retrieval_ref", index=True),
    _text("bank_msg_id", index=True),
    _text("reversal_msg_id"),
    _text("refer_no"),
    _number("asks"),
    _number("orig_payment_id", nullable=True),
    _number("payee_card_id", nullable=True),
    _text("payee_gateway"),
    _text("settlement_key"),
    _number("code_id", nullable=True),
    _text("additional_msg_id"),
    _text("cardholder"),
    _flag("told_pending"),
    _number("order_id", nullable=True),
    _text("masked_pan", server_default=""),
    *_lease(),
    # The claim is purged after its life, this is not: no message ever makes two payments. msg_id first, to search by it.
    sa.UniqueConstraint("msg_id", "sender"),
    _partial("ix_payments_unfinished", "due_at", where=UNFINISHED),
    _partial("ix_payments_settlement_key", "settlement_key", where=HAS_SETTLEMENT_KEY),
    _partial("ix_payments_additional_msg_id", "additional_msg_id", where=HAS_ADDITIONAL),
    _partial("ix_payments_orig_payment_id", "orig_payment_id", where=_UNDOES),
    _partial("ix_payments_order_id", "order_id", where=OF_ORDER),
)

once_keys: Final = sa.Table(
    "once_keys",
    METADATA,
    _text("key", primary_key=True),
    _number("payment_id"),
)

counters: Final = sa.Table(
    "counters",
    METADATA,
    _text("key", primary_key=True),
    _number("used_minor"),
    sa.CheckConstraint("used_minor >= 0", name="used_minor"),
)

notices: Final = sa.Table(
    "notices",
    METADATA,
    _counted("position"),
    _number("notice_id", unique=True),
    _number("payment_id"),
    _text("receiver"),
    _text("message"),
    _text("msg_id"),
    _number("due_at"),
    _number("created_at", index=True),
    _flag("to_payee"),
    _number("order_id", nullable=True),
    _number("attempts"),
    _text("state"),
    *_lease(),
    sa.Index(None, "payment_id", "receiver", "position"),
    _partial("ix_notices_queued", "due_at", where=QUEUED),
    _partial("ix_notices_order_id", "order_id", "receiver", "position", where=OF_ORDER),
)

attempts: Final = sa.Table(
    "attempts",
    METADATA,
    _counted("position"),
    sa.Column("notice_id", sa.BigInteger, sa.ForeignKey("notices.notice_id"), nullable=False, index=True),
    _number("at"),
    _text("outcome"),
    _number("latency_ms"),
)

acts: Final = sa.Table(
    "acts",
    METADATA,
    _number("act_id", primary_key=True),
    _text("kind"),
    _text("sender"),
    _text("msg_id"),
    _number("opened_at"),
    _number("due_at", nullable=True),
    _text("code"),
    _number("subject_id", nullable=True),
    _text("detail"),
    sa.UniqueConstraint("sender", "msg_id"),
    _partial("ix_acts_open", "due_at", where=OPEN_ACT),
)

enrolments: Final = sa.Table(
    "enrolments",
    METADATA,
    _number("enrolment_id", primary_key=True),
    _text("kind"),
    _text("state"),
    _text("gateway"),
    _text("user_id"),
    _text("device_id"),
    _text("issuer"),
    _text("product_id"),
    _text("msg_id"),
    _number("opened_at"),
    _number("due_at", nullable=True),
    _number("verified_at", nullable=True),
    _text("refer_no"),
    _number("act_id", nullable=True),
    _text("bank_msg_id"),
    _flag("with_documents"),
    _number("asks"),
    _bytes("account_sealed"),
    _bytes("account_index"),
    _bytes("otp_digest"),
    _number("otp_expires_at", nullable=True),
    _number("otp_tries"),
    _number("otp_sent"),
    _number("card_id", nullable=True),
    _number("version"),
    *_lease(),
    sa.UniqueConstraint("gateway", "msg_id"),
    _partial("ix_enrolments_opening", "due_at", where=OPENING),
)

codes: Final = sa.Table(
    "codes",
    METADATA,
    _number("code_id", primary_key=True),
    _text("kind"),
    _number("act_id"),
    _number("position"),
    _number("card_id"),
    _text("gateway"),
    _text("user_id"),
    _text("device_id"),
    _bytes("index", unique=True),
    _bytes("barcode_index", unique=True, nullable=True),  # NULLs are not equal to each other
    _bytes("barcode_sealed"),
    _number("atc"),
    _bytes("unpredictable_number"),
    _number("made_at"),
    _number("expires_at", index=True),
    *_money("trx_limit"),
    *_money("cvm_limit"),
    _text("coupon"),
    _text("refer_no"),
    sa.Index(None, "act_id", "position"),
)

qr_inquiries: Final = sa.Table(
    "qr_inquiries",
    METADATA,
    _text("sender", primary_key=True),
    _text("msg_id", primary_key=True),
    _text("user_id"),
    _text("device_id"),
    _text("qr_payload"),
    _text("platform"),
    _text("currency"),
    *_money("amount"),
    _text("merchant"),
    _text("merchant_city"),
    _text("use_case"),
    _number("asked_at"),
    _number("valid_until", index=True),
)

cards: Final = sa.Table(
    "cards",
    METADATA,
    _number("card_id", primary_key=True),
    _text("issuer"),
    _text("product_id"),
    _text("gateway"),
    _text("user_id"),
    _text("device_id"),
    _bytes("token_index", unique=True),
    _bytes("token_sealed"),
    _number("token_expiry"),
    _bytes("pan_index", unique=True),
    _bytes("pan_sealed"),
    _number("pan_expiry"),
    _text("masked_pan"),
    _bytes("account_index", index=True),
    _bytes("account_sealed"),
    _text("currency"),
    _text("holder_state"),
    _text("issuer_block"),
    _text("reason"),
    _number("replaced_by", nullable=True),
    _flag("collected"),
    _text("account_tier"),
    _text("refer_no"),
    _number("created_at"),
    sa.Index(None, "gateway", "user_id"),
    _partial("ix_cards_usable", "gateway", "user_id", "product_id", "account_index", "device_id", where=USABLE, unique=True),
)

card_faces: Final = sa.Table(
    "card_faces",
    METADATA,
    _text("face_id", primary_key=True),
    _text("issuer"),
    _text("kind"),
    _number("pan_x"),
    _number("pan_y"),
    _number("pan_font_size"),
    _text("color"),
    _bytes("data"),
)

parties: Final = sa.Table(
    "parties",
    METADATA,
    _text("app_id", primary_key=True),
    _text("role"),
    _text("name"),
    _text("profile"),
    _text("state"),
    _text("base_url"),
    _text("country"),
    _text("keys"),
    _flag("unencoded_payload"),
    _number("utc_offset_minutes"),
    _flag("verifies_merchants"),
    _text("acquirer_iin"),
    _text("channel_code"),
    _text("industry_code"),
    _text("paths"),
)

card_products: Final = sa.Table(
    "card_products",
    METADATA,
    _text("product_id", primary_key=True),
    _text("issuer"),
    _text("name"),
    _text("currency"),
    _number("trx_limit_minor"),
    _number("day_limit_minor"),
    _text("messages"),
    _text("blocked_mccs"),
    _text("gateways"),
    _text("settle_currency"),
    _number("utc_offset_minutes"),
    _flag("cut_off"),
    _text("blocked_countries"),
    _flag("cross_currency"),
    _number("cvm_limit_minor"),
    _text("token_range", nullable=True),
    _text("pan_range", nullable=True),
    _number("card_years"),
    _text("card_type"),
    _text("card_face_id"),
    _text("cvm_fields"),
    _flag("verify_owner"),
    _flag("step_up"),
    _number("kyc_window_s"),
    _number("otp_life_s"),
    _number("otp_tries"),
    _text("preset_merchants"),
)

services: Final = sa.Table(
    "services",
    METADATA,
    _text("app_id", primary_key=True),
    _text("name"),
    _text("category"),
    _text("url"),
    _text("icon_url"),
    _text("needs"),
    _text("takes"),
    _text("default_language"),
    _text("languages"),
    _number("login_life_s"),
    _number("ticket_life_s"),
    _text("acquirer"),
    _text("merchant_id"),
    _text("mcc", server_default="7399"),
    _text("city", server_default="Online"),
)

grants: Final = sa.Table(
    "grants",
    METADATA,
    _text("channel", primary_key=True),
    _text("industry", primary_key=True),
    _text("state"),
    _number("valid_from", nullable=True),
    _number("valid_until", nullable=True),
    _flag("allows_pan"),
    _text("fee_terms"),
)

logins: Final = sa.Table(
    "logins",
    METADATA,
    _number("login_id", primary_key=True),
    _text("channel"),
    _text("industry"),
    _text("user_id"),
    _number("opened_at"),
    _number("ends_at", index=True),
    _bytes("url_sealed"),
    sa.Index(None, "channel", "user_id", "industry", "ends_at"),
)

card_lists: Final = sa.Table(
    "card_lists",
    METADATA,
    _number("list_id", primary_key=True),
    _text("channel"),
    _text("user_id"),
    _text("given_to"),
    _text("cards"),
    _number("given_at"),
    _number("ends_at", index=True),
    sa.Index(None, "given_to", "channel", "user_id", "ends_at"),
)

orders: Final = sa.Table(
    "orders",
    METADATA,
    _number("order_id", primary_key=True),
    _text("industry"),
    _text("channel"),
    _text("user_id"),
    _text("reference"),
    _text("ordered_at"),
    *_money("amount"),
    _text("subject"),
    _text("return_url"),
    _text("acquirer"),
    _text("merchant"),
    _text("state"),
    _number("opened_at", index=True),
    _number("expires_at"),
    _text("asked_expiry"),
    _number("login_id", nullable=True),
    _text("downstream_id"),
    _number("paid_by", nullable=True),
    sa.UniqueConstraint("industry", "reference"),
    _partial("ix_orders_unpaid", "expires_at", where=UNPAID),
)

offers: Final = sa.Table(
    "offers",
    METADATA,
    _text("offer_id", primary_key=True),
    _text("kind"),
    _text("name"),
    _text("owner"),
    _text("funders"),
    _text("currency"),
    _number("budget_minor"),
    _number("valid_from"),
    _number("valid_until"),
    _number("off_minor"),
    _text("off_percent"),
    _number("cap_minor"),
    _number("minimum_minor"),
    _number("per_user_max"),
    _text("channels"),
    _text("industries"),
    _text("code"),
    _text("state"),
)

audit: Final = sa.Table(
    "audit",
    METADATA,
    _counted("position"),
    _number("at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("outcome"),
    _text("detail"),
    sa.Index(None, "subject", "position"),
)

wrapped_keys: Final = sa.Table(
    "wrapped_keys",
    METADATA,
    _text("kind", primary_key=True),
    _number("version", primary_key=True),
    _bytes("wrapped"),
    _number("created_at"),
)

sequences: Final = sa.Table(
    "sequences",
    METADATA,
    _text("name", primary_key=True),
    _number("next_value"),
)

markers: Final = sa.Table(
    "markers",
    METADATA,
    _text("name", primary_key=True),
    _text("value"),
)
