"""Members that several messages share (PROTOCOL 2.0), and how the core's values are written into them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.messages import ClaimedMerchant, Payer
from unionhub.domain.model.responses import text_of
from unionhub.domain.model.transactions import Discount, Merchant, Payment, SettlementKey

from .fields import Digits8, ans, digits, text, wire_name


class WireDiscount(msgspec.Struct, frozen=True, rename=wire_name, omit_defaults=True):
    discount_amt: str
    discount_note: str = ""


class WireMerchant(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """merchantInfo; in a request every member may be left out."""

    acquirer_iin: Annotated[str, ans(8)] = ""
    fwd_iin: Annotated[str, ans(8)] = ""
    mid: Annotated[str, ans(15)] = ""
    merchant_name: Annotated[str, text(40)] = ""
    mcc: Annotated[str, ans(4)] = ""
    merchant_country: Annotated[str, ans(3)] = ""
    term_id: Annotated[str, ans(8)] = msgspec.field(name="termId", default="")
    agent_code: Annotated[str, ans(15)] = ""

    @classmethod
    def of(cls, merchant: Merchant) -> WireMerchant:
        """As the hub knows it."""
        return cls(
            acquirer_iin=merchant.acquirer_iin,
            fwd_iin=merchant.forwarding_iin,
            mid=merchant.merchant_id,
            merchant_name=merchant.name,
            mcc=merchant.mcc,
            merchant_country=merchant.country,
            term_id=merchant.terminal_id,
        )

    def believed(self) -> Merchant:
        """As an acquirer says it of its own merchant."""
        return Merchant(
            acquirer_iin=self.acquirer_iin,
            forwarding_iin=self.fwd_iin,
            merchant_id=self.mid.strip(),
            name=self.merchant_name.strip(),
            mcc=self.mcc,
            country=self.merchant_country,
            terminal_id=self.term_id,
        )

    def claimed(self) -> ClaimedMerchant:
        return ClaimedMerchant(
            acquirer_iin=self.acquirer_iin,
            forwarding_iin=self.fwd_iin,
            merchant_id=self.mid,
            name=self.merchant_name,
            mcc=self.mcc,
        )


class RiskInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """riskInfo: checked for form, used by nothing here (the app's risk engine is the app's)."""

    gps: Annotated[str, ans(64)] = ""
    sim_card: list[Annotated[str, ans(200)]] = []
    app_user_id: Annotated[str, ans(64)] = ""
    usr_enrol_date: Annotated[str, ans(6)] = ""
    capture_method: Annotated[str, ans(64)] = ""
    ip_address: Annotated[str, ans(64)] = ""
    reserved_mobile_no: Annotated[str, ans(25)] = ""
    device_type: Annotated[str, ans(20)] = ""
    device_score: Annotated[str, ans(1)] = ""


class AdditionalData(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """additionalData: EMV ID 62's labels and the answers to its prompts."""

    bill_no: Annotated[str, text(25)] = ""
    mobile_no: Annotated[str, text(25)] = ""
    store_label: Annotated[str, text(25)] = ""
    loyalty_number: Annotated[str, text(25)] = ""
    reference_label: Annotated[str, text(25)] = ""
    customer_label: Annotated[str, text(25)] = ""
    terminal_label: Annotated[str, text(25)] = ""
    trx_purpose: Annotated[str, text(25)] = ""
    consumer_email: Annotated[str, text(100)] = ""
    consumer_address: Annotated[str, text(100)] = ""
    consumer_mobile_no: Annotated[str, text(25)] = ""


class WireSettlementKey(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """settlementKey."""

    acquirer_iin: Digits8
    forwarding_iin: Digits8
    system_trace_audit_number: Annotated[str, digits(6, 6)]
    transmission_date_time: Annotated[str, digits(10, 10)]

    def key(self) -> SettlementKey:
        return SettlementKey(
            acquirer_iin=self.acquirer_iin,
            forwarding_iin=self.forwarding_iin,
            trace_no=self.system_trace_audit_number,
            transmitted=self.transmission_date_time,
        )

    @classmethod
    def of(cls, key: str) -> WireSettlementKey | None:
        """From SettlementKey.text; None for a payment without one."""
        parts = key.split(":")
        return cls(**dict(zip(cls.__struct_fields__, parts, strict=True))) if len(parts) == 4 else None


def payer(trx: Any) -> Payer:
    """deviceID, userID and token of a gateway's message."""
    return Payer(token=Token(trx.token), user_id=trx.user_id, device_id=trx.device_id)


def need(present: object, path: str) -> None:
    """Raise Refusal `30` for a member that a message cannot do without."""
    if not present:
        raise Refusal("30", path)


def wire_discounts(discounts: tuple[Discount, ...]) -> list[WireDiscount]:
    return [WireDiscount(item.amount.text, item.note) for item in discounts]


def rejection_reason(payment: Payment) -> str:
    """rejectionReason, at most 100 characters: the code and its text; the samples show APPROVED on success."""
    if payment.status.value == "APPROVED":
        return "APPROVED"
    return f"{payment.code} {text_of(payment.code)}"[:100] if payment.code else ""
