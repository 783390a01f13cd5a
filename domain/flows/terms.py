"""What a payment comes to: discounts, the bill in the account's currency, settlement, and what it must reserve.

Shared by every flow that debits or credits a card's account (RULES sections 1 and 4; section 9, step 5).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from unionhub.domain.model.cards import Card, CardProduct, IssuerBlock
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.domain.model.parties import Party
from unionhub.domain.model.transactions import Barrier, Discount, Payment, Reservation, SettlementKey, day_limit
from unionhub.ports.directory import Directory
from unionhub.ports.offers import Offers
from unionhub.ports.rates import Rates

from .numbers import msg_id
from .payers import local_date


def read_amount(text: str, currency: str, *, zero: bool = False, path: str = "trxInfo.trxAmt") -> Money:
    """Wire text as money. Raises Decline `12` (currency), `13` (zero, decimals), Refusal `30` (no amount at all)."""
    try:
        return Money.parse(text, currency, zero=zero)
    except UnknownCurrencyError:
        raise Decline("12") from None
    except AmountError:
        raise Decline("13") from None
    except AmountFormatError:
        raise Refusal("30", path) from None


class Terms:
    """Fills a payment's amounts in, and names its reservations."""

    def __init__(self, directory: Directory, offers: Offers, rates: Rates) -> None:
        self._directory = directory
        self._offers = offers
        self._rates = rates

    async def of_purchase(
        self, payment: Payment, card: Card, product: CardProduct, gross: Money, *, fee: Money | None = None, coupon: str = ""
    ) -> Payment:
        """A purchase of `gross` (fee included) at `payment.merchant`, less what the coupon is worth."""
        discounts = await self._offers.quote(coupon, gross, payment.merchant)
        net = gross
        for discount in discounts:
            net = net - discount.amount
        return self.of_sum(payment, card, product, net, gross=gross, fee=fee, discounts=discounts)

    def of_sum(
        self,
        payment: Payment,
        card: Card,
        product: CardProduct,
        amount: Money,
        *,
        gross: Money | None = None,
        fee: Money | None = None,
        discounts: tuple[Discount, ...] = (),
    ) -> Payment:
        """`amount` to or from the card's account, billed and settled at today's rates. Raises Decline `15`, `40`, `13`."""
        if amount.currency != card.currency and not product.cross_currency:
            raise Decline("40")
        bill, bill_rate = self._convert(amount, card.currency)
        if bill.minor == 0:
            raise Decline("13")  # nothing would leave the account
        # Of a tiny sum the settlement may come to zero: it is netted over a day, and no reason to refuse a cent.
        settle, settle_rate = self._convert(amount, product.settle_currency)
        return msgspec.structs.replace(
            with_card(payment, card),
            gross=gross or amount,
            amount=amount,
            fee=fee,
            bill=bill,
            bill_rate=bill_rate,
            settle=settle,
            settle_rate=settle_rate,
            settle_date=local_date(product, payment.opened_at),
            discounts=discounts,
            bank_msg_id=msg_id(self.issuer(card.issuer), payment.opened_at, payment.payment_id),
        )

    def limits(self, payment: Payment, card: Card, product: CardProduct) -> tuple[Reservation, ...]:
        """`62`, then `61`: what a debit must hold beside its business keys (RULES section 9, step 5)."""
        if payment.bill is None:
            raise AssertionError(f"payment {payment.payment_id} has no bill")
        merchant, wanted = payment.merchant, list[Reservation]()
        barred = merchant.mcc in product.blocked_mccs or merchant.country in product.blocked_countries
        if barred or card.issuer_block is IssuerBlock.RESTRICTED:
            wanted.append(Barrier(code="62"))
        if payment.bill.minor > product.trx_limit_minor:
            wanted.append(Barrier(code="61"))
        day = local_date(product, payment.opened_at)
        wanted.append(day_limit(card.card_id, day, payment.bill.minor, product.day_limit_minor))
        return tuple(wanted)

    def issuer(self, app_id: str) -> Party:
        """The issuer's record; Decline `15` if it is gone."""
        issuer = self._directory.party(app_id)
        if issuer is None:
            raise Decline("15")
        return issuer

    def in_currency(self, amount: Money, currency: str) -> Money:
        """`amount` in another currency at today's rate; Decline `40` without a rate. May come to zero."""
        return self._convert(amount, currency)[0]

    def _convert(self, amount: Money, to: str) -> tuple[Money, Decimal]:
        rate = self._rates.rate(amount.currency, to)
        if rate is None:
            raise Decline("40")
        return amount.convert(to, rate), rate


def with_card(payment: Payment, card: Card) -> Payment:
    """The payment as this card's."""
    return msgspec.structs.replace(
        payment,
        gateway=card.gateway,
        issuer=card.issuer,
        card_id=card.card_id,
        user_id=card.user_id,
        device_id=card.device_id,
    )


def own_settlement_key(payment: Payment) -> str:
    """The key under which the hub tells the acquirer about a payment that a gateway asked for."""
    return SettlementKey(
        acquirer_iin=payment.merchant.acquirer_iin,
        forwarding_iin=payment.merchant.forwarding_iin,
        trace_no=payment.trace_no,
        transmitted=f"{payment.opened_at:%m%d%H%M%S}",
    ).text
