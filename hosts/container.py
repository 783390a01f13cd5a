"""The composition root: which adapter stands behind each port, and what each flow is made of (dependency-injector).

The container composes at start; handlers get flows that are built. What must be awaited or chosen by the host (the store,
the vault, the hub's keys, the transport, the clock) comes in as a Dependency; `hosts.hub` opens those.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from dependency_injector import containers, providers

from unionhub.adapters.http.lanes import LanePolicy
from unionhub.adapters.http.partners import HttpPartners
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.domain.flows.inquiries import TransactionInquiry
from unionhub.domain.flows.merchant_qr_emv import MerchantQrEmv
from unionhub.domain.flows.moves import Mover
from unionhub.domain.flows.notify import Courier, NoticeBook
from unionhub.domain.flows.numbers import Numbers
from unionhub.domain.flows.payers import Payers
from unionhub.domain.flows.runner import MoneyFlow, MoneyRunner
from unionhub.domain.flows.unknown_outcome import UnknownOutcome
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.hosts.service.endpoint import Handler, MessageEndpoint, Result
from unionhub.hosts.settings import Settings
from unionhub.hosts.worker.worker import Worker, WorkerPolicy


def outcome_policy(settings: Settings) -> OutcomePolicy:
    return OutcomePolicy(
        bank_timeout_s=settings.bank_timeout_s,
        verification_timeout_s=settings.acquirer_timeout_s,
        notice_timeout_s=settings.partner_timeout_s,
        ask_after_s=settings.inquire_after_s,
        reverse_after_s=settings.reverse_after_s,
        reversal_backoff_s=settings.reversal_first_wait_s,
        reversal_backoff_cap_s=settings.reversal_wait_max_s,
    )


def lane_policy(settings: Settings) -> LanePolicy:
    return LanePolicy(
        in_flight=settings.partner_in_flight_max,
        breaker_failures=settings.breaker_failures,
        breaker_open_s=settings.breaker_open_s,
    )


def worker_policy(settings: Settings) -> WorkerPolicy:
    return WorkerPolicy(
        poll_s=settings.worker_poll_s,
        lease_s=settings.lease_s,
        batch=settings.worker_batch,
        claims_kept_s=settings.claims_kept_days * 86_400,
        uuids_kept_s=settings.uuids_kept_min * 60,
        backlog_after_s=settings.unfinished_alarm_after_s,
        housekeeping_s=settings.purge_every_s,
    )


def notice_intervals(settings: Settings) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=minutes) for minutes in settings.notice_intervals_min)


def money(runner: MoneyRunner, flow: MoneyFlow[Any]) -> Handler:
    """A money flow as the endpoint calls it."""

    async def handle(envelope: Envelope, request: Any) -> Result:
        payment = await runner.run(flow, envelope, request)
        return Result(code=payment.answer_code, value=payment)

    return handle


def inquiry(ask: Callable[[Envelope, Any], Awaitable[Any]]) -> Handler:
    """A read: it succeeded (`00`), or it declined."""

    async def handle(envelope: Envelope, request: Any) -> Result:
        return Result(code="00", value=await ask(envelope, request))

    return handle


def bind(runner: MoneyRunner, merchant_qr_emv: MerchantQrEmv, transaction_inquiry: TransactionInquiry) -> Mapping[str, Handler]:
    """Message name -> flow: where the wire's table and the core meet."""
    return {
        "MPQRC_PAYMENT_EMV": money(runner, merchant_qr_emv),
        "TRX_RESULT_INQUIRY": inquiry(transaction_inquiry.ask),
    }


class Container(containers.DeclarativeContainer):
    """Every object of the hub, once."""

    settings = providers.Dependency(instance_of=Settings)
    store: providers.Dependency[Any] = providers.Dependency()
    sequences: providers.Dependency[Any] = providers.Dependency()
    vault: providers.Dependency[Any] = providers.Dependency()
    own_keys: providers.Dependency[Any] = providers.Dependency()
    transport: providers.Dependency[Any] = providers.Dependency()
    clock: providers.Dependency[Any] = providers.Dependency()
    real_now_s: providers.Dependency[Any] = providers.Dependency()
    telemetry: providers.Dependency[Any] = providers.Dependency()
    offers: providers.Dependency[Any] = providers.Dependency()
    rates: providers.Dependency[Any] = providers.Dependency()
    owner: providers.Dependency[Any] = providers.Dependency()

    policy = providers.Singleton(outcome_policy, settings)
    directory = providers.Singleton(SnapshotDirectory, store, telemetry)
    jose = providers.Singleton(HubJose, own_keys, real_now_s, settings.provided.freshness_window_s)
    partners = providers.Singleton(HttpPartners, transport, jose, telemetry, providers.Singleton(lane_policy, settings))

    numbers = providers.Singleton(Numbers, sequences)
    payers = providers.Singleton(Payers, directory, vault)
    notice_book = providers.Singleton(NoticeBook, directory, numbers, clock)
    mover = providers.Singleton(Mover, store, notice_book, numbers, directory, clock, telemetry)
    runner = providers.Singleton(MoneyRunner, store, clock, numbers, mover, policy, telemetry)
    merchant_qr_emv = providers.Singleton(
        MerchantQrEmv, payers, directory, partners, vault, offers, rates, numbers, clock, policy
    )
    transaction_inquiry = providers.Singleton(TransactionInquiry, store, vault)
    handlers = providers.Singleton(bind, runner, merchant_qr_emv, transaction_inquiry)
    endpoint = providers.Singleton(MessageEndpoint, handlers, jose, directory, store, vault, telemetry)

    unknown_outcome = providers.Singleton(UnknownOutcome, store, directory, partners, mover, numbers, clock, policy, telemetry)
    courier = providers.Singleton(
        Courier, store, directory, partners, vault, clock, policy, telemetry, providers.Singleton(notice_intervals, settings)
    )
    worker = providers.Singleton(
        Worker, owner, store, unknown_outcome, courier, clock, telemetry, providers.Singleton(worker_policy, settings)
    )
