"""trxInfo of what acquirers ask (RULES section 15: no document defines these)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from unionhub.domain.model.identifiers import Secret, Token
from unionhub.domain.model.messages import AcquirerPayment, ResultInquiry, UndoRequest
from unionhub.domain.model.transactions import Merchant, Payment

from .codes import CodeList
from .fields import Amount, AmountOrEmpty, CurrencyCode, Jwe, MsgId, MsgIdOrEmpty, MsgType, TokenText, digits, wire_name
from .parts import WireDiscount, WireMerchant, WireSettlementKey, need, wire_discounts
from .payments import TrxResultAnswer, write_trx_result

Opened = Mapping[str, Any]


class CpqrcPaymentTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CPQRC_PAYMENT: one of the two code forms."""

    emv_cpqrc_payload: CodeList = []
    barcode_cpqrc_payload: CodeList = []
    trx_amt: Amount
    trx_currency: CurrencyCode
    merchant_info: WireMerchant
    settlement_key: WireSettlementKey
    retrivl_ref_num: Annotated[str, digits(0, 12)] = ""


class TokenPaymentTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """TOKEN_PAYMENT: the card is sealed."""

    card_info: Jwe
    trx_amt: Amount
    trx_currency: CurrencyCode
    original_amount: AmountOrEmpty = ""
    discount_details: Annotated[list[WireDiscount], msgspec.Meta(max_length=5)] = []
    merchant_info: WireMerchant
    settlement_key: WireSettlementKey
    retrivl_ref_num: Annotated[str, digits(0, 12)] = ""


class CardInfo(msgspec.Struct, frozen=True, kw_only=True):
    """cardInfo, opened: the token with its expiry as YYMM, or as tokenExpiry is given out."""

    token: TokenText
    expiry: Annotated[str, digits(0, 12)] = ""


class WithdrawTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """WITHDRAW."""

    trx_token: Annotated[str, digits(6, 30)]
    trx_amt: Amount
    trx_currency: CurrencyCode
    merchant_info: WireMerchant
    settlement_key: WireSettlementKey
    retrivl_ref_num: Annotated[str, digits(0, 12)] = ""


class UndoTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """REFUND, CANCELLATION, REVERSAL: the original by its msgID or its settlement key."""

    orig_msg_id: MsgIdOrEmpty = ""
    orig_settlement_key: WireSettlementKey | None = None
    trx_amt: Amount
    trx_currency: CurrencyCode
    settlement_key: WireSettlementKey | None = None


class AcquirerInquiryTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """TRX_RESULT_INQUIRY of an acquirer."""

    orig_msg_id: MsgId
    orig_msg_type: MsgType


class AcquirerAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    trx_amt: str
    trx_currency: str
    original_amount: str = ""
    discount_details: list[WireDiscount] = []
    qrc_voucher_no: str = ""
    refer_no: str = ""


class UndoAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """WITHDRAW too: no voucher, no discounts."""

    trx_amt: str
    trx_currency: str
    refer_no: str = ""


def read_cpqrc_payment(trx: CpqrcPaymentTrx, _: Opened) -> AcquirerPayment:
    need(trx.emv_cpqrc_payload or trx.barcode_cpqrc_payload, "trxInfo.emvCpqrcPayload")
    return AcquirerPayment(
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        merchant=_merchant(trx.merchant_info, trx.settlement_key),
        settlement_key=trx.settlement_key.key(),
        retrieval_ref=trx.retrivl_ref_num,
        emv_payload=Secret(trx.emv_cpqrc_payload[0]) if trx.emv_cpqrc_payload else None,
        barcode=Secret(trx.barcode_cpqrc_payload[0]) if trx.barcode_cpqrc_payload else None,
    )


def read_token_payment(trx: TokenPaymentTrx, opened: Opened) -> AcquirerPayment:
    card: CardInfo = opened["cardInfo"]
    return AcquirerPayment(
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        merchant=_merchant(trx.merchant_info, trx.settlement_key),
        settlement_key=trx.settlement_key.key(),
        retrieval_ref=trx.retrivl_ref_num,
        token=Token(card.token),
        token_expiry=card.expiry,
        original_amount=trx.original_amount,
        discounts=tuple((each.discount_amt, each.discount_note) for each in trx.discount_details),
    )


def read_withdraw(trx: WithdrawTrx, _: Opened) -> AcquirerPayment:
    return AcquirerPayment(
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        merchant=_merchant(trx.merchant_info, trx.settlement_key),
        settlement_key=trx.settlement_key.key(),
        retrieval_ref=trx.retrivl_ref_num,
        cash_out_token=Secret(trx.trx_token),
    )


def read_undo(trx: UndoTrx, _: Opened) -> UndoRequest:
    need(trx.orig_msg_id or trx.orig_settlement_key, "trxInfo.origMsgID")
    return UndoRequest(
        amount=trx.trx_amt,
        currency=trx.trx_currency,
        settlement_key=trx.settlement_key.key() if trx.settlement_key else None,
        orig_msg_id=trx.orig_msg_id,
        orig_settlement_key=trx.orig_settlement_key.key() if trx.orig_settlement_key else None,
    )


def read_acquirer_inquiry(trx: AcquirerInquiryTrx, _: Opened) -> ResultInquiry:
    return ResultInquiry(orig_msg_id=trx.orig_msg_id, orig_message=trx.orig_msg_type)


def write_acquirer_payment(payment: Payment, _: object) -> AcquirerAnswer | None:
    """Only an approved or still pending payment has details to give; a refusal is its code."""
    if payment.answer_code not in ("00", "04") or payment.amount is None:
        return None
    return AcquirerAnswer(
        trx_amt=payment.amount.text,
        trx_currency=payment.amount.currency,
        original_amount=payment.gross.text if payment.gross else "",
        discount_details=wire_discounts(payment.discounts),
        qrc_voucher_no=payment.voucher_no,
        refer_no=payment.refer_no,
    )


def write_undo(payment: Payment, _: object) -> UndoAnswer | None:
    """As above, without a voucher."""
    if payment.answer_code not in ("00", "04") or payment.amount is None:
        return None
    return UndoAnswer(trx_amt=payment.amount.text, trx_currency=payment.amount.currency, refer_no=payment.refer_no)


def write_acquirer_result(payment: Payment, seal: object) -> TrxResultAnswer:
    """As the gateway's, but whose device it was is nobody's business there."""
    return msgspec.structs.replace(write_trx_result(payment, seal), device_id="")


def _merchant(info: WireMerchant, key: WireSettlementKey) -> Merchant:
    """Whose merchant: of IINs that are left out, the settlement key's are meant."""
    need(info.mid.strip(), "trxInfo.merchantInfo.mid")
    merchant = info.believed()
    return msgspec.structs.replace(
        merchant,
        acquirer_iin=merchant.acquirer_iin or key.acquirer_iin,
        forwarding_iin=merchant.forwarding_iin or key.forwarding_iin,
    )
