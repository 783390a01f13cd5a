"""What partners answer to what the hub sent them (PROTOCOL 2.1, 2.2; RULES section 15)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from unionhub.domain.model.identifiers import AccountNumber, Secret
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.domain.model.outgoing import AccountInfo, Answer, Outgoing, Resolved
from unionhub.domain.model.parties import Party, Role
from unionhub.ports.partners import NoWord

from .envelope import Reply
from .fields import wire_name
from .flat_outgoing import FLAT, Open, read_flat_answer
from .parts import WireSettlementKey

_ACCOUNT_MAX_CHARS: Final = 34
_CASH_OUT_DIGITS: Final = 18


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


_REPLY: Final = msgspec.json.Decoder(Reply[AnswerInfo])


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
