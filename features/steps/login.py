"""Users of channel apps who open industry services, and what channels and industries have agreed on."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any, Final

import aiohttp
import msgspec
from pytest_bdd import given, then, when
from story import Story
from words import Phrase

from unionhub.domain.model.parties import PartyState
from unionhub.domain.model.services import Grant, GrantState
from unionhub.hosts.sandbox.channel import Channel
from unionhub.hosts.sandbox.industry import Industry, Visitor
from unionhub.hosts.sandbox.seeds import HARBOUR_CHANNEL, PARKING, PEAK_CHANNEL, TRAVEL

CHANNELS: Final = {"Harbour Life": HARBOUR_CHANNEL, "Peak Life": PEAK_CHANNEL}
SERVICES: Final = {"Kerbside Parking": PARKING, "Junk Boat Travel": TRAVEL}
PARKING_ALONE: Final = {"Kerbside Parking": PARKING}
LOGIN: Final = "INDUSTRY_LOGIN_INFO"
UNKNOWN_CODE: Final = "60099999"
DAY: Final = timedelta(days=1)

_users = itertools.count(1)

IDENTITY: Final = {"idType": "1", "idNo": "11010519491231002X"}
EVERYTHING: Final = {"mobile": "+852 5555 0100", "email": "ling@harbour.example", **IDENTITY}


class User:
    """A user of a channel app, and what the app has got for this user."""

    def __init__(self, story: Story, channel: str, personal: dict[str, str]) -> None:
        self.channel: Channel = story.world.channel(channel)
        self.user_id = f"user-{next(_users)}"
        self.personal = personal
        self.changes: dict[str, Any] = {}  # what the app says beside, or otherwise
        self.urls: list[str] = []  # oldest first; empty text for an answer without one
        self.opened: tuple[int, str] = 0, ""  # what the browser got last: status and text


# --- the user

KNOWN: Final[dict[str, dict[str, str]]] = {
    "whose mobile number it knows": {"mobile": EVERYTHING["mobile"]},
    "of whom it knows everything": EVERYTHING,
    "of whom it knows an e-mail address only": {"email": EVERYTHING["email"]},
    "of whom it knows nothing": {},
    "whose identity card it misread": {**EVERYTHING, "idNo": "110105194912310021"},
}


@given(Phrase("a user of {channel:Channel} {known:Known}", Channel=CHANNELS, Known=KNOWN), target_fixture="user")
def a_user(story: Story, channel: str, known: str) -> User:
    return User(story, CHANNELS[channel], KNOWN[known])


FAULTS: Final[dict[str, dict[str, Any]]] = {
    "sends the mobile number in clear": {"mobile": EVERYTHING["mobile"]},
    "gives itself out for another": {"channelCode": "PEAKLIFE02"},
    "seals for somebody else": {"encData": "e30.e30.e30.e30.e30"},
    "asks for a service that nobody has": {"industryCode": UNKNOWN_CODE},
    "says where the user is, but half of it": {"longitude": "114.16"},
    "says that the user reads French": {"language": "fr_FR"},
    "says that the user reads Chinese": {"language": "zh_HK"},
}


@given(Phrase("the app of the channel {fault:Fault}", Fault=FAULTS))
def the_app_says(user: User, fault: str) -> None:
    user.changes = FAULTS[fault]


@when(Phrase("the user opens {service:Service}", Service=SERVICES))
@when(Phrase("the user opens {service:Service} once more", Service=PARKING_ALONE))
def the_user_opens(story: Story, user: User, service: str) -> None:
    industry = story.world.industry(SERVICES[service])
    code = user.changes.get("industryCode", industry.identity.industry_code)
    story.tell(user.channel, user.channel.channel_login_info(code, user.user_id, user.personal or None, **user.changes))
    user.urls.append(story.said[-1].answer.body.get("industryUrl", ""))


REPEATS: Final[dict[str, dict[str, Any]]] = {"": {}, " for another user": {"userId": "somebody-else"}}


@when("the app of the channel sends the same message again")
@when(Phrase("the app of the channel sends the same message again{change:Change}", Change={" for another user": None}))
def the_same_again(story: Story, user: User, change: str = "") -> None:
    asked = story.latest("CHANNEL_LOGIN_INFO").request
    story.tell(user.channel, msgspec.structs.replace(asked, body=asked.body | REPEATS[change]))
    user.urls.append(story.said[-1].answer.body.get("industryUrl", ""))


@when("the app opens the address")
def the_app_opens(story: Story, user: User) -> None:
    user.opened = story.run(_visited(story, user.urls[-1]))


async def _visited(story: Story, url: str) -> tuple[int, str]:
    """As a browser does it; in one process, where nothing listens, the industry is asked directly."""
    if story.house.way == "memory":
        found = (each.opened(url) for each in story.world.partners.values() if isinstance(each, Industry) and _is_at(each, url))
        reply = next(found)
        assert reply is not None
        return reply.status, reply.body.decode()
    async with aiohttp.ClientSession() as browser, browser.get(url) as page:
        return page.status, await page.text()


def _is_at(industry: Industry, url: str) -> bool:
    return url.partition("://")[2].startswith(industry.identity.base_url.partition("://")[2])


# --- what was agreed on

GRANTS: Final[dict[str, dict[str, Any]]] = {
    "has applied for": {"state": GrantState.APPLIED},
    "was suspended at": {"state": GrantState.SUSPENDED},
    "has lost the right to open": {"state": GrantState.REVOKED},
    "may from tomorrow on open": {"valid_from": DAY},
    "might until yesterday open": {"valid_until": -DAY},
    "may until tomorrow open": {"valid_until": DAY},
}


@given(Phrase("the channel {grant:Grant} {service:Service}", Grant=GRANTS, Service=PARKING_ALONE))
def the_grant(story: Story, user: User, grant: str, service: str) -> None:
    channel, industry = user.channel.app_id, SERVICES[service]
    before = story.house.hub.directory.grant(channel, industry)
    assert before is not None
    now = story.house.clock.now()
    changes = {name: now + value if isinstance(value, timedelta) else value for name, value in GRANTS[grant].items()}
    story.run(put_grant(story, msgspec.structs.replace(before, **changes)))
    story.undo(lambda: story.run(put_grant(story, before)))


async def put_grant(story: Story, grant: Grant) -> None:
    async with story.house.hub.store.begin() as uow:
        await uow.put_grant(grant)
        await uow.commit()
    await story.house.hub.directory.refresh()


STATES: Final = {
    "the channel is still being tested": (HARBOUR_CHANNEL, PartyState.TESTING),
    "the channel has been suspended": (HARBOUR_CHANNEL, PartyState.SUSPENDED),
    "Kerbside Parking is still being tested": (PARKING, PartyState.TESTING),
    "Kerbside Parking has been suspended": (PARKING, PartyState.SUSPENDED),
}


@given(Phrase("{state:State}", State=STATES))
def a_party_is(story: Story, state: str) -> None:
    app_id, now = STATES[state]
    story.run(story.house.change_party(app_id, state=now))
    story.undo(lambda: _live_again(story, app_id))


def _live_again(story: Story, app_id: str) -> None:
    story.run(story.house.change_party(app_id, state=PartyState.LIVE))


# --- the industry

INDUSTRY_FAULTS: Final = {
    "does not answer": "no_answer",
    "takes the ticket, but its answer gets lost": "book_then_no_answer",
    "answers with garbage": "garbage",
    "answers with a false signature": "bad_signature",
    "says 96": "code:96",
    "says 57": "code:57",
}


@given(Phrase("the industry {fault:Fault}", Fault=INDUSTRY_FAULTS))
def the_industry_fails(story: Story, fault: str) -> None:
    story.world.faults.add(PARKING, LOGIN, INDUSTRY_FAULTS[fault])


@given("the industry cannot be reached")
def the_industry_cannot_be_reached(story: Story) -> None:
    story.cut_off(PARKING)


@when("the industry can be reached again")
def the_industry_can_be_reached(story: Story) -> None:
    story.connect(PARKING)


def announced(story: Story, user: User, service: str) -> list[Visitor]:
    """This user as the industry heard of them, oldest first."""
    visitors = story.world.industry(SERVICES[service]).visitors.values()
    return [each for each in visitors if each.user_id == user.user_id]


TOLD: Final[dict[str, tuple[str, ...]]] = {
    "the mobile number": ("mobile",),
    "the mobile number and the e-mail address": ("mobile", "email"),
    "the e-mail address and the identity card": ("email", "idType", "idNo"),
    "nothing": (),
}


@then(Phrase("{service:Service} learns {told:Told} of the user", Service=SERVICES, Told=TOLD))
def the_industry_learns(story: Story, user: User, service: str, told: str) -> None:
    visitor = announced(story, user, service)[-1]
    assert visitor.personal == {name: user.personal[name] for name in TOLD[told]}
    assert visitor.channel_code == user.channel.identity.channel_code


LANGUAGES: Final = {"English": "en-HK", "Chinese": "zh-HK"}


@then(Phrase("{service:Service} is to speak {language:Language}", Service=PARKING_ALONE, Language=LANGUAGES))
def the_industry_is_to_speak(story: Story, user: User, service: str, language: str) -> None:
    assert announced(story, user, service)[-1].language == LANGUAGES[language]


@then(Phrase("{service:Service} was told of the user once", Service=PARKING_ALONE))
def told_once(story: Story, user: User, service: str) -> None:
    assert len(announced(story, user, service)) == 1


# --- the channel


@then(Phrase('the channel is told {code:Code} "{text}"'))
def the_channel_is_told(story: Story, code: str, text: str) -> None:
    answer = story.said[-1].answer
    assert (answer.status, answer.code, answer.text) == (200, code, text)


@then(Phrase("the channel is told that {field:Field} is wrong", Field={"mobile": 0, "latitude": 0, "encData.idNo": 0}))
def the_channel_is_told_where(story: Story, field: str) -> None:
    assert story.said[-1].answer.body["msgResponse"]["errorDetail"] == field


@then("the channel is turned away at the gate")
def turned_away(story: Story) -> None:
    assert (story.said[-1].answer.status, story.said[-1].answer.code) == (401, "E0")


@then("the channel has an address at the industry")
def has_an_address(user: User) -> None:
    assert "/start?ticket=" in user.urls[-1]


@then("the channel has no address")
def has_no_address(user: User) -> None:
    assert user.urls[-1] == ""


@then("it is the address that it was given before")
def the_same_address(user: User) -> None:
    assert user.urls[-1] == user.urls[-2] != ""


@then("it is another address")
def another_address(user: User) -> None:
    assert user.urls[-1] not in ["", *user.urls[:-1]]


@then("the user is logged in at the industry")
def is_logged_in(user: User) -> None:
    status, text = user.opened
    assert status == 200
    assert f'Logged in as <span class="user">{user.user_id}</span>' in text


SHUT: Final = {"was used before": None, "was open too long ago": None}


@then(Phrase("the industry shows a closed door, which {why:Why}", Why=SHUT))
def a_closed_door(user: User, why: str) -> None:
    status, text = user.opened
    assert status == 403
    assert why in text


@then("nothing of what was told of the user is kept")
def nothing_is_kept(story: Story, user: User) -> None:
    """Sealed or not: no row of a login has room for it, and the address lies there sealed."""

    async def kept() -> bytes:
        async with story.house.hub.store.begin() as uow:
            login = await uow.latest_login(user.channel.app_id, user.user_id, PARKING)
            assert login is not None
            return msgspec.json.encode(login)

    record = story.run(kept()).decode()
    for value in (*user.personal.values(), user.urls[-1].partition("ticket=")[2]):
        assert value not in record


# --- the list


@when("the app of the channel asks which services there are")
def asks_for_the_list(story: Story, user: User) -> None:
    story.tell(user.channel, user.channel.get_industry_list())


OFFERED: Final = dict.fromkeys(("OPEN", "APPLIED", "GRANTED"))


@then(Phrase("{service:Service} is {state:State} to it", Service=SERVICES, State=OFFERED))
def is_offered(story: Story, service: str, state: str) -> None:
    listed = story.said[-1].answer.body["services"]
    assert [each["state"] for each in listed if each["name"] == service] == [state]


@then(Phrase("{service:Service} is not in the list", Service=PARKING_ALONE))
def is_not_offered(story: Story, service: str) -> None:
    assert service not in [each["name"] for each in story.said[-1].answer.body["services"]]
