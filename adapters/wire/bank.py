"""What the hub sends to the issuers' core banks (RULES section 15; PROTOCOL 2.2): one table row a message."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from unionhub.domain.model.identifiers import AccountNumber
from unionhub.domain.model.outgoing import (
    BalanceInquiry,
    BankInquiry,
    CashOutTokenRequest,
    Credit,
    Debit,
    KycVerification,
    OpenAccount,
    OtpDelivery,
    Outgoing,
    Reversal,
    Transfer,
)
from unionhub.domain.model.parties import Party
from unionhub.domain.model.transactions import Payment

from .cards import WireDocument
from .fields import wire_name
from .flat_outgoing import Seal
from .parts import WireDiscount, WireMerchant, wire_discounts

POS_ENTRY_MODE: Final = "042"  # QR code, as the published sample of DEBIT_TRANSACTION shows


class MoveInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """DEBIT_TRANSACTION, CREDIT_TRANSACTION, P2P_TRANSFER and REVERSAL: what they share (PROTOCOL 2.2)."""

    rel_trx_msg_id: str = ""
    rel_trx_type: str = ""
    orig_msg_id: str = ""
    orig_msg_type: str = ""
    merchant_info: WireMerchant
    on_us_flag: str = ""
    debit_account_info: str = ""
    credit_account_info: str = ""
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


class KycInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """KYC_VERIFICATION to the core bank."""

    ins_prd: str = ""
    device_id: str
    user_id: str
    cvm_info: str


class OpenInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """OPEN_ACCOUNT to the core bank."""

    ins_prd: str = ""
    device_id: str
    user_id: str
    kyc_refer_no: str
    cvm_addtl_docums: list[WireDocument] = []


class AccountOnly(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """BALANCE_INQUIRY."""

    account_info: str


class CashOutInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """GET_CASH_OUT_TOKEN to the core bank."""

    trx_token_type: str
    debit_account_info: str
    trx_amt: str
    trx_currency: str


class OtpInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """OTP_DELIVERY."""

    account_info: str
    otp: str


def _rate(rate: Decimal) -> str:
    return f"{rate:f}"


def _move(payment: Payment) -> MoveInfo:
    if payment.amount is None or payment.bill is None or payment.settle is None or payment.settle_date is None:
        raise AssertionError(f"payment {payment.payment_id} went to the bank without its amounts")
    return MoveInfo(
        merchant_info=WireMerchant.of(payment.merchant),
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


def _account(account: AccountNumber, seal: Seal) -> str:
    return seal(msgspec.json.encode({"accountNo": account.reveal()}))


def _related(payment: Payment) -> MoveInfo:
    """`_move` with what the bank is told of the message that asked for it."""
    return msgspec.structs.replace(
        _move(payment),
        rel_trx_msg_id=payment.msg_id,
        rel_trx_type=payment.does.related_type,
        on_us_flag="N",
        discount_details=wire_discounts(payment.discounts),
        original_amount=payment.gross.text if payment.gross else "",
        markup_amt="0",
        fee_amt="0",
    )


def _write_debit(debit: Debit, _party: Party, seal: Seal) -> MoveInfo:
    return msgspec.structs.replace(_related(debit.payment), debit_account_info=_account(debit.account, seal))


def _write_credit(credit: Credit, _party: Party, seal: Seal) -> MoveInfo:
    return msgspec.structs.replace(
        _related(credit.payment),
        orig_msg_id=credit.orig_msg_id,
        orig_msg_type=credit.orig_message,
        credit_account_info=_account(credit.account, seal),
    )


def _write_transfer(transfer: Transfer, _party: Party, seal: Seal) -> MoveInfo:
    return msgspec.structs.replace(
        _related(transfer.payment),
        debit_account_info=_account(transfer.account, seal),
        credit_account_info=_account(transfer.payee, seal),
    )


def _write_reversal(reversal: Reversal, _party: Party, _seal: Seal) -> MoveInfo:
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


def _write_kyc(kyc: KycVerification, _party: Party, seal: Seal) -> KycInfo:
    identity = msgspec.json.decode(kyc.identity.reveal())
    if kyc.account is not None:
        identity["accountNo"] = kyc.account.reveal()
    return KycInfo(
        ins_prd=kyc.product_id,
        device_id=kyc.device_id,
        user_id=kyc.user_id,
        cvm_info=seal(msgspec.json.encode(identity)),
    )


def _write_open_account(opening: OpenAccount, _party: Party, _seal: Seal) -> OpenInfo:
    documents = [
        WireDocument(data_type=each.data_type, data_format=each.data_format, data_content=each.content.reveal())
        for each in opening.documents
    ]
    return OpenInfo(
        ins_prd=opening.product_id,
        device_id=opening.device_id,
        user_id=opening.user_id,
        kyc_refer_no=opening.kyc_refer_no,
        cvm_addtl_docums=documents,
    )


def _write_balance(question: BalanceInquiry, _party: Party, seal: Seal) -> AccountOnly:
    return AccountOnly(account_info=_account(question.account, seal))


def _write_cash_out(question: CashOutTokenRequest, _party: Party, seal: Seal) -> CashOutInfo:
    return CashOutInfo(
        trx_token_type=question.token_type,
        debit_account_info=_account(question.account, seal),
        trx_amt=question.sum.text,
        trx_currency=question.sum.currency,
    )


def _write_otp(delivery: OtpDelivery, _party: Party, seal: Seal) -> OtpInfo:
    return OtpInfo(
        account_info=_account(delivery.account, seal),
        otp=seal(msgspec.json.encode({"otp": delivery.password.reveal()})),
    )


BANK: Final[dict[type[Outgoing], Callable[[Any, Party, Seal], object]]] = {
    Debit: _write_debit,
    Credit: _write_credit,
    Transfer: _write_transfer,
    Reversal: _write_reversal,
    BankInquiry: _write_inquiry,
    KycVerification: _write_kyc,
    OpenAccount: _write_open_account,
    BalanceInquiry: _write_balance,
    CashOutTokenRequest: _write_cash_out,
    OtpDelivery: _write_otp,
}
"""The core's message -> how its trxInfo is written."""
