"""All that is kept of a member, as a file; and deleting it, proven over both families of stores."""

import json
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from pydantic import SecretStr
from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, Site, Visitor, api_settings, race, win, words
from support.families import FAMILIES, Family
from support.records import a_message

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.gcp.store import GcpStore
from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.domain.booking import Budget, Outcome, State
from autotennis.domain.member import Member
from autotennis.errors import NotFound, StoreBusy
from autotennis.member_secrets import keep_door_code
from autotennis.ports import Ports, Store
from autotennis.values import Party
from autotennis_api import leaving
from autotennis_api.app import create_app
from practice_club.orders import NewSession

HOOK = "https://hooks.example.org/in/9753"
EMAIL = "ashild.nokkvang@example.org"


def _account(site: Site, email: str = EMAIL) -> Member:
    found = site.ports.store.member_by_email(email)
    assert found is not None
    return found


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Family, None, None]:
    with FAMILIES[request.param](tmp_path / "data") as opened:
        yield opened


@contextmanager
def _pages(family: Family, club: ClubBeside, directory: Path) -> Generator[Site, None, None]:
    clock, rules = SystemClock(), club.rules()
    clubs = {rules.id: open_club(rules, "tests", clock)}
    ports = Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), clubs, family.door)
    yield Site(create_app(ports, api_settings(directory, rules)), ports)


def _in_sqlite(directory: Path) -> Sequence[str]:
    """Everything in every table."""
    with closing(sqlite3.connect(directory / FILE_NAME)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608 (its own names)
    return [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for row in rows for one in row]


def _in_firestore(store: GcpStore) -> Sequence[str]:
    """Every document of every collection, its name included."""
    client = store._documents.client  # pyright: ignore[reportPrivateUsage] (nothing else shows everything)
    return [f"{one.reference.path} {one.to_dict()}" for each in client.collections() for one in each.stream()]


def _everything(family: Family, directory: Path) -> str:
    store = family.store
    return "\n".join(_in_firestore(store) if isinstance(store, GcpStore) else _in_sqlite(directory / "data"))


def _live_a_life(site: Site, club: ClubBeside) -> tuple[Visitor, Visitor]:
    """A member of whom everything is kept that can be kept, and another one beside them."""
    visitors: list[Visitor] = []
    for email in (EMAIL, "tormod@example.org"):
        club.add_member(email)
        visitors.append(site.visitor())
        assert visitors[-1].register(email).status_code == 200
    member, other = visitors
    site.ports.store.add_messages([a_message(member_id=_account(site).id)])
    sessions = [club.add_session(NewSession(opens_in_s=86_400 * days)) for days in range(1, 4)]
    won, given_up = (member.book(link) for _, link in sessions[:2])
    race(site.ports, won)
    keep_door_code(site.ports.vault, _account(site).id, won, SecretStr("8461#"))
    win(site.ports, won)
    member.post(f"/bookings/{given_up}/cancel", {})
    member.confirm(member.paste(sessions[2][1]), weekly="1")
    member.post("/groups", {"name": "Alone", "called": "Åshild"})
    other.post("/groups", {"name": "Together", "called": "Tormod"})
    (group,) = site.ports.store.groups_of(_account(site, "tormod@example.org").id)
    member.post(f"/groups/{group.id}/join/{group.invitation}", {"called": "Åshild"})
    friend = _account(site, "tormod@example.org").id
    member.confirm(member.paste(club.add_session(NewSession(opens_in_s=86_400 * 5))[1]), together=friend)
    (theirs,) = site.ports.store.bookings_of(friend)
    assert theirs.bond == Party(id=theirs.bond.id if theirs.bond else "", rank=0, asked_by=_account(site).id)
    member.post("/operator/invitations", {"most": 3, "days": 7})
    member.post("/settings/calendar", {})
    member.post("/settings/messages/add/webhook", {"address": HOOK, "label": "Nøkkvangs", "level": "everything"})
    site.visitor().sign_in(EMAIL, "et langt og galt passord")
    return member, other


def test_of_who_leaves_nothing_is_left_in_any_store(family: Family, club: ClubBeside, tmp_path: Path) -> None:
    with _pages(family, club, tmp_path) as site:
        member, other = _live_a_life(site, club)
        mine, theirs = _account(site).id, _account(site, "tormod@example.org").id
        (channel,) = _account(site).channels
        assert site.ports.vault.get(mine, f"channel/{channel.id}")
        before = _everything(family, tmp_path)
        assert before.count(mine) >= 10
        answer = member.post("/settings/leave", {"password": PASSWORD})
        assert "Your account is deleted" in words(answer)
        after = _everything(family, tmp_path)
        assert "Nøkkvangs" in before
        for trace in (mine, EMAIL, "nokkvang", "Åshild", "Nøkkvang"):
            assert trace not in after, [line for line in after.splitlines() if trace in line]
        assert theirs in after
        assert "Together" in after
        assert other.get("/settings").request.path == "/settings"
        assert member.get("/settings").request.path == "/sign-in"
        assert site.ports.vault.get(mine, f"club-login/{CLUB_ID}") is None
        assert site.ports.vault.get(mine, f"channel/{channel.id}") is None
        # The address is free again.
        assert member.register(EMAIL).status_code == 200


class _Breaking:
    """A store that is away when the account itself is to go, the first time."""

    def __init__(self, store: object) -> None:
        self._store = store
        self._left = 1

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*given: object, **more: object) -> object:
            if name == "forget_member" and self._left:
                self._left -= 1
                raise StoreBusy("It is away.")
            return getattr(self._store, name)(*given, **more)

        return call


def test_who_was_stopped_on_the_way_does_it_again(site: Site, member: Visitor, booking_id: str, tmp_path: Path) -> None:
    rules = [one.rules for one in site.ports.clubs.values()]
    ports = replace(site.ports, store=cast("Store", _Breaking(site.ports.store)))
    broken = Site(create_app(ports, api_settings(tmp_path, *rules)), ports)
    visitor = broken.visitor()
    visitor.sign_in(EMAIL)
    assert visitor.post("/settings/leave", {"password": PASSWORD}).status_code == 503
    assert _account(site)
    assert "Your account is deleted" in words(visitor.post("/settings/leave", {"password": PASSWORD}))
    with pytest.raises(NotFound):
        site.ports.store.booking(booking_id)


def test_deleting_takes_the_password(site: Site, member: Visitor, booking_id: str) -> None:
    for form in ({}, {"password": "et langt og galt passord"}, {"password": PIN}):
        assert member.post("/settings/leave", form).status_code == 422
    assert member.post("/settings/leave", {"password": PASSWORD}, token=False).status_code == 400
    assert _account(site)
    assert site.ports.store.booking(booking_id).state is State.REQUESTED
    codes = [member.post("/settings/leave", {"password": f"galt passord {turn}"}).status_code for turn in range(8)]
    assert codes[-1] == 429


def test_what_is_under_way_is_called_off_first(site: Site, member: Visitor, booking_id: str) -> None:
    race(site.ports, booking_id)
    answer = member.post("/settings/leave", {"password": PASSWORD})
    assert "1 booking is just being ended at the club." in words(answer)
    assert "Nothing was deleted yet." in words(answer)
    assert site.ports.store.booking(booking_id).cancel_asked_at is not None
    assert _account(site)
    _end(site, booking_id)
    assert "Your account is deleted" in words(member.post("/settings/leave", {"password": PASSWORD}))


def _end(site: Site, booking_id: str) -> None:
    now = site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.called_off(Budget(requests=1, sign_ups=1), Outcome(), now))


def test_a_place_is_given_back_only_for_who_ticks_that(site: Site, member: Visitor, booking_id: str) -> None:
    race(site.ports, booking_id)
    win(site.ports, booking_id)
    assert "You have 1 place." in words(member.get("/settings/leave"))
    answer = member.post("/settings/leave", {"password": PASSWORD, "give_back": "y"})
    assert "1 booking is just being ended" in words(answer)
    withdrawal = site.ports.store.booking(booking_id).withdrawal
    assert withdrawal is not None
    assert withdrawal.is_under_way
    assert _account(site)


def test_a_place_stays_without_the_tick(site: Site, club: ClubBeside, member: Visitor, booking_id: str) -> None:
    race(site.ports, booking_id)
    win(site.ports, booking_id)
    assert "Your account is deleted" in words(member.post("/settings/leave", {"password": PASSWORD}))
    assert "withdraw" not in " ".join(club.actions())


def test_a_series_plans_nothing_more_while_somebody_leaves(
    site: Site, club: ClubBeside, member: Visitor, email: str
) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    member.confirm(member.paste(link), weekly="1")
    leaving.end_everything(site.ports, _account(site), give_back=False)
    (series,) = site.ports.store.series_of(_account(site).id)
    assert not series.is_due


# The file of everything


def test_the_file_has_everything_and_no_secret(site: Site, club: ClubBeside) -> None:
    member, _ = _live_a_life(site, club)
    answer = member.get("/settings/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="autotennis.json"'
    told = json.loads(answer.data)
    account = _account(site)
    assert told["account"]["email"] == EMAIL
    assert told["account"]["is_operator"] is True
    assert len(told["account"]["sign_ins"]) == 1
    assert len(told["bookings"]) == len(site.ports.store.bookings_of(account.id)) == 4
    assert {one["state"] for one in told["bookings"]} == {"booked", "cancelled", "requested"}
    assert [one["name"] for one in told["groups"]] == ["Alone", "Together"]
    assert [one["label"] for one in told["account"]["channels"]] == ["Nøkkvangs"]
    assert told["account"]["telling"]["remind_before_min"] == 120
    assert len(told["series"]) == len(told["invitations_made"]) == len(told["messages"]) == 1
    assert told["club_logins"][0]["email_and_password_are_kept_encrypted"] is True
    for hidden in (PIN, PASSWORD, "8461#", "9753", "whsec_", account.password_hash, "Tormod", "tormod@example.org"):
        assert json.dumps(hidden, ensure_ascii=False)[1:-1] not in answer.text
    assert account.calendar is not None
    assert account.calendar.fingerprint not in answer.text
    assert len(told["messages"]) == 1


def test_the_file_of_who_has_nothing_is_whole(site: Site, member: Visitor) -> None:
    told = json.loads(member.get("/settings/export").data)
    assert told["bookings"] == told["groups"] == told["series"] == []


def test_the_file_is_not_made_all_the_time(member: Visitor) -> None:
    codes = [member.get("/settings/export").status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_the_file_is_nobody_elses(site: Site, member: Visitor) -> None:
    assert site.visitor().get("/settings/export").request.path == "/sign-in"
