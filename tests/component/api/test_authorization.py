"""Nobody sees or touches what is another member's, by any address that there is: pages and API alike.

Every route is tried as nobody, as another member and as the member. One that is added is tried as well; whose names in
its address are not known here, or that is open to everybody and not listed, fails.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from support.api_site import CLUB_ID, ClubBeside, Site, Visitor
from support.friends import Friend, make_friend, make_group
from support.programs import PREFIX, Program, make_token
from werkzeug.test import TestResponse

from autotennis.domain.booking import State
from autotennis.domain.channel import Level
from autotennis_api import invitations
from practice_club.orders import NewSession

OPEN_TO_ALL = {
    "static",
    "accounts.forgotten",
    "accounts.language",
    "accounts.register",
    "accounts.register_invited",
    "accounts.sign_in",
    "accounts.sign_out",
    "acting.act",
    "acting.show",
    "api_pages.reference",
    "bookings.home",
    "machines.healthz",
    "messages.worker",
    "rest.openapi",
    "own.feed",
}
# For whoever is no operator, or has no secret, there are no such pages.
HIDDEN = {"machine_metrics.show", "machine_metrics.relay"}
# What only scripts ask for is refused without leading anybody anywhere.
FOR_SCRIPTS = {"bookings.home_live", "bookings.show_live", "live.booking_stream", "live.home_stream"}
# Whoever has an invitation is led to the group, or to a new account.
FOR_WHO_IS_INVITED = {"groups.join", "accounts.register_invited"}
# A club is everybody's; what is entered there, the member's own.
OF_A_CLUB = {"club_logins.show", "club_logins.enter"}
# Only ever looks among the member's own.
OF_THE_READER = {"tokens.revoke", "own.end_sign_in"}
# After these there is nothing left to try: the last ones, in this order.
ENDS = (
    "rest.remove_channel",
    "messages.remove",
    "groups.remove",
    "groups.leave",
    "tokens.revoke",
    "own.end_sign_in",
    "accounts.sign_out",
)


@dataclass(frozen=True)
class Door:
    """One method of one address."""

    endpoint: str
    method: str
    path: str

    @property
    def is_for_programs(self) -> bool:
        """Whether it takes a token, and no cookie."""
        return self.endpoint.startswith("rest.") and self.endpoint not in OPEN_TO_ALL

    @property
    def ids(self) -> Sequence[str]:
        """The names in its address."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True)
class Somebody:
    """A member with a browser and a program of their own."""

    visitor: Visitor
    program: Program

    def send(self, door: Door, there: Mapping[str, str]) -> TestResponse:
        """Knocks there, with nothing to say but what every request needs."""
        path = door.path.format_map(there)
        if door.is_for_programs:
            more: dict[str, object] = {} if door.method == "GET" else {"json": {}}
            return self.program.send(door.method, path.removeprefix(PREFIX), **more)
        if door.method == "GET":
            return self.visitor.client.get(path, buffered=True)
        return self.visitor.post(path, {}, follow=False)


def _doors(site: Site) -> Iterator[Door]:
    for rule in site.app.url_map.iter_rules():
        for method in sorted((rule.methods or set[str]()) - {"HEAD", "OPTIONS"}):
            yield Door(rule.endpoint, method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))


@pytest.fixture
def owner(site: Site, club: ClubBeside) -> Friend:
    """Whose everything is."""
    return make_friend(site, club, "Berit")


@pytest.fixture
def mine(site: Site, owner: Friend) -> Somebody:
    """The owner's doings."""
    return Somebody(owner.visitor, Program(site, make_token(site, owner.email)))


@pytest.fixture
def other(site: Site, club: ClubBeside) -> Somebody:
    """Another member, in no group with the owner."""
    friend = make_friend(site, club, "Nils")
    return Somebody(friend.visitor, Program(site, make_token(site, friend.email)))


@pytest.fixture
def there(site: Site, club: ClubBeside, owner: Friend, mine: Somebody) -> Mapping[str, str]:
    """What the owner has, by the names that addresses have for it."""
    link = club.add_session(NewSession(opens_in_s=86_370))[1]
    made = mine.program.post("/bookings", {"session": {"link": link}, "weekly": True}).get_json()
    group = make_group(site, owner, make_friend(site, club, "Kari"))
    owner.visitor.post("/settings/messages/add/webhook", {"address": "https://example.org/", "level": "results"})
    account = site.ports.store.member(owner.account.id)
    invitation, _ = invitations.make(site.ports, account, most=1, days=1)
    return {
        "booking_id": made["id"],
        "club_id": CLUB_ID,
        "series_id": made["series_id"],
        "group_id": group.id,
        "invitation": group.invitation,
        "member_id": group.members[1].member_id,
        "token_id": account.tokens[0].id,
        "sign_in_id": account.sign_ins[0].id,
        "invitation_id": invitation.id,
        "secret_part": "no-secret",
        "token": "no-token",
        "channel_id": account.channels[0].id,
        "kind": "webhook",
        "service": "timer",
        "filename": "app.css",
    }


def _is_refused(door: Door, answer: TestResponse) -> bool:
    if door.endpoint in HIDDEN or door.endpoint.startswith(("operator.", "operators.")):
        return answer.status_code == 404
    if door.is_for_programs or door.endpoint in FOR_SCRIPTS:
        return answer.status_code == 401 and "Location" not in answer.headers
    return (answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (303, "/sign-in")


def _as_it_was(site: Site, owner: Friend, there: Mapping[str, str]) -> bool:
    """Whether everything is there still, and untouched."""
    account = site.ports.store.member(owner.account.id)
    return (
        site.ports.store.booking(there["booking_id"]).state is State.REQUESTED
        and site.ports.store.series(there["series_id"]).is_due
        and len(site.ports.store.group(there["group_id"]).members) == 2
        and site.ports.store.group(there["group_id"]).invitation == there["invitation"]
        and [one.id for one in account.tokens] == [there["token_id"]]
        and [(one.id, one.level) for one in account.channels] == [(there["channel_id"], Level.RESULTS)]
        and [one.id for one in account.sign_ins] == [there["sign_in_id"]]
        and site.ports.store.invitation(there["invitation_id"]).is_open(site.ports.clock.now())
    )


def test_nobody_gets_in_anywhere_but_where_all_may(site: Site, owner: Friend, there: Mapping[str, str]) -> None:
    nobody = Somebody(site.visitor(), Program(site, None))
    checked = 0
    for door in _doors(site):
        answer = nobody.send(door, there)
        if door.endpoint in OPEN_TO_ALL:
            assert answer.status_code < 500, door
            continue
        assert _is_refused(door, answer), (door, answer.status_code)
        if answer.status_code == 401:
            assert not any(there[name] in answer.text for name in door.ids), door
        checked += 1
    assert checked >= 50
    assert _as_it_was(site, owner, there)


def test_a_cookie_opens_no_door_for_programs(site: Site, mine: Somebody, there: Mapping[str, str]) -> None:
    doors = [door for door in _doors(site) if door.is_for_programs]
    with_cookie = Somebody(mine.visitor, Program(site, None))
    for door in doors:
        answer = with_cookie.visitor.client.open(door.path.format_map(there), method=door.method)
        assert _is_refused(door, answer), door
    assert len(doors) >= 19


def test_nor_does_a_token_open_a_page(site: Site, owner: Friend, there: Mapping[str, str]) -> None:
    token = make_token(site, owner.email).get_secret_value()
    client = site.app.test_client(use_cookies=False)
    for door in _doors(site):
        if door.endpoint not in OPEN_TO_ALL and not door.is_for_programs and door.method == "GET":
            answer = client.get(door.path.format_map(there), headers={"Authorization": f"Bearer {token}"})
            assert _is_refused(door, answer), door


def test_what_is_anothers_does_not_exist(site: Site, owner: Friend, other: Somebody, there: Mapping[str, str]) -> None:
    unknown = {**dict.fromkeys(there, "no-such-thing"), "filename": "no-such-file"}
    checked = 0
    for door in _doors(site):
        if door.endpoint in ("static", "messages.add", *OF_A_CLUB, *FOR_WHO_IS_INVITED) or not door.ids:
            continue
        others, nobodys = other.send(door, there), other.send(door, unknown)
        expected = (303, 303) if door.endpoint in OF_THE_READER else (404, 404)
        # What is wrong with a body may be said before anybody looks whose it is: then it is the same for both.
        if door.is_for_programs and others.status_code == nobodys.status_code == 400:
            expected = (400, 400)
        assert (others.status_code, nobodys.status_code) == expected, door
        checked += 1
    assert checked >= 35
    assert _as_it_was(site, owner, there)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/bookings/{booking_id}/offer", {"wanted": True}),
        ("/bookings/{booking_id}/cancel", {"everybody": True}),
        ("/series/{series_id}/skip", {"day": "2026-12-01"}),
        ("/series/{series_id}/include", {"day": "2026-12-01"}),
        ("/series/{series_id}/until", {"until": None}),
        ("/series/{series_id}/stop", {"with_planned": True}),
        ("/groups/{group_id}/join", {"invitation": "a-guess", "called": "Nils"}),
        ("/groups/{group_id}/share", {"shares": True}),
        ("/groups/{group_id}/leave", None),
    ],
)
def test_nor_for_a_program_that_knows_what_to_say(
    site: Site, owner: Friend, other: Somebody, there: Mapping[str, str], path: str, body: object
) -> None:
    assert other.program.post(path.format_map(there), body).status_code == 404
    assert _as_it_was(site, owner, there)


def test_the_member_gets_in_everywhere(site: Site, mine: Somebody, there: Mapping[str, str]) -> None:
    def turn(door: Door) -> tuple[int, bool]:
        return ENDS.index(door.endpoint) + 1 if door.endpoint in ENDS else 0, door.method != "GET"

    # The first account is the operator's. Metrics, calendars and links take secrets of their own; streams do not end.
    # The owner leaves the group on its page.
    elsewhere = {
        *HIDDEN,
        "rest.leave_group",
        "own.feed",
        "live.home_stream",
        "live.booking_stream",
        "acting.act",
        "acting.show",
    }
    doors = [door for door in _doors(site) if door.endpoint not in elsewhere]
    for door in sorted(doors, key=turn):
        status = mine.send(door, there).status_code
        # Without a date there is nothing to be found, nor a browser where nothing notifies any, nor what was removed.
        empty = door.endpoint in {"series.skip", "series.include", "messages.add_browser", "messages.remove"}
        assert status in {200, 201, 303, 400, 409, 422, *([404] if empty else [])}, (door, status)


def test_no_page_of_one_member_shows_anothers(site: Site, other: Somebody, there: Mapping[str, str]) -> None:
    for door in _doors(site):
        if door.method == "GET" and not door.ids:
            text = other.send(door, there).text
            secret = ("booking_id", "series_id", "group_id", "token_id", "channel_id")
            assert not [name for name in secret if there[name] in text]


def test_two_members_can_book_the_same_session(
    site: Site, club: ClubBeside, member: Visitor, stranger: Visitor
) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_400))
    assert member.book(link) != stranger.book(link)


def test_a_member_who_is_gone_is_signed_out(site: Site, member: Visitor) -> None:
    with member.client.session_transaction() as session:
        session["member"] = "nobody-at-all"
    assert member.get("/settings").request.path == "/sign-in"


@pytest.mark.parametrize("path", ["/sign-in", "/register", "/sign-out", "/language", "/settings/password", "/bookings"])
def test_a_form_without_its_token_does_nothing(site: Site, member: Visitor, path: str) -> None:
    answer = member.post(path, {"language": "nb"}, token=False)
    assert answer.status_code == 400
    assert "The form was too old" in answer.text
    assert member.get("/settings").request.path == "/settings"


def test_nor_does_cancelling_without_it(site: Site, member: Visitor, booking_id: str) -> None:
    assert member.post(f"/bookings/{booking_id}/cancel", {}, token=False).status_code == 400
    assert site.ports.store.booking(booking_id).state is State.REQUESTED


def test_nor_with_the_token_of_another_session(site: Site, member: Visitor, stranger: Visitor) -> None:
    page = stranger.get("/settings").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = member.post("/sign-out", {"csrf_token": token}, token=False)
    assert answer.status_code == 400
