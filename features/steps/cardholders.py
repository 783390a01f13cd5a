"""Who pays, with which card, under which rules of the issuer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from pytest_bdd import given
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.cards import HolderState, IssuerBlock
from unionhub.hosts.sandbox.register import CARD_YEARS

_DAY_S: Final = 86_400.0


@given(Phrase("a cardholder with {amount:Amount} on the account"))
def a_cardholder(story: Story, amount: Amount) -> None:
    story.add_holder(amount)


@given(Phrase("a cardholder of {app:App} with {amount:Amount} on the account"))
def a_cardholder_of_an_app(story: Story, app: str, amount: Amount) -> None:
    story.add_holder(amount, app)


@given(Phrase("another cardholder with {amount:Amount} on the account"))
def another_cardholder(story: Story, amount: Amount) -> None:
    story.add_holder(amount, story.holder.gateway)


CARD_STATES: Final[dict[str, tuple[HolderState | None, IssuerBlock | None]]] = {
    "expired": (None, None),
    "suspended by its holder": (HolderState.SUSPENDED, None),
    "deleted by its holder": (HolderState.DELETED, None),
    "reported lost": (None, IssuerBlock.LOST),
    "reported stolen": (None, IssuerBlock.STOLEN),
    "flagged for fraud": (None, IssuerBlock.FRAUD),
    "restricted by its issuer": (None, IssuerBlock.RESTRICTED),
    "closed by its issuer": (None, IssuerBlock.CLOSED),
    "suspended by its holder and reported lost": (HolderState.SUSPENDED, IssuerBlock.LOST),
}


@given(Phrase("the card is {state:State}", State=CARD_STATES))
def the_card_is(story: Story, state: str) -> None:
    if state == "expired":
        story.pass_time((CARD_YEARS * 366 + 31) * _DAY_S)
        return
    holder, block = CARD_STATES[state]
    card = story.card(story.holder)
    after = msgspec.structs.replace(card, holder_state=holder or card.holder_state, issuer_block=block or card.issuer_block)

    async def changed() -> None:
        async with story.house.hub.store.begin() as uow:
            assert await uow.move_card(card, after)
            await uow.commit()

    story.run(changed())


@given(Phrase("the card's issuer allows at most {amount:Amount} a payment"))
def a_limit_for_each_payment(story: Story, amount: Amount) -> None:
    _change_product(story, trx_limit_minor=amount.money.minor)


@given(Phrase("the card's issuer allows at most {amount:Amount} a day"))
def a_limit_for_each_day(story: Story, amount: Amount) -> None:
    _change_product(story, day_limit_minor=amount.money.minor)


PRODUCT_RULES: Final[dict[str, Callable[[Story], dict[str, Any]]]] = {
    "is in its cut-off window": lambda _: {"cut_off": True},
    "never admitted this app": lambda story: {"gateways": story.world.product.gateways - {story.holder.gateway}},
    "does not let its cards pay shops' codes": lambda story: {"messages": story.world.product.messages - {"MPQRC_PAYMENT_EMV"}},
    "bars shops of this kind": lambda story: {"blocked_mccs": frozenset({story.shop.mcc})},
}


@given(Phrase("the card's issuer {rule:Rule}", Rule=PRODUCT_RULES))
def the_issuers_rule(story: Story, rule: str) -> None:
    _change_product(story, **PRODUCT_RULES[rule](story))


def _change_product(story: Story, **changes: Any) -> None:
    product = story.house.hub.directory.product(story.world.product.product_id)
    assert product is not None
    before = {name: getattr(product, name) for name in changes}
    story.run(story.house.change_product(**changes))
    story.undo(lambda: story.run(story.house.change_product(**before)))
