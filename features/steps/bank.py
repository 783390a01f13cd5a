"""The cardholder's bank, when all is not well with it or with the way to it."""

from __future__ import annotations

from typing import Final

from pytest_bdd import given, when
from steps.shops import ALWAYS
from story import DEBIT, Story
from words import Phrase

INQUIRY: Final = "TRX_RESULT_INQUIRY"
REVERSAL: Final = "REVERSAL"

BANK_FAULTS: Final[dict[str, tuple[tuple[str, str, int], ...]]] = {
    "does not answer, and books nothing": ((DEBIT, "no_answer", 1),),
    "decides, but its answer gets lost": ((DEBIT, "book_then_no_answer", 1),),
    "books, but answers with garbage": ((DEBIT, "garbage", 1),),
    "books, but answers with a false signature": ((DEBIT, "bad_signature", 1),),
    "books, but answers another message": ((DEBIT, "answer_of_another", 1),),
    "books, and goes down": (
        (DEBIT, "book_then_no_answer", ALWAYS),
        (INQUIRY, "no_answer", ALWAYS),
        (REVERSAL, "no_answer", ALWAYS),
    ),
}


@given(Phrase("the bank {fault:Fault}", Fault=BANK_FAULTS))
def the_bank_fails(story: Story, fault: str) -> None:
    for message, kind, times in BANK_FAULTS[fault]:
        story.world.faults.add(story.holder.issuer, message, kind, times=times)


@given("the bank answers too late")
def the_bank_answers_too_late(story: Story) -> None:
    story.hold_the_banks_answer()


@given(Phrase("the bank books nothing and says {code:Code}"))
def the_bank_says(story: Story, code: str) -> None:
    story.world.faults.add(story.holder.issuer, DEBIT, f"code:{code}")


@given(Phrase("the bank books the payment and says {code:Code}"))
def the_bank_books_and_says(story: Story, code: str) -> None:
    story.the_bank_says(code)


@given("the bank cannot be reached")
def the_bank_cannot_be_reached(story: Story) -> None:
    story.cut_off(story.holder.issuer)


@given("the network keeps the debit back")
def the_network_keeps_the_debit_back(story: Story) -> None:
    story.house.network.keep_back(story.holder.issuer, DEBIT)


@when("the bank's answer comes")
def the_banks_answer_comes(story: Story) -> None:
    story.let_the_bank_answer()


@when("the debit arrives")
def the_debit_arrives(story: Story) -> None:
    story.deliver_what_was_kept_back()


@when("the bank is up again")
def the_bank_is_up_again(story: Story) -> None:
    story.world.faults.clear()
