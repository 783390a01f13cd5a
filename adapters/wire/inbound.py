"""What partners may send to the hub: one table row a message, and reading it in the order of RULES section 9, step 1."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.parties import Party, Role

from . import acquirer, cards, codes, keys, payments
from .envelope import BareRequest, MsgInfo, Request, answer_body

OpenSealed = Callable[[Party, str], bytes]
"""Opens what a partner sealed for the hub; raises Refusal(`A0`) whatever the cause."""

UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_WHERE: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_MISSING: Final = re.compile(r"missing required field `(?P<field>[^`]*)`")
_ECHOED: Final = ("versionNo", "msgID", "timeStamp", "msgType", "insID")
_ECHO_MAX_CHARS: Final = 64


Seal = Callable[[bytes], str]
"""Seals a plaintext for the sender, who gets the answer."""


def _nothing(_result: Any) -> Mapping[str, object]:
    return {}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the hub receives it. `read` makes the core's request of trxInfo and of what its sealed members held (it
    may raise Refusal `30`), `write` trxInfo of the core's result, `beside` what stands beside it."""

    name: str
    path: str
    roles: frozenset[Role]
    trx_info: type[Any]
    read: Callable[[Any, Mapping[str, Any]], Any]
    write: Callable[[Any, Seal], object] | None = None
    beside: Callable[[Any], Mapping[str, object]] = _nothing
    sealed: Mapping[str, type[Any]] = {}  # members of trxInfo that are JWEs, by their wire names -> what they hold
    may_lack_trx_info: bool = False
    body_limit_bytes: int = 16 * 1024

    def reader(self, open_sealed: OpenSealed) -> Reader:
        return Reader(self, open_sealed)

    def members(self, value: Any, seal: Seal) -> Mapping[str, object]:
        """The answer's own members: trxInfo, unless it is empty, and what stands beside it."""
        trx_info = self.write(value, seal) if self.write else None
        return {**({} if trx_info is None else {"trxInfo": trx_info}), **self.beside(value)}

    @staticmethod
    def answer(echo: object, code: str, *, detail: str = "", members: Mapping[str, object] | None = None) -> bytes:
        """The answer's bytes. `echo` None: nothing could be read, and nothing is repeated."""
        return answer_body(echo, code, detail=detail, beside=members)


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was read, or why it was not: then `refusal` stands and `msg_info` is what can be echoed."""

    msg_info: object = None
    msg_id: str = ""
    request: Any = None
    content: bytes = b""  # what "the same message" means: all but timeStamp, sealed fields opened
    refusal: Refusal | None = None


_GATEWAY: Final = frozenset({Role.APP_GATEWAY})
_ACQUIRER: Final = frozenset({Role.ACQUIRER})
_DOCUMENTS_BYTES: Final = 8 * 1024 * 1024


def _switch(name: str, suffix: str, trx_info: type[Any], read: Any, write: Any = None, **more: Any) -> Row:
    """A row of PROTOCOL 1.7: what app gateways send."""
    path = f"/scis/switch/{suffix}"
    return Row(name=name, path=path, roles=_GATEWAY, trx_info=trx_info, read=read, write=write, **more)


def _acquirer(name: str, trx_info: type[Any], read: Any, write: Any, **more: Any) -> Row:
    """A row of RULES section 15: what acquirers send."""
    path = f"/scis/acquirer/{name.lower().replace('_', '')}"
    return Row(name=name, path=path, roles=_ACQUIRER, trx_info=trx_info, read=read, write=write, **more)


_CVM: Final = {"cvmInfo": cards.CvmInfo}

INBOUND: Final[tuple[Row, ...]] = (
    # issuing, and the life of a card
    _switch("CVM_INQUIRY", "cvminquiry", cards.CvmInquiry, cards.read_cvm_inquiry, cards.write_cvm, may_lack_trx_info=True),
    _switch("KYC_VERIFICATION", "kycverify", cards.KycVerificationTrx, cards.read_kyc, cards.write_kyc, sealed=_CVM),
    _switch(
        "OPEN_ACCOUNT",
        "openaccount",
        cards.OpenAccountTrx,
        cards.read_open_account,
        cards.write_card,
        body_limit_bytes=_DOCUMENTS_BYTES,
    ),
    _switch("CARD_ENROLLMENT", "cardenrollment", cards.CardEnrollmentTrx, cards.read_enrolment, cards.write_card, sealed=_CVM),
    _switch("OTP_REQUEST", "otprequest", cards.OtpRequestTrx, cards.read_otp_request, cards.write_otp_sent),
    _switch("OTP_VERIFICATION", "otpverification", cards.OtpVerificationTrx, cards.read_otp_verification, cards.write_card),
    _switch(
        "CARD_STATUS_MANAGEMENT",
        "cardstatusmgt",
        cards.CardStatusManagementTrx,
        cards.read_card_status_management,
        cards.write_token_state,
    ),
    _switch("CARD_STATUS_INQUIRY", "cardstatusinquiry", cards.CardInquiryTrx, cards.read_card_inquiry, cards.write_card_status),
    _switch("CARD_BALANCE_INQUIRY", "cardbalanceinquiry", cards.CardInquiryTrx, cards.read_card_inquiry, cards.write_balance),
    _switch("CARDFACE_DOWNLOADING", "cardfacedownloading", cards.CardfaceTrx, cards.read_cardface, cards.write_cardface),
    Row(
        name="ACCOUNT_UPDATE_NOTIFICATION",
        path="/scis/switch/account_update_notification",
        roles=frozenset({Role.ISSUER}),
        trx_info=cards.AccountUpdateTrx,
        read=cards.read_account_update,
    ),
    # payments
    _switch(
        "MPQRC_PAYMENT_EMV",
        "qremvpayment",
        payments.MpqrcPaymentEmv,
        payments.read_mpqrc_payment,
        payments.write_mpqrc_payment,
    ),
    _switch("QRC_INFO_INQUIRY", "qrcinfoinquiry", payments.QrcInfoInquiry, payments.read_qrc_info, payments.write_qrc_info),
    _switch(
        "MPQRC_PAYMENT_URL",
        "qrurlpayment",
        payments.MpqrcPaymentUrl,
        payments.read_mpqrc_payment,
        payments.write_mpqrc_payment,
    ),
    _switch("QRC_GENERATION", "qrcgeneration", codes.QrcGenerationTrx, codes.read_qrc_generation, codes.write_codes),
    _switch(
        "ADDITIONAL_PROCESSING_RESULT",
        "additionalprocessingresult",
        codes.AdditionalProcessingResultTrx,
        codes.read_additional_processing_result,
    ),
    _switch("BILL_PAYMENT", "billpayment", payments.BillPaymentTrx, payments.read_bill_payment, payments.write_money),
    _switch(
        "CREDIT_TRANSACTION",
        "credittransaction",
        payments.CreditTransactionTrx,
        payments.read_credit_transaction,
        payments.write_money,
    ),
    _switch(
        "P2P_TRANSFER",
        "p2ptransfer",
        payments.P2pTransferTrx,
        payments.read_p2p_transfer,
        payments.write_money,
        sealed={"creditAccountInfo": payments.Payee},
    ),
    _switch("GET_CASH_OUT_TOKEN", "cashouttoken", codes.CashOutTokenTrx, codes.read_cash_out_token, codes.write_cash_out_token),
    _switch(
        "EXCHANGE_RATE_INQUIRY",
        "exchangerateinquiry",
        payments.ExchangeRateTrx,
        payments.read_exchange_rate,
        payments.write_exchange_rate,
    ),
    _switch(
        "TRX_RESULT_INQUIRY",
        "trxresultinquiry",
        payments.TrxResultInquiry,
        payments.read_trx_result_inquiry,
        payments.write_trx_result,
    ),
    # what acquirers ask
    _acquirer("CPQRC_PAYMENT", acquirer.CpqrcPaymentTrx, acquirer.read_cpqrc_payment, acquirer.write_acquirer_payment),
    _acquirer(
        "TOKEN_PAYMENT",
        acquirer.TokenPaymentTrx,
        acquirer.read_token_payment,
        acquirer.write_acquirer_payment,
        sealed={"cardInfo": acquirer.CardInfo},
    ),
    _acquirer("WITHDRAW", acquirer.WithdrawTrx, acquirer.read_withdraw, acquirer.write_undo),
    _acquirer("REFUND", acquirer.UndoTrx, acquirer.read_undo, acquirer.write_undo),
    _acquirer("CANCELLATION", acquirer.UndoTrx, acquirer.read_undo, acquirer.write_undo),
    _acquirer("REVERSAL", acquirer.UndoTrx, acquirer.read_undo, acquirer.write_undo),
    _acquirer(
        "TRX_RESULT_INQUIRY", acquirer.AcquirerInquiryTrx, acquirer.read_acquirer_inquiry, acquirer.write_acquirer_result
    ),
    # everybody's
    Row(
        name="KEY_EXCHANGE",
        path="/uags/api/v1/exchange",
        roles=frozenset(Role),
        trx_info=keys.KeyExchangeTrx,
        read=lambda trx, _opened: keys.read_key_exchange(trx),
        beside=keys.beside_key_exchange,
    ),
)


class Reader:
    """Reads the body of one kind of message. The signature is verified already; whose it is, is `sender`."""

    def __init__(self, row: Row, open_sealed: OpenSealed) -> None:
        self._row = row
        self._open = open_sealed
        form: Any = BareRequest if row.may_lack_trx_info else Request
        self._decoder = msgspec.json.Decoder(form[row.trx_info])
        self._sealed = {name: msgspec.json.Decoder(kind) for name, kind in row.sealed.items()}
        self._members = dict(zip(_wire_names(row.trx_info), row.trx_info.__struct_fields__, strict=True))

    def read(self, body: bytes, sender: Party) -> Incoming:
        """Never raises for what is in the body: a refusal is part of the result."""
        try:
            message: Request[Any] = self._decoder.decode(body)
        except UNDECODABLE as error:
            return self._refused(body, sender, error)
        info = message.msg_info
        trx_info = self._row.trx_info() if message.trx_info is None else message.trx_info
        if info.ins_id != sender.app_id:
            return Incoming(msg_info=info, refusal=Refusal("A0"))
        try:
            opened = {name: self._open(sender, getattr(trx_info, self._members[name])) for name in self._row.sealed}
            if info.msg_type != self._row.name:
                raise Refusal("30", "msgInfo.msgType")
            request = self._row.read(trx_info, self._held(opened))
        except Refusal as refusal:
            return Incoming(msg_info=info, refusal=refusal)
        content = self._content(info, trx_info, opened)
        return Incoming(msg_info=info, msg_id=info.msg_id, request=request, content=content)

    def _held(self, opened: dict[str, bytes]) -> dict[str, Any]:
        """What the sealed members held, by their types; Refusal `30` with the path within them, never a value."""
        held = {}
        for name, plaintext in opened.items():
            try:
                held[name] = self._sealed[name].decode(plaintext)
            except UNDECODABLE as error:
                inner = field_path(error)
                raise Refusal("30", f"trxInfo.{name}.{inner}" if inner else f"trxInfo.{name}") from None
        return held

    def _content(self, info: MsgInfo, trx_info: object, opened: dict[str, bytes]) -> bytes:
        parts = [info.msg_type.encode(), msgspec.json.encode(trx_info)]
        if opened:
            # A JWE of the same content is another text each time it is sealed: its plaintext counts.
            members = msgspec.to_builtins(trx_info)
            members.update({name: plaintext.hex() for name, plaintext in opened.items()})
            parts[1] = msgspec.json.encode(members, order="deterministic")
        return b"\x00".join(parts)

    def _refused(self, body: bytes, sender: Party, error: Exception) -> Incoming:
        """`30`, unless the message is another institution's or holds a sealed field that does not open: then `A0`."""
        try:
            members = msgspec.json.decode(body)
        except UNDECODABLE:
            return Incoming(refusal=Refusal("30"))
        info = members.get("msgInfo") if isinstance(members, dict) else None
        if not isinstance(info, dict):
            return Incoming(refusal=Refusal("30", field_path(error)))
        echo = {name: info[name] for name in _ECHOED if echoable(info.get(name))}
        if isinstance(info.get("insID"), str) and info["insID"] != sender.app_id:
            return Incoming(msg_info=echo, refusal=Refusal("A0"))
        refusal = self._sealed_refusal(members.get("trxInfo"), sender)
        return Incoming(msg_info=echo, refusal=refusal or Refusal("30", field_path(error)))

    def _sealed_refusal(self, trx_info: object, sender: Party) -> Refusal | None:
        if isinstance(trx_info, dict):
            for name in self._row.sealed:
                if isinstance(sealed := trx_info.get(name), str):
                    try:
                        self._open(sender, sealed)
                    except Refusal as refusal:
                        return refusal
        return None


def _wire_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(kind))


def echoable(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _ECHO_MAX_CHARS


def field_path(error: Exception) -> str:
    """Where msgspec found the fault: `trxInfo.trxAmt`. Names of our own fields only, never what was sent."""
    text = str(error)
    where = _WHERE.search(text)
    path = where["path"] if where else ""
    if missing := _MISSING.search(text):
        path = f"{path}.{missing['field']}" if path else missing["field"]
    return path
