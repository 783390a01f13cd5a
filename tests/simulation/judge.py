"""The judgement: the invariants that a live hub is checked with, and what only whoever saw every message can tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from simulation.clients import Asked
from simulation.host import LoopClock
from simulation.inline_sqlite import AnyStore
from simulation.partners import LedgerBooks
from simulation.scripts import Scripts
from simulation.town import SAFER, SCARCE, Town
from unionhub.domain.flows import invariants as rules
from unionhub.domain.flows.payers import TOKEN, of_card
from unionhub.domain.model.enrolment import EnrolmentState
from unionhub.domain.model.identifiers import Token

_LIMIT: Final = timedelta(hours=1)
_INQUIRIES: Final = frozenset({"QRC_INFO_INQUIRY", "GET_CARD_LIST", "GET_CARD_PAYLOAD", "PAYMENT_RESULT_INQUIRY"})
"""Asked anew each time: their answers may differ."""


async def judged(town: Town, store: AnyStore, asked: dict[tuple[str, str], Asked]) -> list[rules.Finding]:
    """All that is wrong after a run."""
    clock, books, records = LoopClock(0.0), LedgerBooks(town.bank), rules.StoredRecords(store)
    findings = await rules.check(
        (
            rules.EveryPaymentEnds(store, clock, _LIMIT),
            rules.EveryWaitIsOwned(store, clock, _LIMIT),
            rules.BookedIsApproved(store, books),
            rules.NoPurchaseTwice(store),
            rules.OrdersArePaidOnce(store),
            rules.NoCodePaysTwice(store),
            rules.NoLimitOverspent(store),
            rules.NoRefundBeyondPaid(store),
            rules.NoCreditReversed(store),
            rules.EveryoneIsTold(store),
            rules.NoticesArrive(store, clock, _LIMIT),
            rules.EveryActEnds(records, clock, _LIMIT),
            rules.EveryOpeningEnds(records, clock, timedelta()),
            rules.OneCardEach(records),
            rules.NoAccountLost(records, books),
        )
    )
    findings += [_finding("bank_audit", line) for line in await town.bank.audit()]
    findings += [_finding("no_crash", line) for line in town.shared.crashes]
    return [*findings, *_heard(store, asked)]


def _heard(store: AnyStore, asked: dict[tuple[str, str], Asked]) -> list[rules.Finding]:
    """Whoever heard 04 gets a final answer, and nobody hears two of them; gateways that heard 04 are notified."""
    tables, found = store.tables, []
    payments, payment_ids, acts, act_ids = tables.payments, tables.payment_ids, tables.acts, tables.act_ids
    told = {(notice.payment_id, notice.receiver) for notice in tables.notices.values()}
    for (sender, msg_id), each in asked.items():
        payment = payments.get(payment_ids.get((sender, msg_id), -1))
        act = acts.get(act_ids.get((sender, msg_id), -1))
        record, code = payment or act, payment.code if payment else act.code if act else ""
        if each.pending and not code:
            found.append(_finding("04_ends", f"{each.message} {msg_id} heard 04, and {record} never ended"))
        if each.message not in _INQUIRIES and len(each.finals | ({code} if code and record else set())) > 1:
            found.append(_finding("one_final_answer", f"{each.message} {msg_id} heard {sorted(each.finals)}, ends {code}"))
        by_gateway = payment is not None and not payment.does.by_acquirer and payment.gateway == sender
        if each.pending and payment is not None and by_gateway and (payment.payment_id, sender) not in told:
            found.append(_finding("04_ends_with_a_notice", f"payment {payment.payment_id}: its sender was never notified"))
    return found


def judged_cards(town: Town, store: AnyStore, scripts: Scripts, asked: dict[tuple[str, str], Asked]) -> list[rules.Finding]:
    """One-time passwords were good for what they are, and numbers stayed in their issuer's range and were all given out."""
    found = findings("passwords", scripts.wrong)
    enrolments, acts = store.tables.enrolments.values(), store.tables.acts
    for each in (each for each in enrolments if each.product_id == SAFER.product_id):
        ended, name = each.otp_tries >= SAFER.otp_tries, f"enrolment {each.enrolment_id}"
        if each.otp_tries > SAFER.otp_tries or (ended and each.state is not EnrolmentState.REFUSED):
            found.append(_finding("passwords", f"{name} is {each.state} after {each.otp_tries} wrong passwords"))
        if each.state is EnrolmentState.ISSUED and not each.otp_digest:
            found.append(_finding("passwords", f"{name} was issued without a password"))
        if ended and (code := acts[each.act_id or 0].code) != "32":
            found.append(_finding("passwords", f"{name} ended by wrong passwords was answered {code}"))
    given = [card for card in store.tables.cards.values() if card.product_id == SCARCE.product_id]
    assert SCARCE.token_range is not None
    for card in given:
        number = Token(town.shared.vault.open(card.token_sealed, of_card(TOKEN, card.card_id))).reveal()[:-1]
        if not SCARCE.token_range.first <= number <= SCARCE.token_range.last:
            found.append(_finding("numbers", f"card {card.card_id} has {number}, which is not its issuer's to give"))
    used_up = any(each.message == "CARD_ENROLLMENT" and "08" in each.finals for each in asked.values())
    if used_up and len(given) != SCARCE.token_range.size:
        found.append(_finding("numbers", f"08 was answered, and {len(given)} of {SCARCE.token_range.size} numbers are in use"))
    return found


def findings(name: str, evidence: Iterable[str]) -> list[rules.Finding]:
    """One for each line."""
    return [_finding(name, line) for line in evidence]


def _finding(name: str, evidence: str) -> rules.Finding:
    return rules.Finding(invariant=name, evidence=evidence)
