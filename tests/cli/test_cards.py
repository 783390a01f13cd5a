"""`unionhub cards`: finding and blocking, and never a whole number."""

from __future__ import annotations

from typing import Any

import pytest

from support.operator import Operator, payment
from unionhub.domain.model.cards import HolderState, IssuerBlock
from unionhub.domain.model.identifiers import luhn_complete
from unionhub.hosts.sandbox.seeds import CARDHOLDERS, HARBOUR, PEAK

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
        (["99"], "", "no card 99"),
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


@pytest.mark.parametrize("block", list(IssuerBlock))
def test_a_card_is_blocked_and_freed_by_command(unionhub: Operator, block: IssuerBlock) -> None:
    assert unionhub.json("cards", "block", "2", "--reason", block)["issuerBlock"] == block
    assert unionhub.json("cards", "show", "2")["issuerBlock"] == block
    assert unionhub.json("cards", "show", "2")["holderState"] == "ACTIVE"
    assert (block.value in unionhub.does("cards", "list", "--gateway", PEAK).out) == (block is not IssuerBlock.NONE)
    unionhub.does("cards", "block", "2", "--reason", "NONE")


def test_the_holders_state_is_moved_until_it_is_deleted(unionhub: Operator) -> None:
    assert unionhub.json("cards", "holder", "3", "SUSPENDED")["holderState"] == "SUSPENDED"
    assert unionhub.json("cards", "holder", "3", "ACTIVE")["holderState"] == "ACTIVE"

    async def delete(uow: Any) -> None:
        await uow.set_card_state(3, holder=HolderState.DELETED)

    unionhub.work(delete)
    assert unionhub.refuses("cards", "holder", "3", "ACTIVE") == "card 3 was deleted by its holder, which is final"
    assert unionhub.json("cards", "block", "3", "--reason", "LOST")["issuerBlock"] == "LOST"  # refunds still find it


@pytest.mark.parametrize("command", [["block", "99", "--reason", "LOST"], ["holder", "99", "ACTIVE"]])
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
