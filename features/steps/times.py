"""Business time. It stands still but for these steps; SCIS's worker looks around at each tick."""

from __future__ import annotations

from typing import Final

from pytest_bdd import when
from story import Story
from words import Phrase

_DAY_S: Final = 86_400.0


@when("a second passes")
@when(Phrase("{seconds:Number} seconds pass"))
def seconds_pass(story: Story, seconds: int = 1) -> None:
    story.pass_time(1.0, steps=seconds)


@when(Phrase("{seconds:Number} seconds pass {times:Number} times"))
def seconds_pass_again(story: Story, seconds: int, times: int) -> None:
    """For waiting that is long, but not as long as a minute's sleep of the worker."""
    story.pass_time(seconds, steps=times)


@when("a minute passes")
@when(Phrase("{minutes:Number} minutes pass"))
def minutes_pass(story: Story, minutes: int = 1) -> None:
    story.pass_time(60.0, steps=minutes)


@when("the next day comes")
def the_next_day(story: Story) -> None:
    story.pass_time(_DAY_S)
