"""A member's bookings in a calendar program: read back as such programs read them."""

import logging
import re
from datetime import UTC, timedelta

import pytest
from icalendar import Calendar, Event
from pydantic import SecretStr
from support.api_site import ClubBeside, Site, Visitor, find_full, race, win, words
from werkzeug.test import TestResponse

from autotennis.domain.member import Member
from autotennis.domain.session import starts_at
from autotennis.member_secrets import keep_door_code
from practice_club.orders import NewSession

LONGEST_LINE = 75


def _address(visitor: Visitor) -> str:
    answer = visitor.post("/settings/calendar", {})
    found = re.search(r'value="http://localhost(/calendar/[0-9a-f]+/[0-9a-f]+\.ics)"', answer.text)
    assert found, words(answer)
    return found[1]


def _events(answer: TestResponse) -> dict[str, Event]:
    assert answer.status_code == 200
    calendar = Calendar.from_ical(answer.data)
    assert not calendar.errors
    return {str(one["UID"]): one for one in calendar.events}


def _written(event: Event, name: str) -> str:
    """A property as it stands in the bytes."""
    found = re.search(rf"^{name}:(.*?)\r$", event.to_ical().decode(), re.MULTILINE)
    assert found, name
    return found[1]


def _account(site: Site, email: str) -> Member:
    found = site.ports.store.member_by_email(email)
    assert found is not None
    return found


def _booked(club: ClubBeside, member: Visitor, days: int) -> str:
    return member.book(club.add_session(NewSession(opens_in_s=86_400 * days))[1])


def test_each_state_is_shown_as_a_calendar_knows_it(site: Site, club: ClubBeside, member: Visitor) -> None:
    ids = [_booked(club, member, days) for days in range(1, 5)]
    race(site.ports, ids[1])
    win(site.ports, ids[1])
    find_full(site.ports, ids[2])
    member.post(f"/bookings/{ids[3]}/cancel", {})
    found = _events(site.visitor().get(_address(member)))
    shown = [str(found[f"{one}@autotennis"]["STATUS"]) for one in ids]
    assert shown == ["TENTATIVE", "CONFIRMED", "TENTATIVE", "CANCELLED"]
    names = [str(found[f"{one}@autotennis"]["SUMMARY"]) for one in ids]
    assert names == [f"Øvingsklubben: {state}" for state in ("Planned", "Booked", "Waiting", "Cancelled")]


def test_an_event_has_what_calendar_programs_need(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking = site.ports.store.booking(_booked(club, member, 1))
    (event,) = _events(site.visitor().get(_address(member))).values()
    start = starts_at(booking.session, site.ports.clubs[booking.club_id].rules.zone)
    assert event.start == start
    assert event.end == start + timedelta(hours=1)
    changed = booking.changed_at.astimezone(UTC).replace(microsecond=0)
    stamps = {name: _written(event, name) for name in ("DTSTART", "DTSTAMP", "LAST-MODIFIED")}
    assert stamps == {
        "DTSTART": f"{start:%Y%m%dT%H%M%SZ}",
        "DTSTAMP": f"{changed:%Y%m%dT%H%M%SZ}",
        "LAST-MODIFIED": f"{changed:%Y%m%dT%H%M%SZ}",
    }
    assert event["URL"] == f"http://localhost/bookings/{booking.id}"
    assert event["LOCATION"] == "Øvingsklubben"
    assert event["SEQUENCE"] == 0


def test_the_bytes_keep_the_rules_of_the_format(site: Site, club: ClubBeside, member: Visitor) -> None:
    _booked(club, member, 1)
    answer = site.visitor().get(_address(member))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.data.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= LONGEST_LINE
    for needed in (b"VERSION:2.0", b"METHOD:PUBLISH", b"CALSCALE:GREGORIAN", b"REFRESH-INTERVAL;VALUE=DURATION:PT1H"):
        assert lines.count(needed) == 1, needed
    assert sum(line.startswith(b"PRODID:") for line in lines) == 1
    assert not any(b"TZID" in line for line in lines)


def test_a_change_keeps_the_uid_and_grows_the_sequence(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking_id = _booked(club, member, 1)
    address = _address(member)
    before = _events(site.visitor().get(address))
    now = site.ports.clock.now() + timedelta(seconds=5)
    site.ports.store.change(booking_id, lambda it: it.cancelled(now))
    after = _events(site.visitor().get(address))
    assert list(before) == list(after)
    one, other = next(iter(before.values())), next(iter(after.values()))
    assert int(_written(other, "SEQUENCE")) > int(_written(one, "SEQUENCE"))
    assert _written(other, "LAST-MODIFIED") > _written(one, "LAST-MODIFIED")


def test_it_is_sent_again_only_where_it_has_changed(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking_id = _booked(club, member, 1)
    address, program = _address(member), site.visitor()
    first = program.get(address)
    again = program.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    member.post(f"/bookings/{booking_id}/cancel", {})
    assert program.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_it_is_in_the_members_language_whoever_asks(site: Site, club: ClubBeside, member: Visitor) -> None:
    _booked(club, member, 1)
    member.post("/language", {"language": "nb"})
    (event,) = _events(site.visitor("en").get(_address(member))).values()
    assert event["SUMMARY"] == "Øvingsklubben: Planlagt"


def test_a_door_code_is_never_in_it(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    booking_id = _booked(club, member, 1)
    race(site.ports, booking_id)
    keep_door_code(site.ports.vault, _account(site, email).id, booking_id, SecretStr("kode 8461#"))
    win(site.ports, booking_id)
    assert b"8461" not in site.visitor().get(_address(member)).data


def test_a_new_address_and_none_make_an_end_of_the_old_one(site: Site, member: Visitor, email: str) -> None:
    first = _address(member)
    second = _address(member)
    program = site.visitor()
    assert [program.get(one).status_code for one in (first, second)] == [404, 200]
    member.post("/settings/calendar/drop", {})
    assert program.get(second).status_code == 404
    assert _account(site, email).calendar is None


@pytest.mark.parametrize("secret", ["x", "None", "æ", "0" * 64, "x" * 3000])
def test_a_forged_address_leads_nowhere(site: Site, member: Visitor, email: str, secret: str) -> None:
    account = _account(site, email)
    assert site.visitor().get(f"/calendar/{account.id}/{secret}.ics").status_code == 404
    _address(member)
    assert site.visitor().get(f"/calendar/{account.id}/{secret}.ics").status_code == 404
    assert site.visitor().get(f"/calendar/nobody/{secret}.ics").status_code == 404
    kept = _account(site, email).calendar
    assert kept is not None
    assert site.visitor().get(f"/calendar/{account.id}/{kept.fingerprint}.ics").status_code == 404


def test_the_address_is_of_no_use_for_another_member(
    site: Site, member: Visitor, email: str, stranger: Visitor
) -> None:
    theirs = _address(stranger)
    mine = f"/calendar/{_account(site, email).id}/{theirs.rsplit('/', 1)[1]}"
    assert site.visitor().get(mine).status_code == 404


def test_the_address_is_shown_once_and_neither_kept_nor_logged(
    site: Site, member: Visitor, email: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    address = _address(member)
    secret = address.rsplit("/", 1)[1].removesuffix(".ics")
    site.visitor().get(address)
    assert secret not in member.get("/settings/calendar").text
    assert secret not in _account(site, email).model_dump_json()
    said = capfd.readouterr()
    assert secret not in caplog.text + said.out + said.err


def test_who_asks_all_the_time_is_told_to_wait(site: Site, member: Visitor) -> None:
    address, program = _address(member), site.visitor()
    codes = [program.get(address).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]
    assert int(program.get(address).headers["Retry-After"]) > 0
