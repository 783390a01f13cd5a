"""trxInfo of the messages between app gateways and SCIS (PROTOCOL 2.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.messages import ClaimedMerchant, MerchantQrPayment, ResultInquiry
from unionhub.domain.model.responses import text_of
from unionhub.domain.model.transactions import Discount, Payment

from .fields import (
    Amount,
    AmountOrEmpty,
    Coupon,
    CurrencyCode,
    DeviceId,
    MsgId,
    MsgType,
    Note,
    QrPayload,
    TokenText,
    UserId,
    ans,
    text,
    wire_name,
)


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


class MpqrcPaymentEmv(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """MPQRC_PAYMENT_EMV; the mandatory ones are those of PROTOCOL section 0."""

    device_id: DeviceId
    user_id: UserId
    token: TokenText
    trx_amt: Amount
    trx_currency: CurrencyCode
    mpqrc_payload: QrPayload
    trx_fee_amt: AmountOrEmpty = ""
    coupon_info: Coupon = ""
    trx_note: Note = ""
    merchant_info: WireMerchant | None = None
    risk_info: RiskInfo | None = None
    additional_data: AdditionalData | None = None


class MpqrcPaymentAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    device_id: str
    trx_amt: str
    trx_currency: str
    discount_details: list[WireDiscount] = []
    original_amount: str = ""
    trx_fee_amt: str = ""
    qrc_voucher_no: str = ""
    refer_no: str = ""


class TrxResultInquiry(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    device_id: DeviceId
    user_id: UserId
    token: TokenText
    orig_msg_id: MsgId
    orig_msg_type: MsgType


class TrxResultAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    device_id: str
    orig_msg_type: str
    trx_amt: str = ""
    trx_currency: str = ""
    discount_details: list[WireDiscount] = []
    original_amount: str = ""
    qrc_voucher_no: str = ""
    payment_status: str = ""
    rejection_reason: str = ""
    refer_no: str = ""


def read_mpqrc_payment(trx: MpqrcPaymentEmv) -> MerchantQrPayment:
    return MerchantQrPayment(
        device_id=trx.device_id,
        user_id=trx.user_id,
        token=Token(trx.token),
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        qr_payload=trx.mpqrc_payload,
        fee=trx.trx_fee_amt,
        coupon=trx.coupon_info,
        note=trx.trx_note,
        claimed_merchant=trx.merchant_info.claimed() if trx.merchant_info else None,
    )


def write_mpqrc_payment(payment: Payment) -> MpqrcPaymentAnswer | None:
    """Only an approved or still pending payment has details to give; a refusal is its code."""
    if payment.answer_code not in ("00", "04") or payment.amount is None:
        return None
    return MpqrcPaymentAnswer(
        device_id=payment.device_id,
        trx_amt=payment.amount.text,
        trx_currency=payment.amount.currency,
        discount_details=wire_discounts(payment.discounts),
        original_amount=payment.gross.text if payment.gross else "",
        trx_fee_amt=payment.fee.text if payment.fee and payment.fee.minor else "",
        qrc_voucher_no=payment.voucher_no,
        refer_no=payment.refer_no,
    )


def read_trx_result_inquiry(trx: TrxResultInquiry) -> ResultInquiry:
    return ResultInquiry(
        orig_msg_id=trx.orig_msg_id,
        orig_message=trx.orig_msg_type,
        device_id=trx.device_id,
        user_id=trx.user_id,
        token=Token(trx.token),
    )


def write_trx_result(payment: Payment) -> TrxResultAnswer:
    return TrxResultAnswer(
        device_id=payment.device_id,
        orig_msg_type=payment.kind,
        trx_amt=payment.amount.text if payment.amount else "",
        trx_currency=payment.amount.currency if payment.amount else "",
        discount_details=wire_discounts(payment.discounts),
        original_amount=payment.gross.text if payment.gross else "",
        qrc_voucher_no=payment.voucher_no,
        payment_status=payment.status.value,
        rejection_reason=rejection_reason(payment),
        refer_no=payment.refer_no,
    )


def wire_discounts(discounts: tuple[Discount, ...]) -> list[WireDiscount]:
    return [WireDiscount(item.amount.text, item.note) for item in discounts]


def rejection_reason(payment: Payment) -> str:
    """rejectionReason, at most 100 characters: the code and its text; the samples show APPROVED on success."""
    if payment.status.value == "APPROVED":
        return "APPROVED"
    return f"{payment.code} {text_of(payment.code)}"[:100] if payment.code else ""
