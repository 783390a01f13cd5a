"""What the hub sends to partners: one table row a message (PROTOCOL 2.1, 2.2; RULES section 15)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from unionhub.domain.model.identifiers import AccountNumber, Secret
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.domain.model.outgoing import (
    AccountInfo,
    AdditionalProcessing,
    Answer,
    BalanceInquiry,
    BankInquiry,
    CashOutTokenRequest,
    Credit,
    Debit,
    KycVerification,
    MerchantVerification,
    OpenAccount,
    OtpDelivery,
    Outgoing,
    Resolve,
    Resolved,
    ResultNotification,
    Reversal,
    Transfer,
)
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.transactions import Payment
from unionhub.ports.partners import NoWord

from .cards import WireDocument
from .downstream import DOWNSTREAM
from .envelope import Reply, request_body
from .fields import wire_name
from .flat_outgoing import FLAT, read_flat_answer, write_flat
from .parts import WireDiscount, WireMerchant, WireSettlementKey, rejection_reason, wire_discounts

Seal = Callable[[bytes], str]
"""Seals a plaintext for the partner that the message goes to."""

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


class Verification(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    merchant_info: WireMerchant
    mpqrc_payload: str


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


class WireBalance(msgspec.Struct, frozen=True, rename=wire_name):
    bal_amt: str = ""
    bal_currency: str = ""


class AnswerInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """The members of an answer's trxInfo that the core reads."""

    trx_amt: str = ""
    trx_currency: str = ""
    refer_no: str = ""
    payment_status: str = ""
    rejection_reason: str = ""
    account_info: str = ""
    account_tier: str = ""
    bal_list: list[WireBalance] = []
    trx_token: str = ""
    merchant_name: str = ""
    mcc: str = ""
    merchant_country: str = ""
    merchant_city: str = ""
    qrc_use_case: str = ""
    valid_until: str = ""
    downstream_order_id: str = msgspec.field(name="downstreamOrderId", default="")
    settlement_key: Any = None  # a bank may repeat what it likes of these two; of acquirers they count
    retrivl_ref_num: Any = None


class WireAccount(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """accountInfo of the bank's answer, opened."""

    account_no: str
    account_tier: str = ""
    currency: str = ""


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


def _write_inquiry(inquiry: BankInquiry, _party: Party, _seal: Seal) -> Inquiry:
    return Inquiry(
        orig_trx_id=inquiry.orig_msg_id,
        orig_trx_type=inquiry.orig_message,
        orig_msg_id=inquiry.orig_msg_id,
        orig_msg_type=inquiry.orig_message,
    )


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
    MerchantVerification: _write_verification,
    AdditionalProcessing: _write_additional,
    Resolve: _write_resolve,
    ResultNotification: _write_notification,
    **DOWNSTREAM,
}
"""The core's message -> how its trxInfo is written."""

Open = Callable[[str], bytes]
"""Opens what the partner sealed for us; raises ValueError whatever the cause."""

_ACCOUNT_MAX_CHARS: Final = 34
_CASH_OUT_DIGITS: Final = 18
_REPLY: Final = msgspec.json.Decoder(Reply[AnswerInfo])


def path_of(party: Party, message: str) -> str:
    """Where a partner takes a message: its own path, or the name in lower case without underscores."""
    return party.paths.get(message) or "/" + message.lower().replace("_", "")


def write(outgoing: Outgoing, party: Party, seal: Seal) -> bytes:
    """The body of a message to `party`. msgInfo and the path stay the same at each repeat; a JWE is sealed anew."""
    if type(outgoing) in FLAT:
        return write_flat(outgoing, party, seal)
    trx_info = OUTGOING[type(outgoing)](outgoing, party, seal)
    return request_body(party, outgoing.message, outgoing.msg_id, outgoing.sent_at, trx_info)


def read_answer(outgoing: Outgoing, party: Party, body: bytes, open_sealed: Open) -> Answer:
    """A verified answer's content, if it answers this very message (RULES section 1); raises NoWord otherwise.

    A response's JWS carries no path, so a genuine answer to another payment must be told apart here.
    """
    if type(outgoing) in FLAT:
        return read_flat_answer(outgoing, body, open_sealed)
    try:
        reply: Reply[AnswerInfo] = _REPLY.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NoWord("garbage") from None
    info, trx = reply.msg_info, reply.trx_info or AnswerInfo()
    if (info.msg_id, info.msg_type, info.ins_id) != (outgoing.msg_id, outgoing.message, party.app_id):
        raise NoWord("answer_of_another")
    if outgoing.amount is not None and not _same_amount(trx, outgoing.amount):
        raise NoWord("amount_differs")
    settlement_key, reference = _settlement(trx) if party.role is Role.ACQUIRER else ("", "")
    return Answer(
        code=reply.msg_response.response_code,
        text=reply.msg_response.response_msg[:100],
        refer_no=trx.refer_no[:50],
        payment_status=trx.payment_status[:20],
        reason=trx.rejection_reason[:100],
        account=_account_info(trx.account_info, open_sealed) if trx.account_info else None,
        account_tier=trx.account_tier[:8],
        balances=tuple((each.bal_amt[:20], each.bal_currency[:3]) for each in trx.bal_list),
        cash_out_token=_cash_out_token(trx.trx_token),
        resolved=Resolved(
            amount=trx.trx_amt[:13],
            currency=trx.trx_currency[:3],
            merchant_name=trx.merchant_name[:40],
            mcc=trx.mcc[:4],
            merchant_country=trx.merchant_country[:3],
            merchant_city=trx.merchant_city[:40],
            use_case=trx.qrc_use_case[:4],
            valid_until=trx.valid_until[:14],
        ),
        downstream_order_id=trx.downstream_order_id[:64],
        settlement_key=settlement_key,
        retrieval_ref=reference,
    )


def _settlement(trx: AnswerInfo) -> tuple[str, str]:
    """Under which key and reference an acquirer settles what it approved. Not readable is not said."""
    try:
        key = msgspec.convert(trx.settlement_key, WireSettlementKey).key().text
    except msgspec.ValidationError:
        key = ""
    reference = trx.retrivl_ref_num
    is_reference = isinstance(reference, str) and reference.isascii() and reference.isalnum() and len(reference) <= 12
    return key, reference if is_reference else ""


def _account_info(sealed: str, open_sealed: Open) -> AccountInfo:
    """An account that does not open is no word: what the bank did stays unknown."""
    try:
        found = msgspec.json.decode(open_sealed(sealed), type=WireAccount)
    except (LookupError, ValueError, msgspec.MsgspecError, RecursionError):
        raise NoWord("account_does_not_open") from None
    if not 0 < len(found.account_no) <= _ACCOUNT_MAX_CHARS:
        raise NoWord("account_does_not_open")
    return AccountInfo(account=AccountNumber(found.account_no), tier=found.account_tier[:8], currency=found.currency[:3])


def _cash_out_token(text: str) -> Secret | None:
    """18 digits (PROTOCOL 2.1); anything else is none."""
    return Secret(text) if len(text) == _CASH_OUT_DIGITS and text.isascii() and text.isdigit() else None


def _same_amount(trx: AnswerInfo, amount: Money) -> bool:
    try:
        return trx.trx_currency == amount.currency and Money.parse(trx.trx_amt, trx.trx_currency) == amount
    except (AmountError, AmountFormatError, UnknownCurrencyError):
        return False
