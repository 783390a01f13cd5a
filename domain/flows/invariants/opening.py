"""An enrolment, its card, its answer and the account at the bank fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import ClassVar, Protocol

from unionhub.domain.model.cards import Card
from unionhub.domain.model.enrolment import Enrolment, EnrolmentState

from .reading import Records


class OneCardEach:
    """An enrolment that was ISSUED has a card of its own, and its sender was answered so; nobody has two usable ones on one
    account."""

    name: ClassVar[str] = "one_card_each"
    message: ClassVar[str] = "an enrolment, its card and its answer do not fit"

    def __init__(self, records: Records) -> None:
        self._records = records

    async def findings(self) -> AsyncIterator[str]:
        cards = {card.card_id: card async for card in self._records.cards()}
        for first, second in _same_owner(cards.values()):
            yield f"cards {first} and {second} are the same person's, on one account"
        answers = {act.act_id: act.code async for act in self._records.acts()}
        issued: set[int] = set()
        async for each in self._records.enrolments():
            answer = answers.get(each.act_id or 0, "00")  # acts are purged with their claims
            if each.card_id is None and each.state is not EnrolmentState.ISSUED and answer != "00":
                continue
            fits = each.state is EnrolmentState.ISSUED and each.card_id in cards and each.card_id not in issued
            if not fits and each.act_id is None and each.card_id is None:
                continue  # verified, and no card was asked for
            if not fits or answer != "00":
                yield f"enrolment {each.enrolment_id} is {each.state} with card {each.card_id}, and was answered {answer}"
            issued.add(each.card_id or 0)


def _same_owner(cards: Iterable[Card]) -> Iterator[tuple[int, int]]:
    owners: dict[tuple[str, str, str, str, bytes], int] = {}
    for card in cards:
        owner = card.gateway, card.user_id, card.device_id, card.product_id, card.account_index
        if not card.is_usable:
            continue
        if owner in owners:
            yield owners[owner], card.card_id
        owners[owner] = card.card_id


class OpenedAccounts(Protocol):
    """The bank's side of OPEN_ACCOUNT: the msgIDs under which it opened an account."""

    async def opened(self, issuer: str) -> Sequence[str]: ...


class NoAccountLost:
    """The bank opened one account for each OPEN_ACCOUNT that ended with a card, or one is still on its way there."""

    name: ClassVar[str] = "no_account_lost"
    message: ClassVar[str] = "the bank opened an account that nobody here knows of, or there is a card without one"

    def __init__(self, records: Records, bank: OpenedAccounts) -> None:
        self._records = records
        self._bank = bank

    async def findings(self) -> AsyncIterator[str]:
        by_issuer: dict[str, list[Enrolment]] = defaultdict(list)
        async for each in self._records.enrolments():
            by_issuer[each.issuer].append(each)
        for issuer, enrolments in by_issuer.items():
            opened = set(await self._bank.opened(issuer))
            mine = {each.bank_msg_id: each for each in enrolments if each.kind == "OPEN_ACCOUNT" and each.bank_msg_id}
            for msg_id in sorted(opened - mine.keys()):
                yield f"the bank opened an account for {msg_id}, which is no message of an enrolment here"
            for msg_id, each in mine.items():
                if (msg_id in opened) != (each.state is EnrolmentState.ISSUED) and each.state is not EnrolmentState.OPENING:
                    had = "opened" if msg_id in opened else "did not open"
                    yield f"enrolment {each.enrolment_id} is {each.state}, and the bank {had} an account for {msg_id}"
