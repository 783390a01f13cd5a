"""Reading and changing card products: each change is one unit of work, checked as a whole, with a line in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError, currency
from unionhub.domain.model.parties import Party, Role
from unionhub.ports.store import UnitOfWork

from .failures import CommandError
from .opening import Desk, at_desk
from .product_terms import check_ranges
from .trail import record

Change = Callable[[CardProduct, dict[str, Party]], Mapping[str, Any]]


async def all_products(desk: Desk) -> list[CardProduct]:
    async with desk.store.begin() as uow:
        return await uow.products()


def changed(product_id: str, change: Change, *, action: str) -> CardProduct:
    """Read, change, check, write and record. `action` is the audit trail's word: product.limits, ..."""

    async def write(desk: Desk) -> CardProduct:
        async with desk.store.begin() as uow:
            await lock_products(uow)
            parties = {party.app_id: party for party in await uow.parties()}
            before = known(await uow.products(), product_id)
            product = msgspec.structs.replace(before, **change(before, parties))
            await put(desk, uow, product, action=action, detail=_difference(before, product))
            await uow.commit()
        return product

    return at_desk(write)


async def lock_products(uow: UnitOfWork) -> None:
    """Before products are read to be changed: of two changes at once the second waits here, or it would write over the
    first, and two ranges could come to overlap. The marker's row stays taken until the unit of work ends."""
    await uow.put_marker("products", "")


async def put(desk: Desk, uow: UnitOfWork, product: CardProduct, *, action: str, detail: str) -> None:
    """Write a product that is good as a whole, with its line in the audit trail. Raises CommandError."""
    if product.trx_limit_minor > product.day_limit_minor:
        raise CommandError("the limit per payment is above the limit per day: it would never be reached")
    check_ranges(product, await uow.products())
    await _check_face(uow, product)
    await uow.put_product(product)
    await record(desk, uow, f"product.{action}", f"product {product.product_id}", detail)


def known(found: list[CardProduct], product_id: str) -> CardProduct:
    """The product of that id. Raises CommandError."""
    product = next((each for each in found if each.product_id == product_id), None)
    if product is None:
        names = ", ".join(each.product_id for each in found) or "none yet"
        raise CommandError(f"no product {product_id[:40]!r}; there are: {names}")
    return product


def gateways_of(parties: Mapping[str, Party], app_ids: tuple[str, ...]) -> frozenset[str]:
    """App gateways by their application ids. Raises CommandError."""
    for app_id in app_ids:
        of_role(parties, app_id, Role.APP_GATEWAY)
    return frozenset(app_ids)


def of_role(parties: Mapping[str, Party], app_id: str, role: Role) -> None:
    """Raises CommandError for a stranger, and for a party of another role."""
    party = parties.get(app_id)
    if party is None or party.role is not role:
        raise CommandError(f"{app_id[:40]!r} is no {role.value} here: `unionhub parties list` shows who is")


def minor(text: str, code: str, *, zero: bool = False) -> int:
    """An amount in major units as minor ones. Raises CommandError."""
    try:
        return Money.parse(text, code, zero=zero).minor
    except (AmountError, AmountFormatError, UnknownCurrencyError):
        exponent = currency(code).exponent
        example = "5000" if exponent == 0 else f"5000.{'0' * exponent}"
        least = "an amount" if zero else "an amount above zero"
        raise CommandError(f"{text[:20]!r} is no limit: {least} such as {example}") from None


async def _check_face(uow: UnitOfWork, product: CardProduct) -> None:
    if not product.card_face_id:
        return
    face = await uow.card_face(product.card_face_id)
    if face is None or face.issuer != product.issuer:
        raise CommandError(f"{product.issuer} has no card face {product.card_face_id[:40]!r}: `unionhub products faces`")


def _difference(before: CardProduct, after: CardProduct) -> str:
    """What was changed, from what to what."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in before.__struct_fields__)
    return ", ".join(f"{name}: {_short(old)} to {_short(new)}" for name, old, new in pairs if old != new)


def _short(value: Any) -> str:
    text = msgspec.json.encode(sorted(value) if isinstance(value, frozenset) else value, order="deterministic").decode()
    return text if len(text) <= 120 else f"{text[:117]}..."
