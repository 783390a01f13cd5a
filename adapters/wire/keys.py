"""KEY_EXCHANGE (PROTOCOL 1.5): a partner's next public keys, and the kids to seal to in the answer."""

from __future__ import annotations

import json
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from unionhub.adapters.jose.key_text import public_members
from unionhub.adapters.jose.keys import MAX_JWK_CHARS
from unionhub.domain.model.parties import PublicKey
from unionhub.domain.model.party_keys import ExchangedKeys, KeyExchangeRequest, OfferedKey

from .fields import wire_name

CertIdOrEmpty = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{0,64}\Z")]
"""A certificate id, which becomes a kid: ANS 1-64, without blanks as every kid."""

KeyText = Annotated[str, Meta(max_length=MAX_JWK_CHARS)]
"""PEM, base64 of DER, or a JWK; line feeds are PEM's. The text itself goes nowhere."""

_SIGN: Final = ("trxInfo.insSignCertID", "trxInfo.insSignPublicKey")
_ENC: Final = ("trxInfo.insEncCertID", "trxInfo.insEncPublickey")


class KeyExchangeTrx(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """trxInfo; `insEncPublickey` is spelt so. Either pair may be left out."""

    ins_sign_cert_id: CertIdOrEmpty = ""
    ins_sign_public_key: KeyText = ""
    ins_enc_cert_id: CertIdOrEmpty = ""
    ins_enc_publickey: KeyText = ""


class EncCertId(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """`encCertId`, which stands beside msgInfo and trxInfo: the keys that each side seals to from now on."""

    upi_enc_cert_id: str
    ins_enc_cert_id: str = ""


def read_key_exchange(trx: KeyExchangeTrx) -> KeyExchangeRequest:
    """The offered keys; raises nothing: what cannot be read is part of the request, for it has spent its UPI-UUID."""
    pairs = (
        ("sig", trx.ins_sign_cert_id, trx.ins_sign_public_key, _SIGN),
        ("enc", trx.ins_enc_cert_id, trx.ins_enc_publickey, _ENC),
    )
    offered = []
    for use, kid, text, (kid_field, text_field) in pairs:
        if bool(kid) != bool(text):
            return KeyExchangeRequest(fault=text_field if kid else kid_field)
        if kid:
            offered.append(OfferedKey(field=text_field, key=_public_key(kid, use, text)))
    if not offered:
        return KeyExchangeRequest(fault=_SIGN[0])
    if trx.ins_sign_cert_id == trx.ins_enc_cert_id:  # a kid names one key
        return KeyExchangeRequest(fault=_ENC[0])
    return KeyExchangeRequest(offered=tuple(offered))


def beside_key_exchange(result: ExchangedKeys) -> dict[str, object]:
    """The members of the answer's body beside trxInfo; of that there is none."""
    return {"encCertId": EncCertId(upi_enc_cert_id=result.hub_kid, ins_enc_cert_id=result.partner_kid)}


def _public_key(kid: str, use: str, text: str) -> PublicKey | None:
    try:
        members = public_members(text)
    except ValueError:
        return None
    return PublicKey(kid=kid, use=use, jwk=json.dumps(members))  # not msgspec: it refuses what Python's reader lets pass
