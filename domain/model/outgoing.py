"""What the hub sends to partners, in the core's own words; the wire adapter gives each its fields and its path."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from .bank import Movement
from .channel_cards import CardPayload, ListedCard
from .identifiers import AccountNumber, Secret, Token
from .login import PersonalData
from .money import Money
from .orders import Order, OrderStatus
from .transactions import Merchant, Payment, PaymentStatus


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every message to a partner. `message` is its name on the wire; a repeat carries the same `msg_id`."""

    message: ClassVar[str]
    msg_id: str
    sent_at: datetime  # business time: msgInfo.timeStamp

    @property
    def amount(self) -> Money | None:
        """The amount that a valid answer must repeat (RULES section 1); None for messages without one."""
        return None


class BankMove(Outgoing, frozen=True, kw_only=True):
    """Base of the messages that move money at the core bank. The account is the payer's, or of a credit the one credited."""

    movement: ClassVar[Movement] = Movement.DEBIT
    payment: Payment

    @property
    def amount(self) -> Money | None:
        return self.payment.amount


class Debit(BankMove, frozen=True, kw_only=True):
    """DEBIT_TRANSACTION (PROTOCOL 2.2): debit `payment.bill` from `account` for the payment's amount."""

    message = "DEBIT_TRANSACTION"
    account: AccountNumber


class Credit(BankMove, frozen=True, kw_only=True):
    """CREDIT_TRANSACTION: credit `payment.bill` to `account`. Of a refund, `orig_msg_id` is the debit's msgID at the bank."""

    message = "CREDIT_TRANSACTION"
    movement: ClassVar[Movement] = Movement.CREDIT
    account: AccountNumber
    orig_msg_id: str = ""
    orig_message: str = ""


class Transfer(BankMove, frozen=True, kw_only=True):
    """P2P_TRANSFER: from `account` to `payee`, both legs or none (RULES section 3d)."""

    message = "P2P_TRANSFER"
    account: AccountNumber
    payee: AccountNumber


class BankInquiry(Outgoing, frozen=True, kw_only=True):
    """TRX_RESULT_INQUIRY to the core bank: what became of `orig_msg_id`?"""

    message = "TRX_RESULT_INQUIRY"
    orig_msg_id: str
    orig_message: str


class Reversal(BankMove, frozen=True, kw_only=True):
    """REVERSAL: book `orig_msg_id` back in full, or bar it for ever if it never came (RULES section 3b)."""

    message = "REVERSAL"
    movement: ClassVar[Movement] = Movement.CREDIT  # it is insisted on, never given up
    orig_msg_id: str
    orig_message: str


class KycVerification(Outgoing, frozen=True, kw_only=True):
    """KYC_VERIFICATION to the core bank. `identity` is the JSON that the gateway sealed for us; it is sealed anew."""

    message = "KYC_VERIFICATION"
    product_id: str
    user_id: str
    device_id: str
    identity: Secret
    account: AccountNumber | None = None  # is it this person's?


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One of `cvmAddtlDocums`: passes through, is stored nowhere."""

    data_type: str = ""
    data_format: str = ""
    content: Secret = Secret("")


class OpenAccount(Outgoing, frozen=True, kw_only=True):
    """OPEN_ACCOUNT to the core bank: refers to the KYC by the bank's own reference. Rolls forward, never back."""

    message = "OPEN_ACCOUNT"
    product_id: str
    user_id: str
    device_id: str
    kyc_refer_no: str
    documents: tuple[Document, ...] = ()


class BalanceInquiry(Outgoing, frozen=True, kw_only=True):
    """BALANCE_INQUIRY of one account."""

    message = "BALANCE_INQUIRY"
    account: AccountNumber


class CashOutTokenRequest(Outgoing, frozen=True, kw_only=True):
    """GET_CASH_OUT_TOKEN: the bank makes a token that takes this much from the account at a cash machine."""

    message = "GET_CASH_OUT_TOKEN"
    account: AccountNumber
    token_type: str
    sum: Money

    @property
    def amount(self) -> Money | None:
        return self.sum


class OtpDelivery(Outgoing, frozen=True, kw_only=True):
    """OTP_DELIVERY: the bank brings the password to the mobile number that it knows."""

    message = "OTP_DELIVERY"
    account: AccountNumber
    password: Secret


class AdditionalProcessing(Outgoing, frozen=True, kw_only=True):
    """ADDITIONAL_PROCESSING to the payer's app gateway: let the cardholder verify himself (S-186..204)."""

    message = "ADDITIONAL_PROCESSING"
    payment: Payment
    token: Token
    emv_payloads: tuple[Secret, ...] = ()
    barcodes: tuple[Secret, ...] = ()


class Resolve(Outgoing, frozen=True, kw_only=True):
    """RESOLVE to the QR platform: what is behind this URL code?"""

    message = "RESOLVE"
    qr_payload: str


class MerchantVerification(Outgoing, frozen=True, kw_only=True):
    """MERCHANT_VERIFICATION to acquirers that ask for it, before the debit; a no means `03`."""

    message = "MERCHANT_VERIFICATION"
    merchant: Merchant
    qr_payload: str


class ResultNotification(Outgoing, frozen=True, kw_only=True):
    """TRX_RESULT_NOTIFICATION. To the payer's gateway it carries the token, to an acquirer it does not (RULES section 15)."""

    message = "TRX_RESULT_NOTIFICATION"
    payment: Payment
    status: PaymentStatus
    token: Token | None = None
    device_id: str = ""
    original: Payment | None = None  # of a refund, cancellation or reversal


class IndustryLogin(Outgoing, frozen=True, kw_only=True):
    """INDUSTRY_LOGIN_INFO: let in the user who brings this ticket, once, until `expires_at` (RULES section 15)."""

    message = "INDUSTRY_LOGIN_INFO"
    channel_code: str
    industry_code: str
    user_id: str
    ticket: Secret
    expires_at: datetime
    language: str = ""
    longitude: str = ""
    latitude: str = ""
    personal: PersonalData = {}  # sealed for the industry; only what it may know


class CardListQuestion(Outgoing, frozen=True, kw_only=True):
    """GET_CARD_LIST to a channel: which cards has this user? Asked for an industry, or for the cashier (RULES section 12)."""

    message = "GET_CARD_LIST"
    channel_code: str
    industry_code: str
    user_id: str


class CardPayloadQuestion(Outgoing, frozen=True, kw_only=True):
    """GET_CARD_PAYLOAD to a channel: the number and expiry of one of them."""

    message = "GET_CARD_PAYLOAD"
    channel_code: str
    industry_code: str
    user_id: str
    card_id: str


class PlaceOrder(Outgoing, frozen=True, kw_only=True):
    """PLACE_ORDER to the downstream acquirer; idempotent by ucspOrderId (RULES section 15)."""

    message = "PLACE_ORDER"
    order: Order


class OrderMove(Outgoing, frozen=True, kw_only=True):
    """Base of what moves an order's money at its downstream acquirer: the payment is of kind PAY or PAYMENT_RESULT."""

    order: Order
    payment: Payment

    @property
    def amount(self) -> Money | None:
        return self.payment.amount


class Pay(OrderMove, frozen=True, kw_only=True):
    """PAY: with this card, sealed for the acquirer. `04` means accepted."""

    message = "PAY"
    card: CardPayload


class PayReversal(OrderMove, frozen=True, kw_only=True):
    """REVERSAL of a PAY that nobody knows the fate of: undone in full, or barred for ever if it never came."""

    message = "REVERSAL"


class OrderRefund(OrderMove, frozen=True, kw_only=True):
    """REFUND of an approval that nobody wants: of an order that was closed, or paid already (RULES section 6)."""

    message = "REFUND"


class ResultNotice(Outgoing, frozen=True, kw_only=True):
    """PAYMENT_RESULT_NOTICE to an order's industry and channel. `payment` is the one it is about; None: the order closed."""

    message = "PAYMENT_RESULT_NOTICE"
    channel_code: str
    industry_code: str
    order: Order
    status: OrderStatus
    payment: Payment | None = None
    refunded: Money | None = None
    paid_at: datetime  # when it was paid; of an order that was not, when that was known


class AccountInfo(msgspec.Struct, frozen=True, kw_only=True):
    """`accountInfo` of the bank's answer, opened."""

    account: AccountNumber
    tier: str = ""
    currency: str = ""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What the QR platform says about a code. Amount and time are wire text: nothing is believed before it is read."""

    amount: str = ""
    currency: str = ""
    merchant_name: str = ""
    mcc: str = ""
    merchant_country: str = ""
    merchant_city: str = ""
    use_case: str = ""
    valid_until: str = ""  # YYYYMMDDhhmmss in the platform's zone


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's answer that counts: signed, fresh, and to this very message. Fields the partner left out are empty."""

    code: str
    text: str = ""
    refer_no: str = ""
    payment_status: str = ""
    reason: str = ""
    account: AccountInfo | None = None
    account_tier: str = ""
    balances: tuple[tuple[str, str], ...] = ()  # (amount, currency), wire text
    cash_out_token: Secret | None = None
    resolved: Resolved = Resolved()
    downstream_order_id: str = ""
    settlement_key: str = ""  # SettlementKey.text
    retrieval_ref: str = ""
    listed_cards: tuple[ListedCard, ...] = ()
    card_payload: CardPayload | None = None
