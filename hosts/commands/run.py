"""`unionhub run`: see hosts/run.py."""

from __future__ import annotations

import asyncio

import click

from unionhub.hosts.run import Run, say
from unionhub.hosts.service.serve import new_event_loop
from unionhub.hosts.settings import load_settings

from .console import in_color


@click.command()
def run() -> None:
    """Hub, worker and all partners, simulated, on this machine.

    Plays the story once, on the first start of a home, then stays up until Ctrl-C. For development: production is `serve`
    and `worker`.
    """
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(Run(load_settings(), say, color=in_color()).main())
