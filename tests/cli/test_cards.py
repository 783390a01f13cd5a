"""`unionhub cards`: finding and blocking, and never a whole number."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.operator import Operator, payment
from unionhub.adapters.memory.clock import SystemClock
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import load_master_key
from unionhub.domain.model.cards import Card, HolderState, IssuerBlock
from unionhub.domain.model.errors import Decline, IllegalMove
from unionhub.domain.model.identifiers import luhn_complete, mask_number
from unionhub.hosts.commands.operators import login
from unionhub.hosts.sandbox.seeds import CARDHOLDERS, HARBOUR, PEAK
from unionhub.hosts.settings import Settings

FIRST, SECOND = CARDHOLDERS[0], CARDHOLDERS[1]


def test_cards_are_listed_by_user_and_gateway(unionhub: Operator) -> None:
    assert len(unionhub.json("cards", "list")) == len(CARDHOLDERS)
    assert {card["gateway"] for card in unionhub.json("cards", "list", "--gateway", PEAK)} == {PEAK}
    (card,) = unionhub.json("cards", "list", "--user", FIRST.user_id)
    assert card["maskedPan"] == FIRST.pan.masked
    assert len(unionhub.json("cards", "list", "--limit", "1")) == 1
    assert unionhub.does("cards", "list", "--user", "nobody").out == "no cards\n"


@pytest.mark.parametrize("command", [["list"], ["show", "1"], ["show", "--token", FIRST.token.reveal()]], ids=str)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_no_number_is_printed_whole(unionhub: Operator, command: list[str], form: list[str]) -> None:
    said = unionhub.does("cards", *command, *form).out
    assert FIRST.pan.masked in said
    for secret in (FIRST.pan, FIRST.token, FIRST.account):
        assert secret.reveal() not in said


def test_a_card_is_found_by_its_token_from_stdin(unionhub: Operator) -> None:
    found = unionhub.json("cards", "show", "--token", "-", typed=f"{SECOND.token.reveal()}\n")
    assert (found["userID"], found["gateway"]) == (SECOND.user_id, PEAK)


@pytest.mark.parametrize(
    ("arguments", "typed", "line"),
    [
        (["99"], "", "no card 99: `unionhub cards list` shows them"),
        ([], "", "name one card: its CARD_ID, or --token"),
        (["1", "--token", "-"], "", "name one card: its CARD_ID, or --token"),
        (["--token", "-"], "", "that is no token: 16 to 19 digits with a right check digit are"),
        (["--token", "-"], "6236091000000011\n", "that is no token: 16 to 19 digits with a right check digit are"),
        (["--token", "-"], f"{luhn_complete('623609999999999')}\n", "no card has this token"),
    ],
)
def test_a_card_that_is_not_there(unionhub: Operator, arguments: list[str], typed: str, line: str) -> None:
    said = unionhub.refuses("cards", "show", *arguments, typed=typed)
    assert said == line
    assert typed.strip() not in said or not typed


def test_a_token_needs_the_right_master_key(unionhub: Operator, tmp_path: Any) -> None:
    other = tmp_path / "other.key"
    other.write_text("00" * 32)
    arguments = ["cards", "show", "--token", FIRST.token.reveal()]
    assert "set up with another master key" in unionhub.refuses(*arguments, UNIONHUB_MASTER_KEY_FILE=str(other))


def test_an_empty_hub_makes_no_keys_to_look_for_a_token(nobody: Operator) -> None:
    nobody.does("migrate")
    assert nobody.refuses("cards", "show", "--token", FIRST.token.reveal()) == "no card has this token"
    assert not (nobody.home / "master.key").exists()


@pytest.fixture
def card(unionhub: Operator) -> Iterator[int]:
    """A card that is as it was again afterwards."""

    async def fresh(uow: Any) -> None:
        stored = await uow.card(2)
        plain = {"holder_state": HolderState.ACTIVE, "issuer_block": IssuerBlock.NONE, "reason": "", "replaced_by": None}
        assert await uow.move_card(stored, msgspec.structs.replace(stored, **plain))

    yield 2
    unionhub.work(fresh)


@pytest.mark.parametrize("block", [block for block in IssuerBlock if block is not IssuerBlock.NONE])
def test_a_card_is_blocked_and_freed_by_command(unionhub: Operator, card: int, block: IssuerBlock) -> None:
    said = unionhub.json("cards", "block", card, "--reason", block, "--note", "his call of 3 March")
    assert (said["issuerBlock"], said["reason"]) == (block, "his call of 3 March")
    shown = unionhub.json("cards", "show", card)
    assert (shown["issuerBlock"], shown["holderState"]) == (block, "ACTIVE")
    assert (shown["audit"][0]["action"], shown["audit"][0]["detail"]) == ("card.move", f"blocked: {block}; his call of 3 March")
    assert block.value in unionhub.does("cards", "list", "--gateway", PEAK).out
    assert unionhub.refuses("cards", "block", card, "--reason", block) == f"card {card} is {block} already"
    freed = ["cards", "unblock", card]
    if block is IssuerBlock.CLOSED:
        assert unionhub.refuses(*freed) == f"card {card} is CLOSED and cannot become NONE: which is final"
    else:
        assert unionhub.json(*freed)["issuerBlock"] == "NONE"
        assert unionhub.refuses(*freed) == f"card {card} is not blocked"


def test_what_was_done_to_a_card_is_told_with_it(unionhub: Operator, card: int) -> None:
    unionhub.does("cards", "block", card, "--reason", "LOST")
    unionhub.does("cards", "holder", card, "SUSPENDED", "--note", "he asked\nfor it")
    said = unionhub.does("cards", "show", card).out
    assert re.search(r"^reason +he asked for it$", said, re.MULTILINE)
    assert [line.split("card.move  ")[1] for line in said.splitlines() if "card.move" in line][:2] == [
        "holder: SUSPENDED; he asked for it",
        "blocked: LOST",
    ]


def test_a_block_that_the_table_does_not_have(unionhub: Operator, card: int) -> None:
    unionhub.does("cards", "block", card, "--reason", "FRAUD")
    said = unionhub.refuses("cards", "block", card, "--reason", "LOST")
    assert said == f"card {card} is FRAUD and cannot become LOST: only CLOSED, NONE, STOLEN"
    assert "--note takes up to 300 characters" in unionhub.refuses("cards", "unblock", card, "--note", "x" * 301)
    assert unionhub.json("cards", "show", card)["issuerBlock"] == "FRAUD"


def test_a_card_that_was_replaced_stays_blocked(unionhub: Operator, card: int) -> None:
    async def replaced(uow: Any) -> None:
        stored = await uow.card(card)
        assert await uow.move_card(stored, msgspec.structs.replace(stored, issuer_block=IssuerBlock.LOST, replaced_by=1))

    unionhub.work(replaced)
    assert unionhub.refuses("cards", "unblock", card) == f"card {card} was replaced by card 1: it stays blocked"
    assert re.search(r"^replaced by +card 1$", unionhub.does("cards", "show", card).out, re.MULTILINE)
    assert unionhub.json("cards", "block", card, "--reason", "STOLEN")["issuerBlock"] == "STOLEN"


def test_the_holders_state_is_moved_until_it_is_deleted(unionhub: Operator) -> None:
    assert unionhub.json("cards", "holder", "3", "SUSPENDED")["holderState"] == "SUSPENDED"
    assert unionhub.refuses("cards", "holder", "3", "SUSPENDED") == "card 3 is SUSPENDED already"
    assert unionhub.json("cards", "holder", "3", "ACTIVE")["holderState"] == "ACTIVE"

    async def delete(uow: Any) -> None:
        stored = await uow.card(3)
        assert await uow.move_card(stored, msgspec.structs.replace(stored, holder_state=HolderState.DELETED))

    unionhub.work(delete)
    assert unionhub.refuses("cards", "holder", "3", "ACTIVE") == "card 3 was deleted by its holder, which is final"
    assert unionhub.json("cards", "block", "3", "--reason", "LOST")["issuerBlock"] == "LOST"  # refunds still find it


class Reissuing:
    """A hub whose issuing flow is this: what the command asks of it, and what becomes of its answer."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.error: Exception | None = None
        self.asked: list[dict[str, Any]] = []
        self.issuing = self
        self.vault: Any = None
        self.store: Any = None

    @asynccontextmanager
    async def open(self, settings: Settings) -> AsyncIterator[Reissuing]:
        assert settings.home == self.home
        self.store = SqlStore(settings.database_url.reveal())
        master = load_master_key(home=settings.home, file=None, production=False)
        self.vault = await load_vault(self.store, master, SystemClock())
        yield self
        await self.store.close()

    async def reissue(self, card_id: int, **asked: Any) -> Card:
        self.asked.append({"card_id": card_id, **asked})
        if self.error is not None:
            raise self.error
        async with self.store.begin() as uow:
            found: Card = await uow.card(card_id)
        return found


@pytest.fixture
def reissuing(unionhub: Operator, monkeypatch: pytest.MonkeyPatch) -> Reissuing:
    made = Reissuing(unionhub.home)
    monkeypatch.setattr("unionhub.hosts.hub.open_hub", made.open)
    return made


@pytest.mark.parametrize(
    ("reason", "block"),
    [("LOST", IssuerBlock.LOST), ("STOLEN", IssuerBlock.STOLEN), ("EXPIRED", None), ("DAMAGED", None)],
)
def test_a_card_is_replaced_and_no_number_is_told(
    unionhub: Operator, reissuing: Reissuing, reason: str, block: IssuerBlock | None
) -> None:
    said = unionhub.does("cards", "reissue", "--token", "-", "--reason", reason, typed=f"{SECOND.token.reveal()}\n").out
    assert reissuing.asked == [{"card_id": 2, "block": block, "reason": reason, "actor": login()}]
    token = SECOND.token.reveal()
    assert said.split() == ["card", "2", SECOND.pan.masked, "token", mask_number(token), "replaces", "card", "2"]
    assert unionhub.json("cards", "reissue", 2, "--reason", reason)["maskedToken"] == mask_number(token)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Decline("08"), "card 2 cannot be replaced: 08 TSP error"),
        (IllegalMove("card 2 is replaced already"), "card 2 is replaced already"),
    ],
    ids=["decline", "move"],
)
def test_a_card_that_cannot_be_replaced(unionhub: Operator, reissuing: Reissuing, error: Exception, line: str) -> None:
    reissuing.error = error
    assert unionhub.refuses("cards", "reissue", 2, "--reason", "LOST") == line


def test_a_card_is_named_once_to_be_replaced(unionhub: Operator, reissuing: Reissuing) -> None:
    assert unionhub.refuses("cards", "reissue", "--reason", "LOST") == "name one card: its CARD_ID, or --token"
    assert unionhub.refuses("cards", "reissue", 99, "--reason", "LOST").startswith("no card 99")
    assert "is not one of" in unionhub.refuses("cards", "reissue", 2, "--reason", "LENT")
    assert reissuing.asked == []


@pytest.mark.parametrize("command", [["block", "99", "--reason", "LOST"], ["unblock", "99"], ["holder", "99", "ACTIVE"]])
def test_a_stranger_is_told(unionhub: Operator, command: list[str]) -> None:
    assert unionhub.refuses("cards", *command).startswith("no card 99")


def test_the_last_payments_are_shown_with_the_card(unionhub: Operator) -> None:
    async def record(uow: Any) -> None:
        for number in range(1, 8):
            assert await uow.open_payment(payment(number, card_id=4, gateway=HARBOUR)) == ""

    unionhub.work(record)
    shown = unionhub.json("cards", "show", "4")["payments"]
    assert [each["paymentId"] for each in shown] == [7, 6, 5, 4, 3]
    assert shown[0]["amount"] == "10.00"
    assert "10.00 HKD" in unionhub.does("cards", "show", "4").out
