"""A message that passed the gate, and the requests and results of the flows."""

from __future__ import annotations

import msgspec

from .cards import Card, HolderAction
from .identifiers import AccountNumber, Pan, Secret, Token
from .outgoing import Document
from .parties import Party
from .transactions import CardholderSays, Merchant, SettlementKey


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent what: the genuine, decoded message's identity. `digest` is keyed, over the request without timeStamp."""

    sender: Party
    kid: str = ""  # of the key that signed it
    uuid: str  # UPI-UUID, accepted once per sender
    message: str
    msg_id: str
    digest: bytes


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The idempotency key (sender, msg_id) with what was asked under it (RULES section 2).

    `record_id` is a payment's or an act's: they count in one sequence, and `message` says which of the two it is.
    """

    sender: str
    msg_id: str
    message: str
    digest: bytes
    record_id: int


class ClaimedMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """`merchantInfo` as it was sent: compared with what is known, never believed. Empty means not sent."""

    acquirer_iin: str = ""
    forwarding_iin: str = ""
    merchant_id: str = ""
    name: str = ""
    mcc: str = ""

    def contradicts(self, merchant: Merchant) -> bool:
        """What is said about the merchant may be left out, but never differ: it would redirect money (RULES section 4)."""
        pairs = (
            (self.acquirer_iin, merchant.acquirer_iin),
            (self.forwarding_iin, merchant.forwarding_iin),
            (self.merchant_id, merchant.merchant_id),
            (self.name, merchant.name),
            (self.mcc, merchant.mcc),
        )
        return any(said.strip() and said.strip() != true.strip() for said, true in pairs)


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose card, as the app says: user and device are checked against the card's own."""

    token: Token
    user_id: str
    device_id: str


class MerchantQrPayment(msgspec.Struct, frozen=True, kw_only=True):
    """MPQRC_PAYMENT_EMV and _URL as asked. Amounts are wire text: the currency decides what they mean."""

    payer: Payer
    amount: str
    currency: str
    qr_payload: str
    fee: str = ""
    coupon: str = ""
    note: str = ""
    claimed_merchant: ClaimedMerchant | None = None
    orig_msg_id: str = ""  # URL mode: of the QRC_INFO_INQUIRY


class ResultInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """TRX_RESULT_INQUIRY of a gateway (with its payer) or of an acquirer (without)."""

    orig_msg_id: str
    orig_message: str
    payer: Payer | None = None


class QrInfoRequest(msgspec.Struct, frozen=True, kw_only=True):
    """QRC_INFO_INQUIRY."""

    user_id: str
    device_id: str
    qr_payload: str


class PresetPayment(msgspec.Struct, frozen=True, kw_only=True):
    """BILL_PAYMENT and CREDIT_TRANSACTION: between a card's account and a preset merchant of its issuer."""

    token: Token
    amount: str
    currency: str
    merchant: ClaimedMerchant
    user_id: str | None = None  # CREDIT_TRANSACTION need not name the cardholder
    device_id: str | None = None
    fee: str = ""
    bill_no: str = ""
    note: str = ""


class TransferRequest(msgspec.Struct, frozen=True, kw_only=True):
    """P2P_TRANSFER; the payee came sealed: a token or an account number."""

    payer: Payer
    amount: str
    currency: str
    payee_token: Token | None = None
    payee_account: AccountNumber | None = None
    note: str = ""


class CodeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """QRC_GENERATION. Limits are wire text in `limit_currency`; empty: the product's."""

    payer: Payer
    count: int = 1
    trx_limit: str = ""
    cvm_limit: str = ""
    limit_currency: str = ""
    coupon: str = ""


class AcquirerPayment(msgspec.Struct, frozen=True, kw_only=True):
    """CPQRC_PAYMENT, TOKEN_PAYMENT and WITHDRAW: what an acquirer asks for its merchant. One of the codes is given."""

    amount: str
    currency: str
    merchant: Merchant
    settlement_key: SettlementKey
    emv_payload: Secret | None = None
    barcode: Secret | None = None
    token: Token | None = None  # TOKEN_PAYMENT; it came sealed
    token_expiry: str = ""  # YYMM or YYMMDDhhmmss, as sealed with it
    cash_out_token: Secret | None = None  # WITHDRAW
    retrieval_ref: str = ""
    original_amount: str = ""  # TOKEN_PAYMENT: before the discounts that somebody else granted
    discounts: tuple[tuple[str, str], ...] = ()  # (amount, note), wire text


class CashOutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """GET_CASH_OUT_TOKEN."""

    payer: Payer
    amount: str
    currency: str
    use: str = "WITHDRAW"  # trxTokenType


class CardholderResult(msgspec.Struct, frozen=True, kw_only=True):
    """ADDITIONAL_PROCESSING_RESULT: what the cardholder decided."""

    token: Token
    device_id: str
    user_id: str | None = None  # ADDITIONAL_PROCESSING did not say it, so not every app can
    says: CardholderSays
    orig_msg_id: str = ""
    codes: tuple[Secret, ...] = ()  # emvCpqrcPayload and barcodeCpqrcPayload, whichever were repeated
    reason: str = ""


class UndoRequest(msgspec.Struct, frozen=True, kw_only=True):
    """REFUND, CANCELLATION and REVERSAL of an acquirer. The original by its msgID or its settlement key."""

    amount: str
    currency: str
    settlement_key: SettlementKey | None = None
    orig_msg_id: str = ""
    orig_settlement_key: SettlementKey | None = None


class RateInquiry(msgspec.Struct, frozen=True, kw_only=True):
    """EXCHANGE_RATE_INQUIRY."""

    amount: str
    currency: str
    to: str


class KycRequest(msgspec.Struct, frozen=True, kw_only=True):
    """KYC_VERIFICATION. `identity` is the JSON of cvmInfo as it was opened: it passes through and is kept nowhere."""

    user_id: str
    device_id: str
    identity: Secret
    product_id: str = ""


class OpenAccountRequest(msgspec.Struct, frozen=True, kw_only=True):
    """OPEN_ACCOUNT: refers to the KYC by its msgID and referNo."""

    user_id: str
    device_id: str
    orig_msg_id: str
    orig_refer_no: str
    documents: tuple[Document, ...] = ()


class EnrolmentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """CARD_ENROLLMENT: the account by its number, or by the PAN of a card on it."""

    user_id: str
    device_id: str
    identity: Secret
    account: AccountNumber | None = None
    pan: Pan | None = None
    product_id: str = ""


class OtpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """OTP_REQUEST and, with a password, OTP_VERIFICATION."""

    user_id: str
    device_id: str
    orig_msg_id: str
    password: Secret | None = None


class CardStatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """CARD_STATUS_MANAGEMENT; without an action CARD_STATUS_INQUIRY and CARD_BALANCE_INQUIRY."""

    payer: Payer
    action: HolderAction | None = None


class TierUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """ACCOUNT_UPDATE_NOTIFICATION of an issuer."""

    token: Token
    tier: str
    refer_no: str = ""


class IssuedCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the app is given when a card is issued. `pan` is sealed for it before it leaves."""

    card: Card
    token: Token
    pan: Pan
    card_type: str
    card_face_id: str


class EnrolmentPending(msgspec.Struct, frozen=True, kw_only=True):
    """CARD_ENROLLMENT that waits for a one-time password."""

    device_id: str
    enrolment_id: int


class OtpSent(msgspec.Struct, frozen=True, kw_only=True):
    """OTP_REQUEST's answer: digits, and seconds until the password is `74`."""

    length: int
    expires_in_s: int


class KycApproved(msgspec.Struct, frozen=True, kw_only=True):
    """KYC_VERIFICATION's answer."""

    device_id: str
    refer_no: str


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """CARD_BALANCE_INQUIRY's answer; wire text, as the bank said it."""

    device_id: str
    amount: str
    currency: str
    tier: str
    refer_no: str = ""


class CardStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One word for both columns: the issuer's block hides what the holder did; age hides neither."""

    device_id: str
    state: str


class IssuedCodes(msgspec.Struct, frozen=True, kw_only=True):
    """QRC_GENERATION's answer: each code in its two forms."""

    emv: tuple[Secret, ...]
    barcodes: tuple[Secret, ...]
