"""`unionhub cards block`, `unblock`, `holder`, `reissue`: what operators do to cards, by the core's state tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import click
import msgspec

from unionhub.domain.flows.payers import TOKEN, of_card
from unionhub.domain.model.cards import BLOCK_MOVES, Card, HolderAction, HolderState, IssuerBlock
from unionhub.domain.model.errors import Decline, IllegalMove
from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.hosts.settings import Settings, load_settings

from .card_views import describe, find, subject_of, tell
from .console import echo_facts, echo_json, json_option
from .failures import CommandError
from .opening import Desk, at_desk, reaching
from .operators import login
from .trail import record, words

_NOTE: Final = click.option("--note", default="", metavar="TEXT", help="Why, in your words; kept with the card.")
_CARD: Final = click.argument("card_id", type=int, metavar="CARD_ID")

REPLACED: Final[dict[str, IssuerBlock | None]] = {
    "LOST": IssuerBlock.LOST,
    "STOLEN": IssuerBlock.STOLEN,
    "EXPIRED": None,
    "DAMAGED": None,
}
"""Why a card is replaced -> how the old one is blocked; None leaves that to the issuing flow."""

_ACTIONS: Final = {HolderState.ACTIVE: HolderAction.RESUME, HolderState.SUSPENDED: HolderAction.SUSPEND}


@click.command()
@_CARD
@click.option(
    "--reason",
    required=True,
    type=click.Choice([block.value for block in IssuerBlock]),
    help="LOST 41, STOLEN 43, FRAUD 34, RESTRICTED 62, CLOSED 21 (for ever): the code that payments get. NONE lifts it.",
)
@_NOTE
@json_option
def block(card_id: int, reason: str, note: str, *, as_json: bool) -> None:
    """Block a card on the issuer's side. It counts from the next payment on, on every host at once."""
    _move(card_id, lambda card: _blocked(card, IssuerBlock(reason)), f"blocked: {reason}", note, as_json=as_json)


@click.command()
@_CARD
@_NOTE
@json_option
def unblock(card_id: int, note: str, *, as_json: bool) -> None:
    """Lift the issuer's block, unless the card is CLOSED."""
    _move(card_id, lambda card: _blocked(card, IssuerBlock.NONE), "unblocked", note, as_json=as_json)


@click.command()
@_CARD
@click.argument("state", type=click.Choice(["ACTIVE", "SUSPENDED"]))
@_NOTE
@json_option
def holder(card_id: int, state: str, note: str, *, as_json: bool) -> None:
    """Suspend a card on the holder's side, or activate it again, as his app could. A deleted card stays deleted."""
    _move(card_id, lambda card: _held(card, HolderState(state)), f"holder: {state}", note, as_json=as_json)


@click.command()
@click.argument("card_id", type=int, required=False, metavar="[CARD_ID]")
@click.option("--token", metavar="TOKEN", help="By its token instead; - reads it from stdin, where no process list shows it.")
@click.option("--reason", required=True, type=click.Choice(list(REPLACED)), help="LOST and STOLEN block the old card.")
@json_option
def reissue(card_id: int | None, token: str | None, reason: str, *, as_json: bool) -> None:
    """Replace a card by one with new numbers, which the app takes when it enrols again."""
    old = at_desk(lambda desk: find(desk, card_id, token))
    new, masked_token = asyncio.run(_reissue(load_settings(), old.card_id, reason))
    if as_json:
        echo_json({"cardId": new.card_id, "replaces": old.card_id, "maskedPan": new.masked_pan, "maskedToken": masked_token})
        return
    echo_facts([(f"card {new.card_id}", new.masked_pan), ("token", masked_token), ("replaces", f"card {old.card_id}")])


async def _reissue(settings: Settings, card_id: int, reason: str) -> tuple[Card, str]:
    """The new card and its masked token. Raises CommandError."""
    from unionhub.hosts.hub import open_hub  # only this needs a whole hub: its vault, its sequences

    # What the hub logs about itself is no part of a command's output.
    quiet = msgspec.structs.replace(settings, log_level="error")
    try:
        with reaching(settings):
            async with open_hub(quiet) as hub:
                card = await hub.issuing.reissue(card_id, block=REPLACED[reason], reason=reason, actor=login())
                return card, mask_number(hub.vault.open(card.token_sealed, of_card(TOKEN, card.card_id)))
    except Decline as decline:
        raise CommandError(
            f"card {card_id} cannot be replaced: {decline.code} {RESPONSE_TEXTS.get(decline.code, '')}"
        ) from None
    except IllegalMove as error:
        raise CommandError(str(error)) from None


def _blocked(card: Card, to: IssuerBlock) -> Card:
    if card.issuer_block is to:
        raise CommandError(f"card {card.card_id} is {'not blocked' if to is IssuerBlock.NONE else f'{to} already'}")
    if to not in (possible := BLOCK_MOVES[card.issuer_block]):
        only = f"only {', '.join(sorted(possible))}" if possible else "which is final"
        raise CommandError(f"card {card.card_id} is {card.issuer_block} and cannot become {to}: {only}")
    if to is IssuerBlock.NONE and card.replaced_by is not None:
        # Whoever found the lost card could pay with it again, beside the new one.
        raise CommandError(f"card {card.card_id} was replaced by card {card.replaced_by}: it stays blocked")
    return msgspec.structs.replace(card, issuer_block=to)


def _held(card: Card, to: HolderState) -> Card:
    if card.holder_state is HolderState.DELETED:
        raise CommandError(f"card {card.card_id} was deleted by its holder, which is final")
    if card.holder_state is to:
        raise CommandError(f"card {card.card_id} is {to} already")
    return msgspec.structs.replace(card, holder_state=card.after(_ACTIONS[to]))


def _move(card_id: int, after: Callable[[Card], Card], what: str, note: str, *, as_json: bool) -> None:
    """One move, as a compare-and-set with its line in the audit trail, and the card as it is then."""
    said = words("note", note)

    async def write(desk: Desk) -> Card:
        before = await find(desk, card_id, None)
        moved = msgspec.structs.replace(after(before), reason=said or what)
        async with desk.store.begin() as uow:
            if not await uow.move_card(before, moved):
                raise CommandError(f"card {card_id} was moved by somebody else meanwhile: look at it again")
            await record(desk, uow, "card.move", subject_of(card_id), what, said)
            await uow.commit()
        return moved

    card = at_desk(write)
    if as_json:
        echo_json(describe(card))
    else:
        tell(card)


MOVES: Final = (block, unblock, holder, reissue)
