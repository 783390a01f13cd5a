"""What the hub sends to partners: one table row a message (PROTOCOL 2.1, 2.2; RULES section 15)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.domain.model.outgoing import (
    Answer,
    BankInquiry,
    Debit,
    MerchantVerification,
    Outgoing,
    ResultNotification,
    Reversal,
)
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.transactions import Merchant, Payment
from unionhub.ports.partners import NoWord

from .envelope import Reply, request_body
from .fields import wire_name
from .scis import WireDiscount, WireMerchant, rejection_reason, wire_discounts

Seal = Callable[[bytes], str]
"""Seals a plaintext for the partner that the message goes to."""

POS_ENTRY_MODE: Final = "042"  # QR code, as the published sample of DEBIT_TRANSACTION shows


class BankMove(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """DEBIT_TRANSACTION and REVERSAL: what they share (PROTOCOL 2.2)."""

    rel_trx_msg_id: str = ""
    rel_trx_type: str = ""
    orig_msg_id: str = ""
    orig_msg_type: str = ""
    merchant_info: WireMerchant
    on_us_flag: str = ""
    debit_account_info: str = ""
    trx_amt: str
    trx_currency: str
    discount_details: list[WireDiscount] = []
    original_amount: str = ""
    bill_amt: str
    bill_currency: str
    markup_amt: str = ""
    fee_amt: str = ""
    bill_conv_rate: str
    sett_amt: str
    sett_currency: str
    sett_conv_rate: str
    conv_date: str
    sett_date: str
    trx_note: str = ""
    pos_entry_mode_code: str = POS_ENTRY_MODE
    retrivl_ref_num: str
    trans_datetime: str
    trace_num: str


class Inquiry(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """TRX_RESULT_INQUIRY to the core bank, whose names for the original differ from the gateway's."""

    orig_trx_id: str = msgspec.field(name="origTrxId")
    orig_trx_type: str
    orig_msg_id: str
    orig_msg_type: str


class Verification(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    merchant_info: WireMerchant
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
    qrc_voucher_no: str = ""
    retrivl_ref_num: str = ""
    payment_status: str
    rejection_reason: str = ""
    refer_no: str = ""


class AnswerInfo(msgspec.Struct, frozen=True, rename=wire_name):
    """The members of an answer's trxInfo that the core reads."""

    trx_amt: str = ""
    trx_currency: str = ""
    refer_no: str = ""
    payment_status: str = ""
    rejection_reason: str = ""


def _wire_merchant(merchant: Merchant) -> WireMerchant:
    return WireMerchant(
        acquirer_iin=merchant.acquirer_iin,
        fwd_iin=merchant.forwarding_iin,
        mid=merchant.merchant_id,
        merchant_name=merchant.name,
        mcc=merchant.mcc,
        merchant_country=merchant.country,
        term_id=merchant.terminal_id,
    )


def _rate(rate: Decimal) -> str:
    return f"{rate:f}"


def _move(payment: Payment) -> BankMove:
    if payment.amount is None or payment.bill is None or payment.settle is None or payment.settle_date is None:
        raise AssertionError(f"payment {payment.payment_id} went to the bank without its amounts")
    return BankMove(
        merchant_info=_wire_merchant(payment.merchant),
        trx_amt=payment.amount.text,
        trx_currency=payment.amount.currency,
        bill_amt=payment.bill.text,
        bill_currency=payment.bill.currency,
        bill_conv_rate=_rate(payment.bill_rate),
        sett_amt=payment.settle.text,
        sett_currency=payment.settle.currency,
        sett_conv_rate=_rate(payment.settle_rate),
        conv_date=f"{payment.settle_date:%m%d}",
        sett_date=f"{payment.settle_date:%Y%m%d}",
        trx_note=payment.note,
        retrivl_ref_num=payment.retrieval_ref,
        trans_datetime=f"{payment.opened_at:%m%d%H%M%S}",
        trace_num=payment.trace_no,
    )


def _write_debit(debit: Debit, _party: Party, seal: Seal) -> BankMove:
    payment = debit.payment
    account = msgspec.json.encode({"accountNo": debit.account.reveal()})
    return msgspec.structs.replace(
        _move(payment),
        rel_trx_msg_id=payment.msg_id,
        rel_trx_type=debit.related_type,
        on_us_flag="N",
        debit_account_info=seal(account),
        discount_details=wire_discounts(payment.discounts),
        original_amount=payment.gross.text if payment.gross else "",
        markup_amt="0",
        fee_amt="0",
    )


def _write_reversal(reversal: Reversal, _party: Party, _seal: Seal) -> BankMove:
    return msgspec.structs.replace(
        _move(reversal.payment), orig_msg_id=reversal.orig_msg_id, orig_msg_type=reversal.orig_message
    )


def _write_inquiry(inquiry: BankInquiry, _party: Party, _seal: Seal) -> Inquiry:
    return Inquiry(
        orig_trx_id=inquiry.orig_msg_id,
        orig_trx_type=inquiry.orig_message,
        orig_msg_id=inquiry.orig_msg_id,
        orig_msg_type=inquiry.orig_message,
    )


def _write_verification(question: MerchantVerification, _party: Party, _seal: Seal) -> Verification:
    return Verification(merchant_info=_wire_merchant(question.merchant), mpqrc_payload=question.qr_payload)


def _write_notification(notice: ResultNotification, party: Party, _seal: Seal) -> Notification:
    payment = notice.payment
    to_gateway = party.role is Role.APP_GATEWAY
    return Notification(
        device_id=payment.device_id if to_gateway else "",
        token=notice.token.reveal() if notice.token else "",
        trx_msg_type=payment.kind,
        orig_msg_id=payment.msg_id,
        orig_trx_type=payment.kind,
        trx_amt=payment.amount.text if payment.amount else "",
        trx_currency=payment.amount.currency if payment.amount else "",
        discount_details=wire_discounts(payment.discounts),
        original_amount=payment.gross.text if payment.gross else "",
        trx_note=payment.note,
        merchant_name=payment.merchant.name,
        merchant_info=None if to_gateway else _wire_merchant(payment.merchant),
        qrc_voucher_no=payment.voucher_no,
        retrivl_ref_num=payment.retrieval_ref,
        payment_status=notice.status.value,
        rejection_reason=rejection_reason(payment),
        refer_no=payment.refer_no,
    )


OUTGOING: Final[dict[type[Outgoing], Callable[[Any, Party, Seal], object]]] = {
    Debit: _write_debit,
    Reversal: _write_reversal,
    BankInquiry: _write_inquiry,
    MerchantVerification: _write_verification,
    ResultNotification: _write_notification,
}
"""The core's message -> how its trxInfo is written."""

_REPLY: Final = msgspec.json.Decoder(Reply[AnswerInfo])


def path_of(party: Party, message: str) -> str:
    """Where a partner takes a message: its own path, or the name in lower case without underscores."""
    return party.paths.get(message) or "/" + message.lower().replace("_", "")


def write(outgoing: Outgoing, party: Party, seal: Seal) -> bytes:
    """The body of a message to `party`. msgInfo and the path stay the same at each repeat; a JWE is sealed anew."""
    trx_info = OUTGOING[type(outgoing)](outgoing, party, seal)
    return request_body(party, outgoing.message, outgoing.msg_id, outgoing.sent_at, trx_info)


def read_answer(outgoing: Outgoing, party: Party, body: bytes) -> Answer:
    """A verified answer's content, if it answers this very message (RULES section 1); raises NoWord otherwise.

    A response's JWS carries no path, so a genuine answer to another payment must be told apart here.
    """
    try:
        reply: Reply[AnswerInfo] = _REPLY.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NoWord("garbage") from None
    info, trx = reply.msg_info, reply.trx_info or AnswerInfo()
    if (info.msg_id, info.msg_type, info.ins_id) != (outgoing.msg_id, outgoing.message, party.app_id):
        raise NoWord("answer_of_another")
    if outgoing.amount is not None and not _same_amount(trx, outgoing.amount):
        raise NoWord("amount_differs")
    return Answer(
        code=reply.msg_response.response_code,
        text=reply.msg_response.response_msg[:100],
        refer_no=trx.refer_no[:50],
        payment_status=trx.payment_status[:20],
        reason=trx.rejection_reason[:100],
    )


def _same_amount(trx: AnswerInfo, amount: Money) -> bool:
    try:
        return trx.trx_currency == amount.currency and Money.parse(trx.trx_amt, trx.trx_currency) == amount
    except (AmountError, AmountFormatError, UnknownCurrencyError):
        return False
