"""The operators' console: each figure against known data, who may see it, and what it does."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.api_site import CLUB_ID, ClubBeside, Site, Visitor, api_settings, every_settings, open_site, words
from support.beside import open_beside
from support.friends import Friend, make_friend
from support.past_races import a_past_race, made_operator
from support.records import a_message

from autotennis.canary import keep_health
from autotennis.domain.audit import Deed, DeedKind
from autotennis.domain.booking import State
from autotennis.domain.channel import Channel, ChannelKind, ChannelTrouble, Health
from autotennis.domain.club_health import ClubHealth, LookedThrough, PageRead, PageTrouble, Unread
from autotennis.domain.pause import PauseScope
from autotennis.events import CanaryDue, WatchDue
from autotennis.flow import Service
from autotennis.serving import listening
from autotennis.values import FailureReason, PageKind
from autotennis.wiring import open_ports
from autotennis_timer.app import create_app as create_timer
from google_stand_ins.emulators import free_port
from practice_club.orders import NewSession

HOUR = timedelta(hours=1)


@pytest.fixture
def operator(site: Site, club: ClubBeside) -> Friend:
    """Somebody who looks after the installation."""
    friend = make_friend(site, club, "Olaug")
    made_operator(site.ports, friend.account)
    return friend


def console(operator: Friend) -> str:
    answer = operator.visitor.get("/operator")
    assert answer.status_code == 200, words(answer)
    return words(answer)


def test_there_is_no_console_for_members_nor_for_nobody(site: Site, club: ClubBeside, operator: Friend) -> None:
    member = make_friend(site, club, "Nils").visitor
    paths = ["/operator", "/operator/dead-letters", "/operator/deeds"]
    for visitor in (member, site.visitor()):
        assert [visitor.get(path).status_code for path in paths] == [404] * 3
        for path in ("/operator/pauses", "/operator/pauses/end", "/operator/dead-letters/replay"):
            assert visitor.post(path, {"what": "all/", "reason": "mischief", "key": "all/"}).status_code == 404
    assert site.ports.store.pauses().pauses == ()
    assert [operator.visitor.get(path).status_code for path in paths] == [200] * 3
    assert "Console" not in words(member.get("/"))
    assert "Console" in words(operator.visitor.get("/"))


def test_an_empty_installation_has_an_empty_console(operator: Friend) -> None:
    shown = console(operator)
    assert "Nothing is paused." in shown
    assert "In flight now: 0" in shown
    assert "none yet 0 won, 0 failed" in shown
    assert "No answer in the last 30 days." in shown


def test_it_tells_how_many_won_in_the_last_week_and_month_and_why_others_failed(site: Site, operator: Friend) -> None:
    for days, reason in [(1, None), (2, None), (3, FailureReason.FULL), (20, FailureReason.FULL), (40, None)]:
        a_past_race(site.ports, f"{days}-days", days=days, failure=reason)
    a_past_race(site.ports, "paused", days=4, failure=FailureReason.PAUSED)
    shown = console(operator)
    assert "Last 7 days 50% 2 won, 2 failed" in shown
    assert "Last 30 days 40% 2 won, 3 failed" in shown
    failures = shown.partition("Failures")[2]
    assert "the session was full 2 whoever runs this service had paused it when the session opened 1" in failures


def test_it_tells_how_exact_and_how_quick_it_was(site: Site, operator: Friend) -> None:
    # Sent so long after the opening, on a way of 8 ms there and back; proven after so long.
    for number, (sent_ms, proven_ms) in enumerate([(-2.0, 90.0), (-2.0, 240.0), (40.0, 4000.0)]):
        a_past_race(site.ports, f"race-{number}", days=2, sent_ms=sent_ms, proven_ms=proven_ms)
    shown = console(operator)
    assert "up to 2 ms 2 up to 5 ms 0" in shown
    assert "up to 20 ms 0 up to 50 ms 1 up to 100 ms 0" in shown
    assert "up to 0.1 s 1 up to 0.25 s 1 up to 0.5 s 0" in shown
    assert "up to 5 s 1 up to 10 s 0" in shown


def test_it_tells_what_was_sent_beside_what_may_be(site: Site, operator: Friend) -> None:
    a_past_race(site.ports, "one", days=1, requests=12, sign_ups=5)
    a_past_race(site.ports, "two", days=2, requests=30, sign_ups=9)
    a_past_race(site.ports, "long ago", days=10, requests=55, sign_ups=20)
    rules = site.ports.clubs[CLUB_ID].rules
    shown = console(operator)
    assert "42 in all, 14 of them to sign up" in shown
    assert f"The most for one booking: 30 of the {rules.race.requests + rules.watch.requests}" in shown
    assert "Last good answer:" in shown


def test_it_tells_what_opens_in_the_next_day_and_what_is_raced_for(site: Site, operator: Friend) -> None:
    now = site.ports.clock.now()
    for number, hours in enumerate([2, 2, 5, 30]):
        a_past_race(site.ports, f"b-{number}", opening_at=now + hours * HOUR, state=State.SCHEDULED)
    a_past_race(site.ports, "racing", opening_at=now - timedelta(seconds=5), state=State.SIGNING_UP)
    shown = console(operator)
    assert "In flight now: 1" in shown
    assert shown.count("Bookings: 2") == 1
    assert shown.count("Bookings: 1") == 1


def test_it_tells_what_waits_to_be_delivered_and_to_be_published(site: Site, operator: Friend) -> None:
    site.ports.bus.publish(WatchDue(at=site.ports.clock.now(), club_id=CLUB_ID))
    a_past_race(site.ports, "left", opening_at=site.ports.clock.now() + HOUR, state=State.REQUESTED)
    shown = console(operator).partition("Events under way")[2]
    assert "waitlist 1 wait The oldest:" in shown
    assert "timer 0 wait" in shown
    assert "Not published yet 1 The oldest:" in shown


def test_it_tells_which_services_answer(club: ClubBeside, tmp_path: Path) -> None:
    settings = every_settings(tmp_path, club.rules())
    with open_ports(settings) as ports, open_beside(listening(create_timer(ports, settings), "127.0.0.1", 0)) as timer:
        services = {"timer": timer, "booker": f"http://127.0.0.1:{free_port()}"}
        with open_site(api_settings(tmp_path, club.rules(), services=services)) as site:
            operator = make_friend(site, club, "Olaug")
            made_operator(site.ports, operator.account)
            shown = console(operator).partition("Services")[2]
            assert "timer answers Last heard of:" in shown
            assert "booker does not answer Not heard of" in shown
            assert "waitlist not known here" in shown
            assert site.ports.store.alive_until(f"seen-{Service.TIMER.value}")


def test_a_pause_is_kept_shown_and_written_down_until_it_is_over(site: Site, operator: Friend, member: Visitor) -> None:
    answer = operator.visitor.post("/operator/pauses", {"what": "all/", "reason": "Their server  smokes."})
    assert "It is paused" in words(answer)
    (pause,) = site.ports.store.pauses().pauses
    assert (pause.scope, pause.reason, pause.by) == (PauseScope.ALL, "Their server smokes.", operator.account.id)
    assert "Their server smokes." in words(member.get("/"))
    assert "Their server smokes." not in words(site.visitor().get("/"))

    assert "The pause is over." in words(operator.visitor.post("/operator/pauses/end", {"key": pause.key}))
    assert "That pause had ended before." in words(operator.visitor.post("/operator/pauses/end", {"key": pause.key}))
    assert site.ports.store.pauses().pauses == ()
    assert "Their server smokes." not in words(member.get("/"))
    done = words(operator.visitor.get("/operator/deeds"))
    assert f"Ended a pause all/ {operator.email}" in done
    assert f"Paused all/ : Their server smokes. {operator.email}" in done


def test_a_pause_of_one_member_is_told_to_nobody_else(
    site: Site, operator: Friend, member: Visitor, email: str
) -> None:
    form = {"what": "member/", "email": email.upper(), "reason": "You asked for it."}
    operator.visitor.post("/operator/pauses", form)
    assert "You asked for it." in words(member.get("/"))
    assert 'id="paused"' not in operator.visitor.get("/").text
    assert email in console(operator)


def test_a_pause_of_one_club_is_of_that_club(site: Site, operator: Friend, member: Visitor) -> None:
    operator.visitor.post("/operator/pauses", {"what": f"club/{CLUB_ID}", "reason": "They asked us."})
    (pause,) = site.ports.store.pauses().pauses
    assert (pause.scope, pause.about) == (PauseScope.CLUB, CLUB_ID)
    assert "They asked us." in words(member.get("/"))


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"what": "all/", "reason": "  "}, "This is needed."),
        ({"what": "member/", "reason": "because", "email": ""}, "This is needed."),
        ({"what": "member/", "reason": "because", "email": "nobody@example.org"}, "There is no account with"),
        ({"what": "all/", "reason": "x" * 201}, "Use at most 200 characters."),
        ({"what": "club/another", "reason": "because"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_with_a_pause_is_said_and_nothing_is_lost(
    site: Site, operator: Friend, form: dict[str, str], told: str
) -> None:
    answer = operator.visitor.post("/operator/pauses", form)
    assert answer.status_code == 422
    assert told in words(answer)
    assert not form["reason"].strip() or form["reason"] in answer.text
    assert site.ports.store.pauses().pauses == ()


def test_while_it_is_paused_no_page_asks_the_club(site: Site, club: ClubBeside, operator: Friend) -> None:
    operator.visitor.post("/operator/pauses", {"what": "all/", "reason": "because"})
    club.add_member("sen@example.org")
    asked = len(club.actions())
    assert site.visitor().register("sen@example.org").status_code == 503
    assert len(club.actions()) == asked


def test_operators_that_sign_in_are_written_down_and_members_are_not(
    site: Site, operator: Friend, email: str, member: Visitor
) -> None:
    site.visitor().sign_in(email)
    assert site.ports.store.deeds(site.ports.clock.now() + HOUR) == []
    site.visitor().sign_in(operator.email)
    (deed,) = site.ports.store.deeds(site.ports.clock.now() + HOUR)
    assert (deed.kind, deed.by) == (DeedKind.SIGNED_IN, operator.account.id)


def test_a_message_that_was_given_up_is_told_again(site: Site, operator: Friend) -> None:
    now, store = site.ports.clock.now(), site.ports.store
    channel = Channel(id="c-1", kind=ChannelKind.EMAIL, label="e-mail", since=now)
    ill = channel.with_health(Health().failed(ChannelTrouble.REFUSED, "status 550", now).stopped(now))
    store.change_member(operator.account.id, lambda it: it.with_channel(ill))
    store.add_messages([a_message(member_id=operator.account.id)])
    store.change_message("msg-1", lambda it: it.given_up(ChannelTrouble.REFUSED, "status 550", now))
    shown = words(operator.visitor.get("/operator/dead-letters"))
    assert f"BookingRequested → {operator.email} refused status 550" in shown
    answer = operator.visitor.post("/operator/dead-letters/tell", {"id": "msg-1"})
    assert "It is told again within minutes." in words(answer)
    assert store.message("msg-1").is_waiting
    resumed = store.member(operator.account.id).channel("c-1")
    assert resumed
    assert not resumed.is_stopped
    again = operator.visitor.post("/operator/dead-letters/tell", {"id": "msg-1"})
    assert "It is not there any more, or it is told already." in words(again)


def test_deeds_come_a_page_at_a_time(site: Site, operator: Friend) -> None:
    now = site.ports.clock.now()
    for number in range(51):
        deed = Deed(id=f"d-{number}", at=now - number * HOUR, by="gone", kind=DeedKind.PAUSED, about=f"club/c-{number}")
        site.ports.store.write_down(deed)
    first = operator.visitor.get("/operator/deeds")
    assert "club/c-49" in words(first)
    assert "club/c-50" not in words(first)
    link = first.text.partition('href="/operator/deeds?before=')[2].partition('"')[0]
    second = words(operator.visitor.get(f"/operator/deeds?before={link}"))
    assert "club/c-50" in second
    assert "club/c-49" not in second
    assert operator.visitor.get("/operator/deeds?before=nonsense").status_code == 200


def test_it_tells_how_the_clubs_pages_are_and_has_them_looked_through(site: Site, operator: Friend) -> None:
    assert "They were not looked through yet." in console(operator)
    now = site.ports.clock.now()
    fine = LookedThrough(pages=(PageRead(page=PageKind.TIMETABLE, fingerprint="abc"),), unread=Unread.NO_LOGIN)
    health, _ = ClubHealth(club_id=CLUB_ID, read_at=now).after(fine, now)
    keep_health(site.ports, health)
    shown = console(operator)
    assert "All that was read is understood." in shown
    assert "no operator has entered a login at this club" in shown
    changed = PageRead(page=PageKind.TIMETABLE, fingerprint="def", trouble=PageTrouble.NO_TIMETABLE)
    keep_health(site.ports, health.after(LookedThrough(pages=(changed,)), now)[0])
    shown = console(operator)
    assert "it has no timetable. Structure: def, before: abc" in shown
    answer = operator.visitor.post("/operator/club-pages", {"club": CLUB_ID})
    assert "are looked through now" in words(answer)
    bus = site.ports.bus
    (due,) = [one for _, one in bus.events_since(0) if isinstance(one, CanaryDue)]  # type: ignore[attr-defined]
    assert due.club_id == CLUB_ID
    assert "Had a club's pages looked through" in words(operator.visitor.get("/operator/deeds"))
    assert "There is no such club." in words(operator.visitor.post("/operator/club-pages", {"club": "nobody's"}))


@pytest.mark.parametrize("trouble", [None, PageTrouble.NO_SESSION])
def test_members_are_warned_where_pages_have_changed(
    site: Site, operator: Friend, club: ClubBeside, trouble: PageTrouble | None
) -> None:
    now = site.ports.clock.now()
    read = PageRead(page=PageKind.SESSION, fingerprint="def", trouble=trouble)
    keep_health(site.ports, ClubHealth(club_id=CLUB_ID, read_at=now).after(LookedThrough(pages=(read,)), now)[0])
    member = make_friend(site, club, "Nils").visitor
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    booking_id = member.book(link)
    for path in ("/", f"/bookings/{booking_id}"):
        assert ("have changed: we may not succeed there." in words(member.get(path))) is bool(trouble)
    shown_to_others = words(operator.visitor.get("/"))
    assert "we may not succeed there" not in shown_to_others, "who has no booking there need not know"
