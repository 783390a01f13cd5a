"""trxInfo of codes that pay once: consumer QR and cash-out tokens (PROTOCOL 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.identifiers import Secret, Token
from unionhub.domain.model.messages import CardholderResult, CashOutRequest, CodeRequest, IssuedCodes
from unionhub.domain.model.transactions import CardholderSays

from .fields import (
    Amount,
    AmountOrEmpty,
    Coupon,
    CurrencyCode,
    DeviceId,
    MsgIdOrEmpty,
    QrPayload,
    TokenText,
    UserId,
    ans,
    digits,
    text,
    wire_name,
)
from .parts import RiskInfo, payer

Opened = Mapping[str, Any]

MAX_CODES: Final = 10
"""Of one QRC_GENERATION: a wallet shows one and keeps a few for when there is no network."""

CodeList = Annotated[list[QrPayload], msgspec.Meta(max_length=MAX_CODES)]


class QrcGenerationTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """QRC_GENERATION; cpqrcNo is how many."""

    device_id: DeviceId
    user_id: UserId
    token: TokenText
    trx_limit: AmountOrEmpty = ""
    cvm_limit: AmountOrEmpty = ""
    limit_currency: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{3})?\Z")] = ""
    cpqrc_no: Annotated[str, digits(0, 2)] = ""
    coupon_info: Coupon = ""
    risk_info: RiskInfo | None = None


class QrcGenerationAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    cpqrc_no: str
    emv_cpqrc_payload: list[str]
    barcode_cpqrc_payload: list[str]


class AdditionalProcessingResultTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """ADDITIONAL_PROCESSING_RESULT: origMsgID is the ADDITIONAL_PROCESSING's; or the code says which."""

    device_id: DeviceId
    user_id: UserId | None = None
    token: TokenText
    orig_msg_id: MsgIdOrEmpty = ""
    emv_cpqrc_payload: CodeList = []
    barcode_cpqrc_payload: CodeList = []
    payment_status: Annotated[str, ans(20)]
    rejection_reason: Annotated[str, text(100)] = ""


class CashOutTokenTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """GET_CASH_OUT_TOKEN."""

    device_id: DeviceId
    user_id: UserId
    token: TokenText
    trx_token_type: Annotated[str, msgspec.Meta(pattern=r"^(WITHDRAW)?\Z")] = ""
    trx_amt: Amount
    trx_currency: CurrencyCode


class CashOutTokenAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    trx_token: str


def read_qrc_generation(trx: QrcGenerationTrx, _: Opened) -> CodeRequest:
    count = int(trx.cpqrc_no or "1")
    if not 1 <= count <= MAX_CODES:
        raise Refusal("30", "trxInfo.cpqrcNo")
    if (trx.trx_limit or trx.cvm_limit) and not trx.limit_currency:
        raise Refusal("30", "trxInfo.limitCurrency")
    return CodeRequest(
        payer=payer(trx),
        count=count,
        trx_limit=trx.trx_limit,
        cvm_limit=trx.cvm_limit,
        limit_currency=trx.limit_currency,
        coupon=trx.coupon_info,
    )


def write_codes(codes: IssuedCodes, _: object) -> QrcGenerationAnswer:
    return QrcGenerationAnswer(
        cpqrc_no=f"{len(codes.emv):02d}",
        emv_cpqrc_payload=[code.reveal() for code in codes.emv],
        barcode_cpqrc_payload=[code.reveal() for code in codes.barcodes],
    )


def read_additional_processing_result(trx: AdditionalProcessingResultTrx, _: Opened) -> CardholderResult:
    try:
        says = CardholderSays(trx.payment_status.upper())
    except ValueError:
        raise Refusal("30", "trxInfo.paymentStatus") from None
    if says is CardholderSays.NOTHING:
        raise Refusal("30", "trxInfo.paymentStatus")
    codes = (*trx.emv_cpqrc_payload, *trx.barcode_cpqrc_payload)
    if not trx.orig_msg_id and not codes:
        raise Refusal("30", "trxInfo.origMsgID")
    return CardholderResult(
        token=Token(trx.token),
        device_id=trx.device_id,
        user_id=trx.user_id,
        says=says,
        orig_msg_id=trx.orig_msg_id,
        codes=tuple(Secret(code) for code in codes),
        reason=trx.rejection_reason,
    )


def read_cash_out_token(trx: CashOutTokenTrx, _: Opened) -> CashOutRequest:
    return CashOutRequest(payer=payer(trx), amount=trx.trx_amt, currency=trx.trx_currency, use=trx.trx_token_type or "WITHDRAW")


def write_cash_out_token(token: Secret, _: object) -> CashOutTokenAnswer:
    return CashOutTokenAnswer(trx_token=token.reveal())
