"""What `unionhub send` fills in where nothing is given: each message's members, from the sandbox's people and shops and from
what was sent before. One row a message; a row's groups are asked in order, and only for members that are still missing."""

from __future__ import annotations

from typing import Final

from unionhub.hosts.sandbox.seeds import CNY, HKD, PARKING, PARTNERS, PRODUCT

from . import defaults_before as before
from . import defaults_people as people
from .defaults_people import always, holders
from .sources import Group

PARKING_CODE: Final = next(seed.industry_code for seed in PARTNERS if seed.app_id == PARKING)
_ORDER_AMOUNT: Final = "100.00"  # so much that the sandbox's offers are for it
_DEVICE: Final = ("deviceID", "userID")
_CARD: Final = (*_DEVICE, "token")
_MONEY: Final = ("trxAmt", "trxCurrency")
_UNDO: Final = (
    Group(("origMsgID", *_MONEY), before.original),
    Group(_MONEY, people.hong_kong),
    Group(("settlementKey",), people.settlement_key),
)
_SALE: Final = (Group((*_MONEY, "merchantInfo"), people.purchase), Group(("settlementKey",), people.settlement_key))
DEFAULTS: Final[dict[str, tuple[Group, ...]]] = {
    "KYC_VERIFICATION": (holders(*_DEVICE), Group(("cvmInfo",), people.applicant)),
    "OPEN_ACCOUNT": (Group((*_DEVICE, "origMsgID", "origReferNo"), before.verified), holders(*_DEVICE)),
    "CARD_ENROLLMENT": (Group(("deviceID",), people.new_device), holders("userID"), Group(("cvmInfo",), people.account_holder)),
    "OTP_REQUEST": (Group((*_DEVICE, "origMsgID"), before.enrolling), holders(*_DEVICE)),
    "OTP_VERIFICATION": (
        Group((*_DEVICE, "origMsgID"), before.enrolling),
        holders(*_DEVICE),
        Group(("otpValue",), before.texted),
    ),
    "CARD_STATUS_MANAGEMENT": (holders(*_CARD),),
    "CARD_STATUS_INQUIRY": (holders(*_CARD),),
    "CARD_BALANCE_INQUIRY": (holders(*_CARD),),
    "CARDFACE_DOWNLOADING": (always(cardfaceID=PRODUCT.card_face_id),),
    "ACCOUNT_UPDATE_NOTIFICATION": (holders("token"), always(accountTier="2")),
    "MPQRC_PAYMENT_EMV": (holders(*_CARD), Group((*_MONEY, "mpqrcPayload", "merchantInfo"), people.purchase)),
    "QRC_INFO_INQUIRY": (holders(*_DEVICE), Group(("mpqrcPayload",), people.url_code)),
    "MPQRC_PAYMENT_URL": (Group((*_DEVICE, "origTrxMsgID", "mpqrcPayload", *_MONEY), before.inquired), holders(*_CARD)),
    "QRC_GENERATION": (holders(*_CARD), always(cpqrcNo="01")),
    "ADDITIONAL_PROCESSING_RESULT": (
        Group((*_CARD, "origMsgID"), before.question),
        holders(*_CARD),
        always(paymentStatus="CONTINUING"),
    ),
    "BILL_PAYMENT": (holders(*_CARD), Group(_MONEY, people.own_money), Group(("merchantInfo",), people.preset)),
    "CREDIT_TRANSACTION": (holders("token"), Group(_MONEY, people.own_money), Group(("merchantInfo",), people.preset)),
    "P2P_TRANSFER": (holders(*_CARD), Group(_MONEY, people.own_money), Group(("creditAccountInfo",), people.payee)),
    "GET_CASH_OUT_TOKEN": (holders(*_CARD), Group(_MONEY, people.own_money), always(trxTokenType="WITHDRAW")),
    "EXCHANGE_RATE_INQUIRY": (always(origCurrency=CNY, origAmt="100.00", exchangeCurrency=HKD),),
    "TRX_RESULT_INQUIRY": (Group((*_CARD, "origMsgID", "origMsgType"), before.asked_about), holders(*_CARD)),
    "CPQRC_PAYMENT": (Group(("emvCpqrcPayload",), before.shown), *_SALE),
    "TOKEN_PAYMENT": (Group(("cardInfo",), people.card_info), *_SALE),
    "WITHDRAW": (Group(("trxToken", *_MONEY), before.cash), *_SALE),
    **dict.fromkeys(("REFUND", "CANCELLATION", "REVERSAL"), _UNDO),
    "CHANNEL_LOGIN_INFO": (
        always(industryCode=PARKING_CODE, encData={"mobile": "+852 5555 0100"}),  # parking needs it
        Group(("userId",), before.channel_user),
    ),
    "GET_CARD_LIST": (Group(("channelCode", "userId"), before.logged_in),),
    "GET_CARD_PAYLOAD": (Group(("channelCode", "userId", "cardId"), before.shown_card),),
    "SUBMIT_PAYMENT_ORDER": (
        Group(("channelCode", "userId"), before.shopper),
        Group(("orderId", "orderTime", "returnUrl"), people.new_order),
        always(trxAmt=_ORDER_AMOUNT, trxCurrency=HKD, subject="Two hours"),
    ),
    "PAYMENT_RESULT_INQUIRY": (Group(("orderId",), before.same_order),),
    "PAYMENT_RESULT": (
        Group(("ucspOrderId", "downstreamOrderId", "trxCurrency"), before.placed),
        Group(("settlementKey",), people.settlement_key),
        Group(("retrivlRefNum",), people.retrieval),
    ),
    "KEY_EXCHANGE": (Group(("insSignCertID", "insSignPublicKey", "insEncCertID", "insEncPublickey"), people.own_keys),),
}
"""Message -> where the members of its trxInfo come from (PROTOCOL 2.1; RULES section 15)."""
NEEDED: Final = {
    "CARD_STATUS_MANAGEMENT": ("tokenAction", "SUSPEND, RESUME or DELETE"),
    "PAYMENT_RESULT": ("paymentStatus", "APPROVED, DECLINED or REFUNDED"),
}
"""What nobody can guess: a member, and what it may be."""
