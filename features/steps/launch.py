"""How far an institution has come on its way to business, and who decides it."""

from __future__ import annotations

from typing import Any, Final

from pytest_bdd import given, then, when
from story import Story
from words import Phrase

from unionhub.domain.flows.launch import Launch
from unionhub.domain.model.errors import DomainError
from unionhub.domain.model.parties import Party, PartyEvent, PartyState, Role

OPERATOR: Final = "the operator of this scenario"
APPLICANT: Final = "98990156"

STAGES: Final[dict[str, dict[str, Any]]] = {
    "has applied": {"state": PartyState.APPLIED},
    "is being tested": {"state": PartyState.TESTING},
    "has left no address": {"base_url": ""},
}


@given(Phrase("the app {stage:Stage}", Stage=STAGES))
def the_app_is_at(story: Story, stage: str) -> None:
    _as_before(story)
    story.run(story.house.change_party(story.holder.gateway, **STAGES[stage]))


STEPS: Final[dict[str, tuple[PartyEvent, str]]] = {
    "admits the app": (PartyEvent.ADMIT, ""),
    "launches the app": (PartyEvent.LAUNCH, ""),
    "launches the app and says who tested it": (PartyEvent.LAUNCH, "Kim, this morning"),
    "suspends the app": (PartyEvent.SUSPEND, ""),
    "resumes the app": (PartyEvent.RESUME, ""),
}


@when(Phrase("an operator {step:Step}", Step=STEPS), target_fixture="told")
def an_operator_takes_a_step(story: Story, step: str) -> str:
    event, tested = STEPS[step]
    _as_before(story)

    async def taken() -> str:
        try:
            await _launch(story).move(story.holder.gateway, event, OPERATOR, tested=tested)
        except DomainError as error:
            return str(error)
        await story.house.hub.directory.refresh()
        return "done"

    return story.run(taken())


APPLICANTS: Final = {"an app gateway": Role.APP_GATEWAY, "an issuer": Role.ISSUER, "a channel": Role.CHANNEL}


@when(Phrase("{applicant:Applicant} of mainland China applies", Applicant=APPLICANTS), target_fixture="told")
def somebody_applies(story: Story, applicant: str) -> str:
    party = Party(app_id=APPLICANT, role=APPLICANTS[applicant], name="Applicant", country="156")

    async def applied() -> str:
        try:
            await _launch(story).add(party, OPERATOR)
        except DomainError as error:
            return str(error)
        return "done"

    return story.run(applied())


@then(Phrase('the operator is told "{words}"'))
def the_operator_is_told(told: str, words: str) -> None:
    assert words in told


@then("nobody new is registered")
def nobody_new(story: Story) -> None:
    async def known() -> set[str]:
        async with story.house.hub.store.begin() as uow:
            return {party.app_id for party in await uow.parties()}

    assert APPLICANT not in story.run(known())


@then("the app is turned away at the gate")
def turned_away(story: Story) -> None:
    assert (story.answer.status, story.answer.code) == (401, "E0")


@then(Phrase("the record of the app says: {later:w}, {earlier:w}"))
def the_record_says(story: Story, later: str, earlier: str) -> None:
    """The newest first: scenarios share the app, so there may be more."""

    async def latest() -> list[str]:
        async with story.house.hub.store.begin() as uow:
            return [entry.action for entry in await uow.audit(subject=f"party {story.holder.gateway}", limit=2)]

    assert story.run(latest()) == [f"party.{later}", f"party.{earlier}"]


def _launch(story: Story) -> Launch:
    # The simulated partners' addresses are http, as everywhere in development.
    return Launch(story.house.hub.store, story.house.clock, plain_http=True)


def _as_before(story: Story) -> None:
    """Other scenarios meet the app as this one did."""
    party = story.house.hub.directory.party(story.holder.gateway)
    assert party is not None
    before = {"state": party.state, "base_url": party.base_url}
    story.undo(lambda: _put_back(story, before))


def _put_back(story: Story, before: dict[str, Any]) -> None:
    story.run(story.house.change_party(story.holder.gateway, **before))
