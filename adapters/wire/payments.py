"""trxInfo of the payments that app gateways ask for, and of their questions (PROTOCOL 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from unionhub.domain.model.identifiers import AccountNumber, Token
from unionhub.domain.model.messages import (
    MerchantQrPayment,
    PresetPayment,
    QrInfoRequest,
    RateInquiry,
    ResultInquiry,
    TransferRequest,
)
from unionhub.domain.model.money import Money
from unionhub.domain.model.qr_inquiry import QrInquiry
from unionhub.domain.model.transactions import Payment

from .fields import (
    Amount,
    AmountOrEmpty,
    Coupon,
    CurrencyCode,
    DeviceId,
    Jwe,
    MsgId,
    MsgType,
    Note,
    QrPayload,
    TokenText,
    UserId,
    text,
    wire_name,
)
from .parts import AdditionalData, RiskInfo, WireDiscount, WireMerchant, need, payer, rejection_reason, wire_discounts

Opened = Mapping[str, Any]


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


class MpqrcPaymentUrl(MpqrcPaymentEmv, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """MPQRC_PAYMENT_URL: as EMV mode, and the inquiry that it follows."""

    orig_trx_msg_id: MsgId = msgspec.field(name="origTrxMsgID")


class MpqrcPaymentAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    device_id: str
    trx_amt: str
    trx_currency: str
    discount_details: list[WireDiscount] = []
    original_amount: str = ""
    trx_fee_amt: str = ""
    qrc_voucher_no: str = ""
    refer_no: str = ""


class QrcInfoInquiry(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """QRC_INFO_INQUIRY."""

    device_id: DeviceId
    user_id: UserId
    mpqrc_payload: QrPayload


class QrcInfoAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    trx_amt: str = ""
    trx_currency: str
    qrc_use_case: str = ""
    merchant_name: str = ""
    mcc: str = ""
    merchant_country: str = ""
    merchant_city: str = ""


class BillPaymentTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """BILL_PAYMENT. The bill's number, where there is one, is additionalData.billNo."""

    device_id: DeviceId
    user_id: UserId
    token: TokenText
    trx_amt: Amount
    trx_currency: CurrencyCode
    merchant_info: WireMerchant
    trx_fee_amt: AmountOrEmpty = ""
    trx_note: Note = ""
    risk_info: RiskInfo | None = None
    additional_data: AdditionalData | None = None


class CreditTransactionTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CREDIT_TRANSACTION: the token says whom; user and device are compared where they are said."""

    token: TokenText
    trx_amt: Amount
    trx_currency: CurrencyCode
    merchant_info: WireMerchant
    trx_note: Note = ""
    device_id: DeviceId | None = None
    user_id: UserId | None = None


class P2pTransferTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """P2P_TRANSFER; the payee is sealed."""

    device_id: DeviceId
    user_id: UserId
    token: TokenText
    credit_account_info: Jwe
    trx_amt: Amount
    trx_currency: CurrencyCode
    trx_note: Note = ""
    risk_info: RiskInfo | None = None


class Payee(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """creditAccountInfo, opened: a token or an account number (PROTOCOL section 0)."""

    token: TokenText | None = None
    account_no: Annotated[str, text(34)] = ""


class MoneyAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """BILL_PAYMENT, CREDIT_TRANSACTION and P2P_TRANSFER."""

    device_id: str = ""
    refer_no: str = ""


class ExchangeRateTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """EXCHANGE_RATE_INQUIRY."""

    orig_currency: CurrencyCode
    orig_amt: Amount
    exchange_currency: CurrencyCode


class ExchangeRateAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    exchange_amt: str


class TrxResultInquiry(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    device_id: DeviceId
    user_id: UserId
    token: TokenText
    orig_msg_id: MsgId
    orig_msg_type: MsgType


class TrxResultAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """deviceID is the gateway's only."""

    device_id: str = ""
    orig_msg_type: str
    trx_amt: str = ""
    trx_currency: str = ""
    discount_details: list[WireDiscount] = []
    original_amount: str = ""
    qrc_voucher_no: str = ""
    payment_status: str = ""
    rejection_reason: str = ""
    refer_no: str = ""


def read_mpqrc_payment(trx: MpqrcPaymentEmv | MpqrcPaymentUrl, _: Opened) -> MerchantQrPayment:
    return MerchantQrPayment(
        payer=payer(trx),
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        qr_payload=trx.mpqrc_payload,
        fee=trx.trx_fee_amt,
        coupon=trx.coupon_info,
        note=trx.trx_note,
        claimed_merchant=trx.merchant_info.claimed() if trx.merchant_info else None,
        orig_msg_id=trx.orig_trx_msg_id if isinstance(trx, MpqrcPaymentUrl) else "",
    )


def write_mpqrc_payment(payment: Payment, _: object) -> MpqrcPaymentAnswer | None:
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


def read_qrc_info(trx: QrcInfoInquiry, _: Opened) -> QrInfoRequest:
    return QrInfoRequest(user_id=trx.user_id, device_id=trx.device_id, qr_payload=trx.mpqrc_payload)


def write_qrc_info(inquiry: QrInquiry, _: object) -> QrcInfoAnswer:
    return QrcInfoAnswer(
        trx_amt=inquiry.amount.text if inquiry.amount else "",
        trx_currency=inquiry.currency,
        qrc_use_case=inquiry.use_case,
        merchant_name=inquiry.merchant.name,
        mcc=inquiry.merchant.mcc,
        merchant_country=inquiry.merchant.country,
        merchant_city=inquiry.merchant_city,
    )


def read_bill_payment(trx: BillPaymentTrx, _: Opened) -> PresetPayment:
    need(trx.merchant_info.mid.strip(), "trxInfo.merchantInfo.mid")
    return PresetPayment(
        token=Token(trx.token),
        user_id=trx.user_id,
        device_id=trx.device_id,
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        fee=trx.trx_fee_amt,
        merchant=trx.merchant_info.claimed(),
        bill_no=trx.additional_data.bill_no if trx.additional_data else "",
        note=trx.trx_note,
    )


def read_credit_transaction(trx: CreditTransactionTrx, _: Opened) -> PresetPayment:
    need(trx.merchant_info.mid.strip(), "trxInfo.merchantInfo.mid")
    return PresetPayment(
        token=Token(trx.token),
        user_id=trx.user_id,
        device_id=trx.device_id,
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        merchant=trx.merchant_info.claimed(),
        note=trx.trx_note,
    )


def read_p2p_transfer(trx: P2pTransferTrx, opened: Opened) -> TransferRequest:
    payee: Payee = opened["creditAccountInfo"]
    need(payee.token or payee.account_no, "trxInfo.creditAccountInfo")
    return TransferRequest(
        payer=payer(trx),
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        payee_token=Token(payee.token) if payee.token else None,
        payee_account=AccountNumber(payee.account_no) if payee.account_no else None,
        note=trx.trx_note,
    )


def write_money(payment: Payment, _: object) -> MoneyAnswer | None:
    """Only an approved or still pending payment has details to give; a refusal is its code."""
    if payment.answer_code not in ("00", "04"):
        return None
    return MoneyAnswer(device_id=payment.device_id, refer_no=payment.refer_no)


def read_exchange_rate(trx: ExchangeRateTrx, _: Opened) -> RateInquiry:
    return RateInquiry(amount=trx.orig_amt, currency=trx.orig_currency, to=trx.exchange_currency)


def write_exchange_rate(amount: Money, _: object) -> ExchangeRateAnswer:
    return ExchangeRateAnswer(exchange_amt=amount.text)


def read_trx_result_inquiry(trx: TrxResultInquiry, _: Opened) -> ResultInquiry:
    return ResultInquiry(orig_msg_id=trx.orig_msg_id, orig_message=trx.orig_msg_type, payer=payer(trx))


def write_trx_result(payment: Payment, _: object) -> TrxResultAnswer:
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
