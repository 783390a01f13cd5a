"""trxInfo of issuing and of a card's life (PROTOCOL 2.1; charts S1 and S2; RULES section 15 for one-time passwords)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec

from unionhub.domain.model.cards import CardFace, HolderAction
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.identifiers import AccountNumber, Pan, Secret, Token
from unionhub.domain.model.messages import (
    Balance,
    CardStatus,
    CardStatusRequest,
    EnrolmentPending,
    EnrolmentRequest,
    IssuedCard,
    KycApproved,
    KycRequest,
    OpenAccountRequest,
    OtpRequest,
    OtpSent,
    TierUpdate,
)
from unionhub.domain.model.outgoing import Document

from .fields import DeviceId, Jwe, MsgId, ReferNo, TokenText, UserId, ans, digits, text, wire_name
from .parts import need, payer

Opened = Mapping[str, Any]
Seal = Callable[[bytes], str]
"""Seals a plaintext for whoever gets the answer."""

DOCUMENTS_MAX = 8
DOCUMENT_MAX_CHARS = 1_400_000
"""About a megabyte, in base64."""


class CvmInquiry(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CVM_INQUIRY: trxInfo may be empty or absent."""

    prd_no: Annotated[str, ans(50)] = ""
    ins_prd: Annotated[str, ans(50)] = ""


class CvmAnswer(msgspec.Struct, frozen=True, kw_only=True):
    cvm: list[str]


class CvmInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """cvmInfo, opened: who applies. What is not named here (a verification code above all) is dropped, never passed on."""

    pan: Annotated[str, digits(0, 19)] = ""
    account_no: Annotated[str, text(34)] = ""
    expiry_date: Annotated[str, ans(10)] = ""
    first_name: Annotated[str, text(64)] = ""
    mid_name: Annotated[str, text(64)] = ""
    last_name: Annotated[str, text(64)] = ""
    full_name: Annotated[str, text(128)] = ""
    id_type: Annotated[str, ans(16)] = ""
    id_no: Annotated[str, ans(64)] = ""
    id_country: Annotated[str, ans(3)] = ""
    mobile_no: Annotated[str, ans(25)] = ""


class KycVerificationTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """KYC_VERIFICATION."""

    device_id: DeviceId
    user_id: UserId
    cvm_info: Jwe
    ins_prd: Annotated[str, ans(50)] = ""
    prd_no: Annotated[str, ans(50)] = ""


class KycAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    device_id: str
    refer_no: str


class WireDocument(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """A member of cvmAddtlDocums."""

    data_type: Annotated[str, ans(64)] = ""
    data_format: Annotated[str, ans(16)] = ""
    data_content: Annotated[str, msgspec.Meta(max_length=DOCUMENT_MAX_CHARS)] = ""

    def __repr__(self) -> str:
        return f"WireDocument({self.data_type}, {self.data_format}, {len(self.data_content)} characters)"


class OpenAccountTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """OPEN_ACCOUNT: names the KYC."""

    device_id: DeviceId
    user_id: UserId
    orig_msg_id: MsgId
    orig_refer_no: ReferNo
    cvm_addtl_docums: Annotated[list[WireDocument], msgspec.Meta(max_length=DOCUMENTS_MAX)] = []


class CardEnrollmentTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CARD_ENROLLMENT."""

    device_id: DeviceId
    user_id: UserId
    cvm_info: Jwe
    prd_no: Annotated[str, ans(50)] = ""
    ins_prd: Annotated[str, ans(50)] = ""


class CardAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """Card and token; or, while a one-time password is awaited, the enrolment's number."""

    device_id: str
    enrol_id: str = msgspec.field(name="enrolId", default="")
    token: str = ""
    token_expiry: str = ""
    pan: str = ""
    pan_expiry: str = ""
    masked_pan: str = ""
    card_type: str = ""
    card_face_id: str = ""
    refer_no: str = ""


class OtpRequestTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """OTP_REQUEST: origMsgID is the CARD_ENROLLMENT's."""

    device_id: DeviceId
    user_id: UserId
    orig_msg_id: MsgId


class OtpVerificationTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """OTP_VERIFICATION."""

    device_id: DeviceId
    user_id: UserId
    orig_msg_id: MsgId
    otp_value: Annotated[str, digits(4, 10)]


class OtpRequestAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    otp_length: str
    expires_in: str


class CardStatusManagementTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CARD_STATUS_MANAGEMENT; tokenAction in any case (both are seen)."""

    device_id: DeviceId
    user_id: UserId
    token: TokenText
    token_action: Annotated[str, ans(16)]


class TokenStateAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    device_id: str
    token_state: str


class CardInquiryTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CARD_STATUS_INQUIRY and CARD_BALANCE_INQUIRY."""

    device_id: DeviceId
    user_id: UserId
    token: TokenText


class CardStatusAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    device_id: str
    card_status: str


class BalanceAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    device_id: str
    account_tier: str = ""
    bal_amt: str
    bal_currency: str
    refer_no: str = ""


class CardfaceTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CARDFACE_DOWNLOADING."""

    cardface_id: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,50}\Z")]


class CardfaceAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    cardface_id: str
    cardface_type: str
    pan_pos_x: str
    pan_pos_y: str
    pan_font_size: str
    color: str
    cardface_data: str  # base64


class AccountUpdateTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """ACCOUNT_UPDATE_NOTIFICATION of an issuer."""

    token: TokenText
    account_tier: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,8}\Z")]
    refer_no: Annotated[str, ans(50)] = ""


def read_cvm_inquiry(trx: CvmInquiry, _: Opened) -> str:
    return trx.prd_no or trx.ins_prd


def write_cvm(fields: Sequence[str], _: Seal) -> CvmAnswer:
    return CvmAnswer(cvm=list(fields))


def read_kyc(trx: KycVerificationTrx, opened: Opened) -> KycRequest:
    return KycRequest(
        user_id=trx.user_id,
        device_id=trx.device_id,
        identity=_identity(opened),
        product_id=trx.ins_prd or trx.prd_no,
    )


def write_kyc(approved: KycApproved, _: Seal) -> KycAnswer:
    return KycAnswer(device_id=approved.device_id, refer_no=approved.refer_no)


def read_open_account(trx: OpenAccountTrx, _: Opened) -> OpenAccountRequest:
    documents = [
        Document(data_type=each.data_type, data_format=each.data_format, content=Secret(each.data_content))
        for each in trx.cvm_addtl_docums
    ]
    return OpenAccountRequest(
        user_id=trx.user_id,
        device_id=trx.device_id,
        orig_msg_id=trx.orig_msg_id,
        orig_refer_no=trx.orig_refer_no,
        documents=tuple(documents),
    )


def read_enrolment(trx: CardEnrollmentTrx, opened: Opened) -> EnrolmentRequest:
    info: CvmInfo = opened["cvmInfo"]
    need(info.account_no or info.pan, "trxInfo.cvmInfo.accountNo")
    return EnrolmentRequest(
        user_id=trx.user_id,
        device_id=trx.device_id,
        identity=_identity(opened),
        account=AccountNumber(info.account_no) if info.account_no else None,
        pan=Pan(info.pan) if info.pan else None,
        product_id=trx.prd_no or trx.ins_prd,
    )


def write_card(issued: IssuedCard | EnrolmentPending, seal: Seal) -> CardAnswer:
    """The PAN leaves sealed only (RULES section 5)."""
    if isinstance(issued, EnrolmentPending):
        return CardAnswer(device_id=issued.device_id, enrol_id=str(issued.enrolment_id))
    card = issued.card
    return CardAnswer(
        device_id=card.device_id,
        token=issued.token.reveal(),
        token_expiry=f"{card.token_expiry:%y%m%d%H%M%S}",
        pan=seal(msgspec.json.encode({"pan": issued.pan.reveal()})),
        pan_expiry=f"{card.pan_expiry:%m/%y}",
        masked_pan=card.masked_pan,
        card_type=issued.card_type,
        card_face_id=issued.card_face_id,
        refer_no=card.refer_no,
    )


def read_otp_request(trx: OtpRequestTrx, _: Opened) -> OtpRequest:
    return OtpRequest(user_id=trx.user_id, device_id=trx.device_id, orig_msg_id=trx.orig_msg_id)


def read_otp_verification(trx: OtpVerificationTrx, _: Opened) -> OtpRequest:
    return OtpRequest(user_id=trx.user_id, device_id=trx.device_id, orig_msg_id=trx.orig_msg_id, password=Secret(trx.otp_value))


def write_otp_sent(sent: OtpSent, _: Seal) -> OtpRequestAnswer:
    return OtpRequestAnswer(otp_length=str(sent.length), expires_in=str(sent.expires_in_s))


def read_card_status_management(trx: CardStatusManagementTrx, _: Opened) -> CardStatusRequest:
    try:
        action = HolderAction(trx.token_action.upper())
    except ValueError:
        raise Refusal("30", "trxInfo.tokenAction") from None
    return CardStatusRequest(payer=payer(trx), action=action)


def write_token_state(status: CardStatus, _: Seal) -> TokenStateAnswer:
    return TokenStateAnswer(device_id=status.device_id, token_state=status.state)


def read_card_inquiry(trx: CardInquiryTrx, _: Opened) -> CardStatusRequest:
    return CardStatusRequest(payer=payer(trx))


def write_card_status(status: CardStatus, _: Seal) -> CardStatusAnswer:
    return CardStatusAnswer(device_id=status.device_id, card_status=status.state)


def write_balance(balance: Balance, _: Seal) -> BalanceAnswer:
    return BalanceAnswer(
        device_id=balance.device_id,
        account_tier=balance.tier,
        bal_amt=balance.amount,
        bal_currency=balance.currency,
        refer_no=balance.refer_no,
    )


def read_cardface(trx: CardfaceTrx, _: Opened) -> str:
    return trx.cardface_id


def write_cardface(face: CardFace, _: Seal) -> CardfaceAnswer:
    return CardfaceAnswer(
        cardface_id=face.face_id,
        cardface_type=face.kind,
        pan_pos_x=str(face.pan_x),
        pan_pos_y=str(face.pan_y),
        pan_font_size=str(face.pan_font_size),
        color=face.color,
        cardface_data=base64.b64encode(face.data).decode(),
    )


def read_account_update(trx: AccountUpdateTrx, _: Opened) -> TierUpdate:
    return TierUpdate(token=Token(trx.token), tier=trx.account_tier, refer_no=trx.refer_no)


def _identity(opened: Opened) -> Secret:
    """What is passed on to the bank: the members that we know, as they were given."""
    return Secret(msgspec.json.encode(opened["cvmInfo"]).decode())
