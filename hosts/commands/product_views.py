"""A card product as operators see it."""

from __future__ import annotations

from typing import Any

from unionhub.domain.model.cards import CardProduct, NumberRange, PresetMerchant
from unionhub.domain.model.money import Money

from .amounts import amount_text
from .console import echo_facts, echo_json


def limit(product: CardProduct, minor: int) -> Money:
    """An amount of the product's currency."""
    return Money(minor, product.currency)


def describe(product: CardProduct) -> dict[str, Any]:
    """A product for machines."""
    return {
        "productId": product.product_id,
        "issuer": product.issuer,
        "name": product.name,
        "currency": product.currency,
        "trxLimit": limit(product, product.trx_limit_minor).text,
        "dayLimit": limit(product, product.day_limit_minor).text,
        "cvmLimit": limit(product, product.cvm_limit_minor).text,
        "gateways": sorted(product.gateways),
        "messages": sorted(product.messages),
        "blockedMccs": sorted(product.blocked_mccs),
        "blockedCountries": sorted(product.blocked_countries),
        "crossCurrency": product.cross_currency,
        "settleCurrency": product.settle_currency,
        "utcOffsetMinutes": product.utc_offset_minutes,
        "cutOff": product.cut_off,
        "tokenRange": _range(product.token_range) or None,
        "panRange": _range(product.pan_range) or None,
        "cardYears": product.card_years,
        "cardType": product.card_type,
        "cardFaceID": product.card_face_id,
        "cvmFields": product.cvm_fields,
        "verifyOwner": product.verify_owner,
        "stepUp": product.step_up,
        "kycWindowS": product.kyc_window_s,
        "otpLifeS": product.otp_life_s,
        "otpTries": product.otp_tries,
        "merchants": [
            {"merchantId": each.merchant_id, "name": each.name, "mcc": each.mcc, "gateways": sorted(each.gateways)}
            for each in product.preset_merchants
        ],
    }


def tell(product: CardProduct, *, as_json: bool) -> None:
    """Print it."""
    if as_json:
        echo_json(describe(product))
        return
    echo_facts(
        [
            (product.product_id, product.name),
            ("issuer", product.issuer),
            ("per payment", amount_text(limit(product, product.trx_limit_minor))),
            ("per day", amount_text(limit(product, product.day_limit_minor))),
            ("verified by the cardholder", f"above {amount_text(limit(product, product.cvm_limit_minor))}"),
            ("cut-off", "ON: payments get 90" if product.cut_off else "off"),
            ("gateways", ", ".join(sorted(product.gateways)) or "none: nobody can pay with it"),
            ("messages", ", ".join(sorted(product.messages)) or "none"),
            ("blocked MCCs", ", ".join(sorted(product.blocked_mccs)) or "none"),
            ("blocked countries", ", ".join(sorted(product.blocked_countries)) or "none"),
            ("other currencies", "yes" if product.cross_currency else "no: they get 40"),
            ("settled in", product.settle_currency),
            ("issuer's day", f"UTC{product.utc_offset_minutes / 60:+g} h"),
            ("token range", _range(product.token_range) or "none: nothing can be issued (08)"),
            ("PAN range", _range(product.pan_range) or "none: nothing can be issued (08)"),
            ("cards", f"{product.card_type}, for {product.card_years} years, face {product.card_face_id or 'none'}"),
            ("CVM_INQUIRY names", ", ".join(product.cvm_fields)),
            ("enrolling a card", _enrolling(product)),
            ("identity check lasts", f"{product.kyc_window_s} s"),
            ("one-time passwords", f"{product.otp_life_s} s, {product.otp_tries} tries"),
            *((f"merchant {each.merchant_id}", _merchant(each)) for each in product.preset_merchants),
        ]
    )


def _range(found: NumberRange | None) -> str:
    return f"{found.first}-{found.last}" if found else ""


def _enrolling(product: CardProduct) -> str:
    steps = ["the bank is asked whose account it is"] if product.verify_owner else []
    if product.step_up:
        steps.append("a one-time password is asked for")
    return ", ".join(steps) or "nothing more is asked"


def _merchant(merchant: PresetMerchant) -> str:
    category = f", MCC {merchant.mcc}" if merchant.mcc else ""
    return f"{merchant.name}{category}, for {', '.join(sorted(merchant.gateways)) or 'all its gateways'}"
