"""`unionhub sandbox`: every partner, simulated, stand-alone or as the companion of `unionhub run`."""

from __future__ import annotations

import signal

import click


@click.command()
@click.option("--hub", "hub_url", required=True, metavar="URL", help="Base URL of the hub that partners call.")
@click.option("--timeout", "hub_timeout_s", type=float, metavar="S", help="How long the hub waits for a bank: late answers.")
@click.option("--control-port", type=click.IntRange(0, 65535), default=0, help="Where /sandbox/* is; 0 takes any free port.")
@click.option("--register", is_flag=True, help="Make the partners known in the hub's store (UNIONHUB_DATABASE_URL).")
@click.option("--companion", is_flag=True, hidden=True, help="As a child of `unionhub run`.")
def sandbox(hub_url: str, hub_timeout_s: float | None, control_port: int, *, register: bool, companion: bool) -> None:
    """Every partner, simulated, for a hub that runs elsewhere.

    Prints one line of JSON when all of them listen: `control` is the base URL of /sandbox/* (give it to `unionhub serve
    --sandbox`), `partners` says where each of them is. Needs a home of its own or the hub's, and never runs in production.
    SIGTERM or SIGINT ends it after it has answered what it holds.
    """
    if companion:
        # Ctrl-C reaches the whole process group. Payments that the hub is finishing still need their bank: the hub ends us,
        # by closing our input.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    from . import sandbox_host  # takes its time: the signals come first

    sandbox_host.host(hub_url, hub_timeout_s=hub_timeout_s, control_port=control_port, register=register, companion=companion)
