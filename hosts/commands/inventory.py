"""Keys as an inventory shows them (PCI DSS 4.2.1.1, 12.3.3): whose, what for, which algorithms, how strong."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from unionhub.adapters.jose.keys import Key, public_key
from unionhub.adapters.jose.suites import SUITE_OF_ALG
from unionhub.domain.model.parties import JoseProfile, PublicKey

LEGACY: Final = {"RSA1_5": "legacy: padding of PKCS #1 v1.5, mandated by the scheme"}
"""Algorithms that stand in the inventory with a reason (PCI DSS 12.3.3)."""


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One key. `thumbprint` is RFC 7638's, by which both ends can compare a key over the telephone."""

    owner: str
    kid: str
    use: str
    alg: str = ""
    content: str = ""  # what encrypts the content, for encryption keys
    strength: str = ""
    thumbprint: str = ""
    created_at: datetime | None = None
    remark: str = ""

    def facts(self) -> dict[str, Any]:
        """For machines."""
        return {
            "owner": self.owner,
            "kid": self.kid,
            "use": self.use,
            "alg": self.alg,
            "enc": self.content,
            "strength": self.strength,
            "thumbprint": self.thumbprint,
            "createdAt": self.created_at,
            "legacy": self.alg in LEGACY,
            "remark": self.remark,
        }

    def __str__(self) -> str:
        ciphers = f"{self.alg}, {self.content}" if self.content else self.alg
        tail = f"  {self.remark}" if self.remark else ""
        return f"{self.kid}  {self.use}  {ciphers}  {self.strength}{tail}"


def key_line(key: PublicKey, profile: JoseProfile, owner: str = "") -> KeyLine:
    """A registered key. One that does not fit its party's profile is shown as unfit, not hidden."""
    try:
        return line_of(public_key(key, profile), owner)
    except ValueError as error:
        return KeyLine(owner=owner, kid=key.kid, use=key.use, remark=f"UNFIT: {error}")


def line_of(key: Key, owner: str, created_at: datetime | None = None) -> KeyLine:
    suite = SUITE_OF_ALG[key.alg]
    return KeyLine(
        owner=owner,
        kid=key.kid,
        use=key.use,
        alg=key.alg,
        content=suite.enc if key.use == "enc" else "",
        strength=f"RSA {key.octets * 8}" if suite.kty == "RSA" else "EC P-256",
        thumbprint=key.thumbprint,
        created_at=created_at,
        remark=LEGACY.get(key.alg, ""),
    )
