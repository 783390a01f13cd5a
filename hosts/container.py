"""The composition root: which adapter stands behind each port, and what each flow is made of (dependency-injector).

The container composes at start; handlers get flows that are built. What must be awaited or chosen by the host (the store,
the vault, the hub's keys, the transport, the clock) comes in as a Dependency; `hosts.hub` opens those.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from dependency_injector import containers, providers

from unionhub.adapters.http.lanes import LanePolicy
from unionhub.adapters.http.partners import HttpPartners
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.jose.keys import fitted
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.domain.flows.abandoned import AbandonedActs
from unionhub.domain.flows.acquirer_payment import AcquirerDesk
from unionhub.domain.flows.acts import ActRunner
from unionhub.domain.flows.additional_processing import AdditionalProcessingResult
from unionhub.domain.flows.authorized_login import AuthorizedLogin, IndustryList
from unionhub.domain.flows.bank_desk import BankDesk
from unionhub.domain.flows.bank_questions import BankQuestions
from unionhub.domain.flows.bill_payment import BillPayment
from unionhub.domain.flows.card_info import CardInfo, ChannelCards
from unionhub.domain.flows.card_life import CardInquiries, ManageCardStatus, UpdateAccount
from unionhub.domain.flows.cash_out import GetCashOutToken, Withdraw
from unionhub.domain.flows.cashier import Cashier
from unionhub.domain.flows.cashier_keys import CashierKeys
from unionhub.domain.flows.consumer_qr import CpqrcPayment, QrcGeneration
from unionhub.domain.flows.credit_transaction import CreditTransaction
from unionhub.domain.flows.downstream import DownstreamDesk
from unionhub.domain.flows.frontend_payment import CashierPayment, SubmitOrder
from unionhub.domain.flows.inquiries import RateTable, TransactionInquiry
from unionhub.domain.flows.invariants import ActsEndInTime, EveryPaymentEnds, Invariant, NoticesArrive
from unionhub.domain.flows.issuing import Issuing
from unionhub.domain.flows.key_exchange import KeyExchange
from unionhub.domain.flows.merchant_qr_emv import MerchantQrEmv
from unionhub.domain.flows.merchant_qr_url import MerchantQrUrl, QrInfo
from unionhub.domain.flows.moves import Mover
from unionhub.domain.flows.notify import Courier, NoticeBook
from unionhub.domain.flows.numbers import Numbers
from unionhub.domain.flows.open_new_account import KycVerification, OpeningAccounts, OpenNewAccount
from unionhub.domain.flows.order_results import OrderInquiry, OrderResults
from unionhub.domain.flows.p2p_transfer import P2pTransfer
from unionhub.domain.flows.payers import Payers
from unionhub.domain.flows.payment_result import ClosingOrders, PaymentResult
from unionhub.domain.flows.runner import MoneyFlow, MoneyRunner
from unionhub.domain.flows.service_questions import ServiceQuestions
from unionhub.domain.flows.terms import Terms
from unionhub.domain.flows.token_payment import TokenPayment
from unionhub.domain.flows.undo import AcquirerReversal, Cancellation, Refund, Undoing
from unionhub.domain.flows.unknown_outcome import UnknownOutcome
from unionhub.domain.flows.use_given_account import OneTimePassword, RequestPassword, UseGivenAccount, VerifyPassword
from unionhub.domain.flows.waiting import WaitingPayments
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.hosts.service.endpoint import Handler, MessageEndpoint, Result
from unionhub.hosts.settings import Settings
from unionhub.hosts.worker.worker import Worker, WorkerPolicy
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store

_HOUR = timedelta(hours=1)
"""Beyond its own schedule, before something that waits counts as forgotten."""


def outcome_policy(settings: Settings) -> OutcomePolicy:
    return OutcomePolicy(
        bank_timeout_s=settings.bank_timeout_s,
        verification_timeout_s=settings.acquirer_timeout_s,
        notice_timeout_s=settings.partner_timeout_s,
        gateway_timeout_s=settings.gateway_timeout_s,
        platform_timeout_s=settings.platform_timeout_s,
        service_timeout_s=settings.partner_timeout_s,
        cardholder_timeout_s=settings.cardholder_timeout_s,
        order_life_s=settings.order_life_s,
        order_refund_tries=settings.order_refund_tries,
        order_wait_s=settings.order_wait_s,
        code_life_s=settings.code_life_s,
        cash_out_life_s=settings.cash_out_life_s,
        refund_days=settings.refund_days,
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


def watched(store: Store, clock: Clock, settings: Settings) -> tuple[Invariant, ...]:
    """Invariants that cost a look into an index: workers check them all the time."""
    schedule = sum(notice_intervals(settings), timedelta())
    return (
        EveryPaymentEnds(store, clock, _HOUR),
        ActsEndInTime(store, clock, _HOUR),
        NoticesArrive(store, clock, schedule + _HOUR),
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


def act(runner: ActRunner, flow: Any) -> Handler:
    """A message that moves no money but leaves something behind."""

    async def handle(envelope: Envelope, request: Any) -> Result:
        answered = await runner.run(flow, envelope, request)
        return Result(code=answered.code, value=answered.value)

    return handle


def bind(
    runner: MoneyRunner,
    acts: ActRunner,
    money_flows: Sequence[MoneyFlow[Any]],
    act_flows: Sequence[Any],
    inquiries: Mapping[str, Callable[[Envelope, Any], Awaitable[Any]]],
) -> Mapping[str, Handler]:
    """Message name -> flow: where the wire's table and the core meet."""
    return {
        **{flow.message: money(runner, flow) for flow in money_flows},
        **{flow.message: act(acts, flow) for flow in act_flows},
        **{name: inquiry(ask) for name, ask in inquiries.items()},
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
    entropy: providers.Dependency[Any] = providers.Dependency()
    cryptograms: providers.Dependency[Any] = providers.Dependency()
    offers: providers.Dependency[Any] = providers.Dependency()
    rates: providers.Dependency[Any] = providers.Dependency()
    owner: providers.Dependency[Any] = providers.Dependency()

    policy = providers.Singleton(outcome_policy, settings)
    qr_hosts: providers.Callable[Any] = providers.Callable(frozenset, settings.provided.qr_hosts)
    directory = providers.Singleton(SnapshotDirectory, store, telemetry)
    jose = providers.Singleton(HubJose, own_keys, real_now_s, settings.provided.freshness_window_s)
    partners = providers.Singleton(
        HttpPartners, transport, jose, directory, telemetry, providers.Singleton(lane_policy, settings)
    )

    # --- what flows share
    numbers = providers.Singleton(Numbers, sequences)
    payers = providers.Singleton(Payers, directory, vault)
    terms = providers.Singleton(Terms, directory, offers, rates)
    desk = providers.Singleton(BankDesk, directory, partners, vault, clock, policy)
    questions = providers.Singleton(BankQuestions, directory, partners, numbers, clock, policy)
    service_questions = providers.Singleton(ServiceQuestions, partners, policy)
    downstream = providers.Singleton(DownstreamDesk, directory, partners, service_questions, clock, policy)
    cashier_keys = providers.Singleton(CashierKeys, vault, settings.provided.public_base)
    issuing = providers.Singleton(Issuing, store, directory, vault, sequences, clock, telemetry)
    notice_book = providers.Singleton(NoticeBook, store, directory, numbers, clock)
    mover = providers.Singleton(Mover, store, notice_book, numbers, directory, clock, telemetry)
    undoing = providers.Singleton(Undoing, desk, mover)
    acquirer_desk = providers.Singleton(AcquirerDesk, directory, payers, terms, desk, partners, clock, policy)
    otp = providers.Singleton(OneTimePassword, directory, vault, clock)
    runner = providers.Singleton(MoneyRunner, store, clock, numbers, notice_book, mover, policy, telemetry)
    acts = providers.Singleton(ActRunner, store, clock, numbers, policy, telemetry)

    # --- one for each message
    money_flows = providers.List(
        providers.Singleton(MerchantQrEmv, payers, terms, desk, directory, partners, numbers, clock, policy),
        providers.Singleton(MerchantQrUrl, payers, terms, desk, qr_hosts),
        providers.Singleton(CpqrcPayment, acquirer_desk, vault, cryptograms),
        providers.Singleton(TokenPayment, acquirer_desk),
        providers.Singleton(Withdraw, acquirer_desk, vault),
        providers.Singleton(BillPayment, payers, terms, desk),
        providers.Singleton(CreditTransaction, payers, terms, desk),
        providers.Singleton(P2pTransfer, payers, terms, desk, vault),
        providers.Singleton(Refund, directory, terms, undoing, policy),
        providers.Singleton(Cancellation, directory, terms, undoing, policy),
        providers.Singleton(AcquirerReversal, directory, terms, undoing, policy),
    )
    channel_cards = providers.Singleton(ChannelCards, store, service_questions, numbers, clock, policy)
    cashier_payment = providers.Singleton(CashierPayment, directory, channel_cards, downstream, clock, policy)
    cashier = providers.Singleton(
        Cashier, store, directory, channel_cards, runner, cashier_payment, cashier_keys, vault, entropy, clock
    )
    open_new_account = providers.Singleton(OpenNewAccount, payers, directory, questions, issuing, numbers, clock, policy)
    act_flows = providers.List(
        providers.Singleton(KycVerification, payers, directory, questions, numbers, clock),
        open_new_account,
        providers.Singleton(UseGivenAccount, payers, directory, questions, desk, issuing, vault, numbers, clock),
        providers.Singleton(RequestPassword, otp, questions, entropy, clock),
        providers.Singleton(VerifyPassword, otp, issuing),
        providers.Singleton(ManageCardStatus, payers),
        providers.Singleton(UpdateAccount, payers),
        providers.Singleton(QrcGeneration, payers, vault, cryptograms, entropy, sequences, policy),
        providers.Singleton(AdditionalProcessingResult, vault, notice_book, clock),
        providers.Singleton(GetCashOutToken, payers, desk, questions, vault, sequences, clock, policy),
        providers.Singleton(AuthorizedLogin, directory, service_questions, vault, entropy, numbers, clock),
        providers.Singleton(SubmitOrder, directory, downstream, cashier_keys, numbers, clock, policy),
        providers.Singleton(PaymentResult, directory, notice_book, numbers, clock),
    )
    card_inquiries = providers.Singleton(CardInquiries, store, payers, directory, desk, questions, clock)
    qr_info = providers.Singleton(QrInfo, store, directory, partners, numbers, clock, policy, qr_hosts)
    rate_table = providers.Singleton(RateTable, store, terms)
    transaction_inquiry = providers.Singleton(TransactionInquiry, store, vault)
    industry_list = providers.Singleton(IndustryList, store, directory, clock)
    card_info = providers.Singleton(CardInfo, store, directory, channel_cards, clock)
    order_inquiry = providers.Singleton(OrderInquiry, store)
    key_exchange = providers.Singleton(
        KeyExchange, store, directory, clock, providers.Object(fitted), own_keys.provided.sealing_kid
    )
    inquiries = providers.Dict(
        {
            "TRX_RESULT_INQUIRY": transaction_inquiry.provided.ask,
            "QRC_INFO_INQUIRY": qr_info.provided.ask,
            "EXCHANGE_RATE_INQUIRY": rate_table.provided.ask,
            "CARD_STATUS_INQUIRY": card_inquiries.provided.status,
            "CARD_BALANCE_INQUIRY": card_inquiries.provided.balance,
            "CARDFACE_DOWNLOADING": card_inquiries.provided.face,
            "CVM_INQUIRY": card_inquiries.provided.identity_fields,
            "GET_INDUSTRY_LIST": industry_list.provided.ask,
            "PAYMENT_RESULT_INQUIRY": order_inquiry.provided.ask,
            "GET_CARD_LIST": card_info.provided.list,
            "GET_CARD_PAYLOAD": card_info.provided.payload,
            "KEY_EXCHANGE": key_exchange.provided.exchange,
        }
    )
    handlers = providers.Singleton(bind, runner, acts, money_flows, act_flows, inquiries)
    endpoint = providers.Singleton(
        MessageEndpoint, handlers, jose, directory, store, vault, telemetry, own_keys.provided.refresh_soon
    )

    # --- what workers do
    unknown_outcome = providers.Singleton(
        UnknownOutcome, store, directory, partners, desk, downstream, undoing, mover, numbers, clock, policy, telemetry
    )
    waiting = providers.Singleton(WaitingPayments, store, payers, desk, undoing, mover, clock, policy)
    opening = providers.Singleton(OpeningAccounts, store, acts, open_new_account, questions, issuing, clock)
    courier = providers.Singleton(
        Courier,
        store,
        directory,
        partners,
        vault,
        clock,
        policy,
        telemetry,
        numbers,
        providers.Singleton(OrderResults, store, directory),
        providers.Singleton(notice_intervals, settings),
    )
    worker = providers.Singleton(
        Worker,
        owner,
        store,
        unknown_outcome,
        waiting,
        opening,
        providers.Singleton(AbandonedActs, store, clock),
        providers.Singleton(ClosingOrders, store, notice_book),
        courier,
        providers.Singleton(watched, store, clock, settings),
        clock,
        telemetry,
        providers.Singleton(worker_policy, settings),
    )
