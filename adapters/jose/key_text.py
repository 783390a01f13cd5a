"""Public keys in the forms that people and partners send them: PEM, base64 of DER (SubjectPublicKeyInfo), JWK."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from unionhub.adapters.jose.encoding import strict_object
from unionhub.adapters.jose.keys import MAX_JWK_CHARS, SECRET_MEMBERS

_PRIVATE_PEM: Final = "PRIVATE KEY-----"
_BLANKS: Final = str.maketrans("", "", " \t\r\n")


class PrivateMaterialError(ValueError):
    """Private members or a private PEM where only a public key belongs: whoever sent it has given the key away."""


def public_members(text: str) -> dict[str, object]:
    """The JWK members of one public key: PEM or base64 DER SubjectPublicKeyInfo (RFC 5280), or a JWK as JSON (RFC 7517).

    Only RSA and EC keys. Whether they are good for a profile says `keys.public_key`. Raises PrivateMaterialError, else
    ValueError; neither quotes the text.
    """
    if len(text) > MAX_JWK_CHARS:
        raise ValueError(f"a key longer than {MAX_JWK_CHARS} characters")
    bare = text.strip()
    if bare.startswith("{"):
        return _of_jwk(bare)
    if "-----BEGIN" in bare:
        return members_of_pem(bare, certificates=False)
    try:
        der = base64.b64decode(bare.translate(_BLANKS), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("neither PEM, base64 nor a JWK") from None
    return _of_spki(der, load_der_public_key)


def members_of_pem(text: str, *, certificates: bool = True) -> dict[str, object]:
    """The JWK members of the public key in PEM, or in a PEM certificate where those are taken (nothing of it is verified).

    Raises PrivateMaterialError, else ValueError; neither quotes the text.
    """
    if _PRIVATE_PEM in text:
        raise PrivateMaterialError("a private key")
    content = text.encode("utf-8", "replace")
    if certificates and "-----BEGIN CERTIFICATE" in text:
        return _of_spki(content, lambda pem: x509.load_pem_x509_certificate(pem).public_key())
    return _of_spki(content, load_pem_public_key)


def _of_jwk(text: str) -> dict[str, object]:
    members = strict_object(text)
    if not SECRET_MEMBERS.isdisjoint(members):
        raise PrivateMaterialError("a private key")
    return members


def _of_spki(content: bytes, load: Any) -> dict[str, object]:
    try:
        key = load(content)
        if not isinstance(key, (RSAPublicKey, EllipticCurvePublicKey)):
            raise ValueError("another kind of key")
        members: dict[str, object] = JWK.from_pyca(key).export_public(as_dict=True)
    except (ValueError, KeyError, UnsupportedAlgorithm, JWException):  # KeyError: jwcrypto on a curve that it does not know
        raise ValueError("no public key that can be read (RSA, or EC on P-256)") from None
    members.pop("kid", None)  # jwcrypto's own idea: the thumbprint
    return members
