"""What the hub sends to partners: one table row a message (PROTOCOL 2.1, 2.2; RULES section 15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from unionhub.domain.model.outgoing import (
    AdditionalProcessing,
    MerchantVerification,
    Outgoing,
    Resolve,
    ResultNotification,
)
from unionhub.domain.model.parties import Party, Role

from .bank import BANK
from .downstream import DOWNSTREAM
from .envelope import request_body
from .fields import wire_name
from .flat_outgoing import FLAT, Seal, write_flat
from .parts import WireDiscount, WireMerchant, WireSettlementKey, rejection_reason, wire_discounts


class Verification(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    merchant_info: WireMerchant
    mpqrc_payload: str


class AdditionalInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """ADDITIONAL_PROCESSING."""

    device_id: str
    token: str
    trx_amt: str
    trx_currency: str
    emv_cpqrc_payload: list[str] = []
    barcode_cpqrc_payload: list[str] = []
    merchant_name: str = ""


class ResolveInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    mpqrc_payload: str


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """TRX_RESULT_NOTIFICATION."""

    device_id: str = ""
    token: str = ""
    trx_msg_type: str
    orig_msg_id: str
    orig_trx_type: str = ""
    trx_amt: str
    trx_currency: str
    discount_details: list[WireDiscount] = []
    original_amount: str = ""
    trx_note: str = ""
    merchant_name: str = ""
    merchant_info: WireMerchant | None = None
    mpqrc_payload: str = ""
    qrc_voucher_no: str = ""
    retrivl_ref_num: str = ""
    settlement_key: WireSettlementKey | None = None
    payment_status: str
    rejection_reason: str = ""
    refer_no: str = ""


def _write_additional(question: AdditionalProcessing, _party: Party, _seal: Seal) -> AdditionalInfo:
    payment = question.payment
    return AdditionalInfo(
        device_id=payment.device_id,
        token=question.token.reveal(),
        trx_amt=payment.amount.text if payment.amount else "",
        trx_currency=payment.amount.currency if payment.amount else "",
        emv_cpqrc_payload=[code.reveal() for code in question.emv_payloads],
        barcode_cpqrc_payload=[code.reveal() for code in question.barcodes],
        merchant_name=payment.merchant.name,
    )


def _write_resolve(question: Resolve, _party: Party, _seal: Seal) -> ResolveInfo:
    return ResolveInfo(mpqrc_payload=question.qr_payload)


def _write_verification(question: MerchantVerification, _party: Party, _seal: Seal) -> Verification:
    return Verification(merchant_info=WireMerchant.of(question.merchant), mpqrc_payload=question.qr_payload)


def _write_notification(notice: ResultNotification, party: Party, _seal: Seal) -> Notification:
    payment, original = notice.payment, notice.original
    to_gateway = party.role is Role.APP_GATEWAY
    return Notification(
        device_id=notice.device_id if to_gateway else "",
        token=notice.token.reveal() if notice.token else "",
        trx_msg_type=payment.kind,
        orig_msg_id=original.msg_id if original else payment.msg_id,
        orig_trx_type=original.kind if original else payment.kind,
        trx_amt=payment.amount.text if payment.amount else "",
        trx_currency=payment.amount.currency if payment.amount else "",
        discount_details=wire_discounts(payment.discounts),
        original_amount=payment.gross.text if payment.gross else "",
        trx_note=payment.note,
        merchant_name=payment.merchant.name[:40],
        merchant_info=None if to_gateway else WireMerchant.of(payment.merchant),
        # Whoever made the code knows by it what was paid: an acquirer its order, the platform its URL.
        mpqrc_payload="" if to_gateway else payment.qr_payload,
        qrc_voucher_no=payment.voucher_no,
        retrivl_ref_num=payment.retrieval_ref,
        settlement_key=WireSettlementKey.of(payment.settlement_key),
        payment_status=notice.status.value,
        rejection_reason=rejection_reason(payment),
        refer_no=payment.refer_no,
    )


OUTGOING: Final[dict[type[Outgoing], Callable[[Any, Party, Seal], object]]] = {
    **BANK,
    MerchantVerification: _write_verification,
    AdditionalProcessing: _write_additional,
    Resolve: _write_resolve,
    ResultNotification: _write_notification,
    **DOWNSTREAM,
}
"""The core's message -> how its trxInfo is written."""


def path_of(party: Party, message: str) -> str:
    """Where a partner takes a message: its own path, or the name in lower case without underscores."""
    return party.paths.get(message) or "/" + message.lower().replace("_", "")


def write(outgoing: Outgoing, party: Party, seal: Seal) -> bytes:
    """The body of a message to `party`. msgInfo and the path stay the same at each repeat; a JWE is sealed anew."""
    if type(outgoing) in FLAT:
        return write_flat(outgoing, party, seal)
    trx_info = OUTGOING[type(outgoing)](outgoing, party, seal)
    return request_body(party, outgoing.message, outgoing.msg_id, outgoing.sent_at, trx_info)
