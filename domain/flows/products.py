"""Which product an app's user gets: named by the app, or the only one there is (RULES section 9: `89`, `90`, `15`)."""

from __future__ import annotations

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.errors import Decline
from unionhub.ports.directory import Directory


def product_for(directory: Directory, gateway: str, product_id: str) -> CardProduct:
    """The product, if this gateway may have it issued today. Unnamed: the first of those that it may."""
    if product_id:
        product = directory.product(product_id)
        if product is None:
            raise Decline("89")
    else:
        product = next(iter(directory.products(gateway)), None)
    if product is None:
        raise Decline("15")
    if product.cut_off:
        raise Decline("90")
    issuer = directory.party(product.issuer)
    if issuer is None or not issuer.is_live or gateway not in product.gateways:
        raise Decline("15")
    return product
