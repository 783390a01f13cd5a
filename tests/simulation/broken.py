"""`make broken-rules`: the hub's rules, broken on purpose one at a time, and how many storms it takes until somebody notices.

A simulation that never fails proves nothing. Each rule here is broken in this process alone: functions of the hub get the code
of a version of themselves in which a phrase reads otherwise. A phrase that is not there any more is an error, not a pass.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import logging
import os
import sys
import textwrap
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from types import CodeType, FunctionType
from typing import Any, Final

import msgspec

from simulation.run import simulate

_EVIDENCE_CHARS: Final = 76


class Stale(Exception):  # noqa: N818
    """What a rule's patch says of the hub is true no longer: it has to be written anew."""


class Rewording(msgspec.Struct, frozen=True, kw_only=True):
    """One function of the hub: `where` is its module and its name there, `phrases` are those that read otherwise."""

    where: str
    phrases: tuple[tuple[str, str], ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in its own words, where it stands in RULES, and what breaks it."""

    name: str
    words: str
    section: str
    broken_by: tuple[Rewording, ...]


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """What the storms made of a rule. `seeds`: until one noticed, this one included; 0: none of `most` did."""

    rule: Rule
    most: int
    seeds: int = 0
    invariant: str = ""
    evidence: str = ""


def _reads(where: str, before: str, after: str, *more: tuple[str, str]) -> Rewording:
    return Rewording(where=where, phrases=((before, after), *more))


_NOT_FINAL: Final = "        return None\n    match"
_FINAL: Final = """        if answer.code == "25" and WHERE:
            return Word(weight=Weight.DECLINED, code="71", bank_code="25")
        return None
    match"""
_IN_FLIGHT: Final = """            if known is not None and known.state not in _IN_FLIGHT:
                return known.payment_id"""
_NOTE: Final = "self._put(self._tables.notices, notice.notice_id, notice)"
_MARK: Final = "self._mark(self._tables.queued, notice.notice_id, notice.state is NoticeState.QUEUED)"
_RUN: Final = "            opened = await self._first(flow, envelope, draft, drawn, request)\n"
_CALLED_FIRST: Final = """            async with self._store.begin() as uow:
                asked = await uow.payment_of(draft.sender, draft.msg_id)
                try:
                    trial = None if asked else await flow.open(uow, draft, request)
                except Decline:
                    trial = None
            word = await flow.call(trial) if trial else None
"""
_CLOSED_FIRST: Final = """            if trial and word and isinstance(opened, Intent):
                return await self.close(opened.payment, word)
"""
_TAKEN_BACK: Final = """            unwanted = begun.moved(
                PaymentEvent.REVERSE,
                code=UNWANTED,
                bank_code="00",
                due_at=self._clock.now(),
                reversal_msg_id=self._reversal(order, act.opened_at, prepared),
            )"""
_KEPT: Final = '            unwanted = begun.moved(PaymentEvent.DECLINE, code=UNWANTED, bank_code="00", due_at=None)'

RULES: Final = (
    # --- RULES sections 1 to 3: money, idempotency, the unknown outcome
    Rule(
        name="claim after the call",
        words="(sender, msgID) is claimed by a unique insert in the first transaction",
        section="2",
        broken_by=(
            _reads("domain.flows.runner:MoneyRunner.run", _RUN, _CALLED_FIRST + _RUN + _CLOSED_FIRST),
        ),
    ),
    Rule(
        name="silence read as a decline",
        words="silence is unknown: ask, then reverse",
        section="1",
        broken_by=(
            _reads(
                "domain.flows.bank:ask_for_word",
                "    except NoWord:\n        return SILENT",
                '    except NoWord:\n        return type(SILENT)(weight=type(SILENT.weight).DECLINED, code="91")',
            ),
        ),
    ),
    Rule(
        name="an inquiry's 25 read as final",
        words="25 is not final: the delayed debit can still arrive",
        section="3",
        broken_by=(
            _reads(
                "domain.flows.unknown_outcome:_fate",
                _NOT_FINAL,
                _FINAL.replace("WHERE", "not downstream"),
            ),
        ),
    ),
    Rule(
        name="unknown code read as a decline",
        words="a decline without the bank's known word is followed by a durable REVERSAL",
        section="1",
        broken_by=(
            _reads("domain.model.bank:_unmapped", 'return Weight.REVERSE, "71"', 'return Weight.DECLINED, "71"'),
        ),
    ),
    Rule(
        name="94 read as a decline",
        words="94 is unknown: the first one may be booked",
        section="1",
        broken_by=(
            _reads("domain.model.bank:read_word", "_DEBIT.get(", '({**_DEBIT, "94": (Weight.DECLINED, "94")}).get('),
        ),
    ),
    Rule(
        name="settled without compare-and-set",
        words="every move is a compare-and-set on the state; APPROVED, DECLINED, REVERSED never change",
        section="1",
        broken_by=(
            _reads(
                "adapters.memory.payments:Payments.move_payment",
                "if stored is None or (stored.state, stored.told_pending) != (before.state, before.told_pending):",
                "if stored is None:",
            ),
            _reads(
                "adapters.sql.payments:Payments.move_payment",
                "reservations = await self._move(before, after, notices)",
                "reservations = await self._move(await self.payment(after.payment_id) or before, after, notices)",
            ),
        ),
    ),
    Rule(
        name="a notice before its commit",
        words="a move and the notices that it makes due are one transaction (broken in memory only)",
        section="6",
        broken_by=(
            _reads(
                "adapters.memory.payments:Payments._queue",
                _NOTE,
                "self._tables.notices[notice.notice_id] = notice",
                (_MARK, "self._tables.queued[notice.notice_id] = None"),
            ),
        ),
    ),
    Rule(
        name="no deadline of a dead host's payment",
        words="a PENDING past its deadline is UNKNOWN: its host died",
        section="1",
        broken_by=(
            _reads(
                "domain.flows.runner:MoneyRunner._draft",
                "due_at=now + timedelta(seconds=self._policy.deadline_s)",
                "due_at=None",
            ),
        ),
    ),
    Rule(
        name="reservations freed on approval",
        words="what a payment reserves is given back on DECLINED or REVERSED only",
        section="1",
        broken_by=(
            _reads("adapters.memory.payments:Payments.move_payment", "if after.state in _GIVES_BACK:", "if after.is_final:"),
            _reads("adapters.sql.payments:Payments.move_payment", "after.state in GIVES_BACK", "after.is_final"),
        ),
    ),
    Rule(
        name="msgID tails that repeat",
        words="numbers come from durable sequences: no two msgIDs to a bank are equal",
        section="1",
        broken_by=(
            _reads("domain.flows.numbers:msg_id", "{number % 10**6:06d}", "{number % 2:06d}"),
        ),
    ),
    Rule(
        name="a reversal given up after one try",
        words="a reversal is repeated for ever, until the bank confirms",
        section="3",
        broken_by=(
            _reads(
                "domain.flows.unknown_outcome:UnknownOutcome._reverse",
                'if answer is not None and answer.code in ("00", "22"):',
                'if not payment.does.downstream or (answer is not None and answer.code in ("00", "22")):',
                ('if answer.code == "22":', 'if answer is not None and answer.code == "22":'),
            ),
        ),
    ),
    Rule(
        name="a credit reversed",
        words="CREDIT_TRANSACTION and REFUND roll forward, never a REVERSAL",
        section="1",
        broken_by=(
            _reads(
                "domain.flows.unknown_outcome:UnknownOutcome.step",
                "if payment.does.rolls is Rolls.BACK:",
                "if True:",
            ),
        ),
    ),
    Rule(
        name="a refund without its allowance",
        words="what is left to refund is held under a lock, never above what was paid",
        section="1",
        broken_by=(
            _reads("domain.flows.undo:_holding", "reservations: tuple[Reservation, ...] = (share,)", "reservations = ()"),
        ),
    ),
    Rule(
        name="a consumer's code given back",
        words="consumer codes are one-time, whatever becomes of the payment",
        section="4",
        broken_by=(
            _reads("domain.flows.consumer_qr:CpqrcPayment._opened", "kept=True", "kept=False"),
        ),
    ),
    Rule(
        name="OPEN_ACCOUNT under a new msgID",
        words="OPEN_ACCOUNT rolls forward with the same msgID until known",
        section="1",
        broken_by=(
            _reads(
                "domain.flows.open_new_account:OpenNewAccount.call",
                "msg_id=enrolment.bank_msg_id",
                'msg_id=enrolment.bank_msg_id[:-6] + f"{self._clock.now():%S%f}"[:6]',
            ),
        ),
    ),
    # --- RULES section 5: cards and enrolment
    Rule(
        name="wrong passwords not counted",
        words="one-time passwords: 3 tries",
        section="5",
        broken_by=(
            _reads(
                "domain.flows.use_given_account:VerifyPassword._wrong",
                "tries = enrolment.otp_tries + 1",
                "tries = min(enrolment.otp_tries + 1, 1)",
            ),
        ),
    ),
    Rule(
        name="a password without an end",
        words="one-time passwords end (300 s)",
        section="5",
        broken_by=(
            _reads(
                "domain.flows.use_given_account:VerifyPassword.open",
                "if act.opened_at >= enrolment.otp_expires_at:",
                "if False:",
            ),
        ),
    ),
    Rule(
        name="numbers beyond the issuer's range",
        words="numbers from the issuer's ranges; used up is 08",
        section="5",
        broken_by=(
            _reads(
                "domain.flows.issuing:Issuing._free",
                "if nth > numbers.size:",
                "if nth > numbers.size + 10:",
                ("numbers.number(nth)", 'f"{int(numbers.first) + nth - 1:0{len(numbers.first)}d}"'),
            ),
        ),
    ),
    # --- operators
    Rule(
        name="a suspended party goes on paying",
        words="only LIVE parties pay (62)",
        section="5",
        broken_by=(
            _reads("domain.flows.payers:Payers.live", "not party.is_live", "not party.app_id"),
        ),
    ),
    Rule(
        name="an exchange of keys writes over a suspension",
        words="of two that change a party at once the second reads what the first wrote",
        section="5",
        broken_by=(
            _reads(
                "domain.flows.key_exchange:KeyExchange.exchange",
                "party = await _locked(uow, envelope.sender.app_id)",
                "party = envelope.sender",
            ),
        ),
    ),
    # --- RULES section 6: UCSP
    Rule(
        name="PAY's silence read as a decline",
        words="silence is unknown: ask, then reverse",
        section="1",
        broken_by=(
            _reads(
                "domain.flows.downstream:DownstreamDesk.pay",
                "return SILENT",
                'return Word(weight=Weight.DECLINED, code="98", bank_code="98")',
            ),
        ),
    ),
    Rule(
        name="an inquiry's 25 of a PAY read as final",
        words="25 is not final: the delayed PAY can still arrive",
        section="3",
        broken_by=(
            _reads(
                "domain.flows.unknown_outcome:_fate",
                _NOT_FINAL,
                _FINAL.replace("WHERE", "downstream"),
            ),
        ),
    ),
    Rule(
        name="a PAY's reversal given up after one try",
        words="a reversal is repeated for ever, until the acquirer confirms",
        section="3",
        broken_by=(
            _reads(
                "domain.flows.unknown_outcome:UnknownOutcome._reverse",
                'if answer is not None and answer.code in ("00", "22"):',
                'if payment.does.downstream or (answer is not None and answer.code in ("00", "22")):',
                ('if answer.code == "22":', 'if answer is not None and answer.code == "22":'),
            ),
        ),
    ),
    Rule(
        name="a late approval kept",
        words="the first APPROVED wins; a later one, or one after CLOSED, is refunded by the hub itself",
        section="6",
        broken_by=(
            _reads("domain.flows.payment_result:PaymentResult._by_itself", _TAKEN_BACK, _KEPT),
        ),
    ),
    Rule(
        name="PAID without compare-and-set, by a PAY",
        words="the first APPROVED wins (an answer or an inquiry's)",
        section="6",
        broken_by=(
            _reads(
                "domain.flows.moves:Mover._write",
                "if order is not None and await uow.move_order(*paid(order, after)):",
                "if order is not None and (await uow.move_order(*paid(order, after)) or True):",
            ),
        ),
    ),
    Rule(
        name="PAID without compare-and-set, by a result",
        words="the first APPROVED wins (PAYMENT_RESULT's)",
        section="6",
        broken_by=(
            _reads(
                "domain.flows.payment_result:PaymentResult._approved",
                "if right and await uow.move_order(*paid(order, tried)):",
                "if right and (await uow.move_order(*paid(order, tried)) or True):",
            ),
        ),
    ),
    Rule(
        name="PAID without compare-and-set, in the store",
        words="an order moves by compare-and-set on its state",
        section="6",
        broken_by=(
            _reads(
                "adapters.memory.orders:Orders.move_order",
                "if stored is None or stored.state is not before.state:",
                "if stored is None:",
            ),
            _reads(
                "adapters.sql.orders:Orders.move_order",
                '"before": before.state.value,',
                '"before": (await self.order(after.order_id) or before).state.value,',
            ),
        ),
    ),
    Rule(
        name="an approval of a reversed PAY kept",
        words="what came back pays nothing",
        section="6",
        broken_by=(
            _reads(
                "domain.flows.payment_result:PaymentResult._approved",
                "tried.state in _HEARD",
                "tried.state in (PaymentState.APPROVED, PaymentState.REVERSING)",
            ),
        ),
    ),
    Rule(
        name="PAYMENT_RESULT applied twice",
        words="one settlement key is one transaction",
        section="2",
        broken_by=(
            _reads(
                "domain.flows.payment_result:PaymentResult._approved",
                _IN_FLIGHT,
                "            del known",
            ),
            _reads(
                "domain.flows.payment_result:PaymentResult._by_itself",
                "reservations=(told_once(act.sender, request.settlement_key),),",
                "reservations=(),",
            ),
        ),
    ),
    Rule(
        name="an order closed while it is being paid",
        words="an order closes only with nothing in flight (broken in memory only)",
        section="6",
        broken_by=(
            _reads(
                "adapters.memory.orders:Orders.close_order",
                "or order.state not in _UNPAID or key in self._tables.once_keys:",
                "or order.state not in _UNPAID:",
            ),
            _reads(
                "adapters.memory.orders:Orders.orders_due",
                " and once_key(order.order_id) not in self._tables.once_keys",
                "",
            ),
        ),
    ),
    Rule(
        name="an offer's budget not given back",
        words="an offer's budget is given back when the payment fails",
        section="6",
        broken_by=(
            _reads(
                "adapters.memory.payments:Payments._give_back",
                "elif isinstance(reservation, Allowance):",
                'elif isinstance(reservation, Allowance) and not reservation.key.startswith("offer:"):',
            ),
            _reads(
                "adapters.sql.payments:Payments._give_back",
                "            else:",
                '            elif not found.key.startswith("offer:"):',
            ),
        ),
    ),
    Rule(
        name="an offer's budget overspent",
        words="an offer's budget is reserved with the payment, and never overspent",
        section="6",
        broken_by=(
            _reads("domain.model.marketing:_shares", "limit_minor=offer.budget_minor", "limit_minor=10 * offer.budget_minor"),
        ),
    ),
    Rule(
        name="a form that pays twice",
        words="a form of the cashier is sent once: the same again gets what came of it",
        section="6",
        broken_by=(
            _reads("domain.flows.cashier:Cashier.pay", 'msg_id=f"C{nonce}",', 'msg_id=f"C{nonce}{self._entropy.uuid_hex()}",'),
        ),
    ),
    Rule(
        name="PAY without looking at the grant",
        words="a grant is suspended or revoked at once (40)",
        section="6",
        broken_by=(
            _reads(
                "domain.flows.frontend_payment:CashierPayment._opened",
                "        grant_that_holds(self._directory, channel, industry, draft.opened_at)\n",
                "",
            ),
        ),
    ),
    Rule(
        name="another user's card",
        words="cardId only from a list that was given of this user (14)",
        section="6",
        broken_by=(
            _reads(
                "domain.flows.frontend_payment:CashierPayment._opened",
                '            raise Decline("14")',
                "            from unionhub.domain.model.channel_cards import ListedCard\n"
                '            card = ListedCard(card_id=request.card_id, masked_pan="6***")',
            ),
        ),
    ),
    Rule(
        name="login without looking at the grant",
        words="no grant that holds: 40",
        section="6",
        broken_by=(
            _reads(
                "domain.flows.authorized_login:AuthorizedLogin.open",
                "if grant is None or not grant.holds(self._clock.now()):",
                "if grant is None:",
            ),
        ),
    ),
    Rule(
        name="notices out of line",
        words="in order per receiver and transaction or order (broken in memory only)",
        section="6",
        broken_by=(
            _reads("adapters.memory.notices:Notices.lease_notices", "if lines.isdisjoint(its):", "if True:"),
        ),
    ),
    Rule(
        name="a closed order told to nobody",
        words="CLOSED is told to both sides",
        section="11",
        broken_by=(
            _reads(
                "domain.flows.payment_result:ClosingOrders.close",
                "self._notices.of_closed(order, numbers) if known else ()",
                "()",
            ),
        ),
    ),
)  # fmt: skip


# --- breaking


@contextmanager
def broken(rule: Rule) -> Iterator[None]:
    """This process's hub without that rule. Raises Stale."""
    made = [(function, _reworded(function, each)) for each in rule.broken_by for function in (_function(each.where),)]
    kept = [(function, function.__code__) for function, _ in made]
    try:
        for function, code in made:
            function.__code__ = code
        yield
    finally:
        for function, code in kept:
            function.__code__ = code


def _function(where: str) -> FunctionType:
    module, _, path = where.partition(":")
    found: Any = importlib.import_module(f"unionhub.{module}")
    try:
        for name in path.split("."):
            found = vars(found)[name]
    except KeyError:
        raise Stale(f"there is no {where}") from None
    found = inspect.unwrap(getattr(found, "__func__", found))
    if not isinstance(found, FunctionType):
        raise Stale(f"{where} is no function")
    return found


def _reworded(function: FunctionType, rewording: Rewording) -> CodeType:
    """Its code with other words: a function's code can be changed for everybody who holds the function."""
    source = inspect.getsource(function)
    for before, after in rewording.phrases:
        if source.count(before) != 1:
            raise Stale(f"{rewording.where} has {source.count(before)} times: {before.strip()!r}")
        source = source.replace(before, after)
    code = compile(f"from __future__ import annotations\n{textwrap.dedent(source)}", f"<broken {rewording.where}>", "exec")
    namespace = dict(function.__globals__)
    exec(code, namespace)
    made = namespace[function.__name__]
    made = inspect.unwrap(getattr(made, "__func__", made))
    if made.__code__.co_freevars != function.__code__.co_freevars:
        raise Stale(f"{rewording.where} needs what only its class has")
    return made.__code__


# --- looking who notices


def notices(rule_name: str, seed: int) -> tuple[str, str]:
    """The first invariant that reports what the storm of this seed did to a hub without that rule, and what it says; empty if
    none does. Raises Stale."""
    logging.disable(logging.CRITICAL)
    try:
        with broken(RULE_NAMED[rule_name]):
            return _first_finding(seed)
    finally:
        logging.disable(logging.NOTSET)


def _first_finding(seed: int) -> tuple[str, str]:
    try:
        findings = simulate(seed).findings
    except Exception as error:  # a hub that is broken may break the run itself
        return "the run itself", repr(error)
    return (findings[0].invariant, findings[0].evidence) if findings else ("", "")


RULE_NAMED: Final = {rule.name: rule for rule in RULES}


def _until_noticed(pool: ProcessPoolExecutor, rule: Rule, first: int, most: int, width: int) -> Noticed:
    """Seeds from `first` on in their order, as many at once as there are cores."""
    seeds = iter(range(first, first + most))
    running: deque[Future[tuple[str, str]]] = deque(pool.submit(notices, rule.name, seed) for seed in islice(seeds, width))
    for tried in range(1, most + 1):
        invariant, evidence = running.popleft().result()
        if invariant:
            for later in running:
                later.cancel()
            return Noticed(rule=rule, most=most, seeds=tried, invariant=invariant, evidence=evidence)
        running.extend(pool.submit(notices, rule.name, seed) for seed in islice(seeds, 1))
    return Noticed(rule=rule, most=most)


def _line(*cells: str) -> str:
    """Of the table, as wide as its longest rule."""
    widths = (max(len(rule.name) for rule in RULES), len("RULES"), len("none of 60"), 28, 0)
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cells(row: Noticed) -> tuple[str, ...]:
    seeds = str(row.seeds) if row.seeds else f"none of {row.most}"
    return row.rule.name, row.rule.section, seeds, row.invariant, textwrap.shorten(row.evidence, _EVIDENCE_CHARS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="broken", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--most", type=int, default=60, help="seeds for a rule")
    parser.add_argument("--only", nargs="*", default=(), metavar="WORD", help="rules whose names hold one of these")
    parser.add_argument("--words", action="store_true", help="each rule's words, and nothing else")
    options = parser.parse_args()
    chosen = [rule for rule in RULES if not options.only or any(word in rule.name for word in options.only)]
    if options.words:
        print("\n".join(f"{rule.name} (RULES section {rule.section}): {rule.words}" for rule in chosen))
        return 0
    started_s, rows, cores = time.monotonic(), list[Noticed](), os.cpu_count() or 1
    print(_line("rule that is broken", "RULES", "seeds", "noticed by", "what it says"))
    with ProcessPoolExecutor(cores) as pool:
        for rule in chosen:
            rows.append(_until_noticed(pool, rule, options.first, options.most, cores))
            print(_line(*_cells(rows[-1])), flush=True)
    missed = sum(not row.seeds for row in rows)
    print(f"{len(rows)} rules broken, {missed} of them noticed by nobody, in {time.monotonic() - started_s:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
