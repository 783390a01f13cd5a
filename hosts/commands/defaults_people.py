"""Members of trxInfo from the sandbox's people and shops, and those that are made up for each message."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Final

from unionhub.domain.model.money import currency
from unionhub.domain.model.qr.faults import NoUnionPayAccount, QrError
from unionhub.domain.model.qr.merchant import parse, unionpay_account
from unionhub.hosts.sandbox.keyring import public_keys
from unionhub.hosts.sandbox.seeds import APPLICANT, CARDHOLDERS, HKD, PRESET_MERCHANTS
from unionhub.hosts.sandbox.services import page_url

from .failures import CommandError
from .fields import Json
from .sources import Group, Sources, numbered


def always(**members: Any) -> Group:
    async def make(_: Sources) -> Json:
        return members

    return Group(tuple(members), make)


def holders(*members: str) -> Group:
    async def make(sources: Sources) -> Json:
        holder = await sources.holder()
        if not holder:
            at = sources.sender.app_id if sources.sender else ""
            raise CommandError(f"the sandbox has no cardholder at {at}: give deviceID, userID and token")
        return holder

    return Group(members, make)


_UNITS: Final = 10


async def purchase(sources: Sources) -> Json:
    """Ten units of its currency at a merchant's static code; with a code that was given, what that code says."""
    given = None if sources.choice.merchant else _scanned(sources.choice.field("mpqrcPayload"))
    if given is not None:
        return given
    shop = await sources.shop()
    return {
        **units(shop["currency"]),
        "mpqrcPayload": shop["qr"],
        "merchantInfo": {
            "acquirerIIN": shop["acquirerIIN"],
            "fwdIIN": shop["fwdIIN"],
            "mid": shop["mid"],
            "merchantName": shop["name"],
            "mcc": shop["mcc"],
        },
    }


def _scanned(payload: object) -> Json | None:
    """As an app reads a code: its merchant, its currency, and its amount where it has one. None for what is no such code."""
    if not isinstance(payload, str):
        return None
    try:
        code = parse(payload)
        account = unionpay_account(code)
        money = units(code.currency)
    except (QrError, NoUnionPayAccount, ValueError):
        return None
    return {
        **money,
        **({"trxAmt": code.amount} if code.amount else {}),
        "merchantInfo": {
            "acquirerIIN": account.acquirer_iin,
            "fwdIIN": account.forwarding_iin,
            "mid": account.merchant_id,
            "merchantName": code.merchant_name,
            "mcc": code.merchant_category_code,
        },
    }


async def own_money(sources: Sources) -> Json:
    """Ten units of the card's currency."""
    holder = await sources.holder()
    return units(holder.get("currency", HKD))


def units(code: str) -> Json:
    exponent = currency(code).exponent
    return {"trxAmt": f"{_UNITS}.{'0' * exponent}" if exponent else f"{_UNITS}00", "trxCurrency": code}


async def preset(sources: Sources) -> Json:
    presets = [{"merchantName": each.name, "mid": each.mid} for each in PRESET_MERCHANTS]
    return {"merchantInfo": numbered(presets, sources.choice.merchant or 1, "preset merchant")}


async def settlement_key(sources: Sources) -> Json:
    """Never the same twice: random within the second."""
    app_id = sources.sender.app_id if sources.sender else ""
    return {
        "settlementKey": {
            "acquirerIIN": app_id,
            "forwardingIIN": app_id,
            "systemTraceAuditNumber": f"{secrets.randbelow(10**6):06d}",
            "transmissionDateTime": f"{datetime.now(UTC):%m%d%H%M%S}",
        }
    }


async def applicant(_: Sources) -> Json:
    return {"cvmInfo": dict(APPLICANT)}


async def new_device(_: Sources) -> Json:
    """On the cardholder's own device his account has a card already."""
    return {"deviceID": secrets.token_hex(16)}


async def account_holder(sources: Sources) -> Json:
    """The account of the cardholder; the bank takes the applicant's word for whose it is, or refuses."""
    holder = await sources.holder()
    accounts = {each.user_id: each.account.reveal() for each in CARDHOLDERS}
    known = {"accountNo": accounts[holder["userID"]]} if holder.get("userID") in accounts else {}
    return {"cvmInfo": {**APPLICANT, **known}}


async def payee(sources: Sources) -> Json:
    """The next cardholder of the sandbox."""
    payer, people = await sources.holder(), await sources.people()
    others = [each for each in people if each["userID"] != payer.get("userID")]
    return {"creditAccountInfo": {"token": others[0]["token"]}}


async def card_info(sources: Sources) -> Json:
    return {"cardInfo": {"token": (await sources.holder())["token"]}}


async def url_code(sources: Sources) -> Json:
    return {"mpqrcPayload": numbered(await sources.codes(), sources.choice.merchant or 1, "code")["url"]}


async def own_keys(sources: Sources) -> Json:
    """The keys that it has: the sandbox holds no others."""
    if sources.sender is None:
        return {}
    signing, encryption = public_keys(sources.sender)
    return {
        "insSignCertID": signing.kid,
        "insSignPublicKey": signing.jwk,
        "insEncCertID": encryption.kid,
        "insEncPublickey": encryption.jwk,
    }


async def retrieval(_: Sources) -> Json:
    return {"retrivlRefNum": f"{secrets.randbelow(10**12):012d}"}


async def hong_kong(_: Sources) -> Json:
    return units(HKD)


async def new_order(sources: Sources) -> Json:
    """Never the same twice: its name is random."""
    base_url = sources.sender.base_url if sources.sender else ""
    return {
        "orderId": f"order-{secrets.token_hex(5)}",
        "orderTime": f"{datetime.now(UTC):%Y%m%d%H%M%S}",
        "returnUrl": page_url(base_url, "/return"),
    }
