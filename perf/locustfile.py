"""Locust plays the mix (merchant QR, consumer QR, P2P, UCSP's cashier) against a hub that runs: signed, checked, on a schedule
(open model).

    locust -f perf/locustfile.py --headless -H http://127.0.0.1:8080 --rate 20 --seconds 30

needs a hub with its sandbox (`make run`). Locust's response times are measured from the scheduled start; what the hub itself
took, and how late this client was, is printed at the end. Locust's own users are closed loops, so one user plays the whole
schedule, and `--users` stays 1. `make perf` starts everything that this needs, and measures the hub's CPU beside it.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from geventhttpclient.response import HTTPConnectionClosed
from locust import User, events, task
from locust.argument_parser import LocustArgumentParser

import scenarios
from loadgen.figures import Sample, by_step
from loadgen.messages import Cardholder, Merchant, Sandbox
from loadgen.quiver import Quiver
from loadgen.results import Results, table
from loadgen.schedule import Plan
from loadgen.sending import Bounds, Door, Load
from scenarios import MixError
from unionhub.hosts.sandbox.keyring import KeyringError

HERE: Final = Path(__file__).resolve().parent


class CheckFailed(Exception):  # noqa: N818
    """An answer that did not pass its checks, or none at all. The text is what it is counted by."""


@events.init_command_line_parser.add_listener
def options(parser: LocustArgumentParser) -> None:
    """Each also as an environment variable."""
    parser.set_defaults(web_host="127.0.0.1")  # locust's own default is every interface
    group = parser.add_argument_group("payments")

    def add(name: str, kind: type, default: Any, text: str, **more: Any) -> None:
        variable = more.pop("variable", f"PERF_{name.upper().replace('-', '_')}")
        group.add_argument(f"--{name}", type=kind, default=default, env_var=variable, help=text, **more)

    add("rate", float, 20.0, "arrivals a second")
    add("seconds", float, 30.0, "how long arrivals are measured")
    add("warmup", float, 5.0, "seconds before, driven and reported by locust, not counted by us")
    add("pattern", str, "poisson", "poisson (independent customers) or constant", choices=["poisson", "constant"])
    add("seed", int, 1, "the same seed, the same arrivals")
    add("in-flight", int, 256, "customers under way at a time")
    add("patience", float, 1.0, "an arrival not sent within so many seconds is a failure")
    add("answer-timeout", float, 15.0, "seconds to wait for an answer")
    add("home", str, "var", "the hub's data folder, with the partner files", variable="UNIONHUB_HOME")
    add("sandbox-url", str, "", "where /sandbox/* is answered; default: the host")
    add("mix", str, str(HERE / "mix.toml"), "which scenarios, how often")
    add("scenario", str, "", f"only these of the mix, with commas between; {scenarios.GROUPS_TEXT}")
    add("results", str, "", "write every sample to this file (JSON)")


class Customers(User):
    """All customers of the schedule."""

    fixed_count = 1

    @task
    def arrive(self) -> None:
        """The whole run, once; then locust ends, or with its web page waits for the next start."""
        try:
            self._play()
        except (OSError, HTTPConnectionClosed, msgspec.DecodeError, ValueError, MixError, KeyringError) as error:
            print(f"there is nothing to play: {type(error).__name__}: {error}", file=sys.stderr)
            self.environment.process_exit_code = 2
        finally:  # locust would begin the task anew
            runner, chosen = self.environment.runner, self.environment.parsed_options
            if runner is not None:
                runner.quit() if chosen.headless else runner.stop()

    def _play(self) -> None:
        chosen = self.environment.parsed_options
        plan = Plan(
            rate_per_s=chosen.rate,
            seconds=chosen.seconds,
            warmup_s=chosen.warmup,
            pattern=chosen.pattern,
            seed=chosen.seed,
        )
        bounds = Bounds(in_flight=chosen.in_flight, patience_s=chosen.patience, timeout_s=chosen.answer_timeout)
        door = Door(self.host or "", bounds)
        sandbox = open_sandbox(Path(chosen.home), door, Door(chosen.sandbox_url, bounds) if chosen.sandbox_url else door)
        mix = scenarios.load(Path(chosen.mix), sandbox, chosen.scenario)
        load = Load(plan, Quiver(plan, mix.draw), door, bounds, self._tell)
        _settle_memory()
        try:
            load.run()
        finally:
            self._report(Results(plan=plan, times=load.times, samples=load.samples), chosen.results)

    def _tell(self, sample: Sample, length: int) -> None:
        """To locust's statistics; its page and its own reports work as ever."""
        self.environment.events.request.fire(
            request_type="POST",
            name=sample.step,
            response_time=(sample.done_s - sample.due_s) * 1000,
            response_length=length,
            exception=CheckFailed(sample.failure) if sample.failure else None,
            context={},
        )

    @staticmethod
    def _report(results: Results, file: str) -> None:
        if file:
            path = Path(file)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            part.write_bytes(msgspec.json.encode(results))
            os.replace(part, path)
        print(table(by_step(results.measured, results.plan.seconds)))
        print(results.client_text)


def open_sandbox(home: Path, hub: Door, sandbox: Door) -> Sandbox:
    """Who can be played, as the hub and its sandbox tell."""
    jwks = msgspec.json.decode(hub.get("/.well-known/jwks.json").body, type=dict[str, Any])
    cardholders = msgspec.json.decode(sandbox.get("/sandbox/cardholders").body, type=list[Cardholder])
    merchants = msgspec.json.decode(sandbox.get("/sandbox/merchants").body, type=list[Merchant])
    return Sandbox(home, jwks, cardholders, merchants)


def _settle_memory() -> None:
    """What is here now stays: the collector need not walk over it in the middle of a measurement."""
    gc.collect()
    gc.freeze()
