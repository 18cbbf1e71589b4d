"""Several sessions of which one is wanted: asked for with one form, shown in their order, given up for each other."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.api_site import NOTHING_SENT, ClubBeside, Site, Visitor, claim, where_booked_meanwhile, win, words

from autotennis.domain.booking import Booking, Change, LetGo, Outcome, State
from autotennis.domain.member import Member
from autotennis.domain.runs import LetGoReason
from autotennis.errors import StoreBusy
from autotennis.values import Choice
from practice_club.orders import NewSession

DAY_S = 86_400
OTHER_SITE = "https://elsewhere.example/timeinfo.php?timeid=1&spilletid=20261201T18:00:00"


def _links(club: ClubBeside, count: int = 3) -> Sequence[str]:
    """Sessions that open one after the other, from tomorrow on."""
    return [club.add_session(NewSession(opens_in_s=DAY_S * (1 + number)))[1] for number in range(count)]


def _account(site: Site, email: str) -> Member:
    account = site.ports.store.member_by_email(email)
    assert account is not None
    return account


def _all(site: Site, email: str) -> Sequence[Booking]:
    return site.ports.store.bookings_of(_account(site, email).id)


def _book(member: Visitor, links: Sequence[str], **more: str) -> str:
    """Gives the id of the booking that the page leads to."""
    others = {f"else_{number}": link for number, link in enumerate(links[1:], 1)}
    return member.book(links[0], **others, **more)


def _bound(site: Site, booking_id: str) -> Sequence[Booking]:
    bond = site.ports.store.booking(booking_id).bond
    assert isinstance(bond, Choice)
    return site.ports.store.bound(bond.id)


def _let_go(site: Site, booking: Booking, winner: Booking) -> None:
    why, now = LetGo(because=winner.id, reason=LetGoReason.OUTDONE), site.ports.clock.now()
    site.ports.store.change(booking.id, lambda it: it.let_go_for(why, now))


def test_the_preview_says_plainly_what_will_happen(club: ClubBeside, member: Visitor) -> None:
    answer = member.paste(_links(club, 1)[0])
    shown = words(answer)
    for told in (
        "Other sessions, in case you do not get this one",
        "The first one that you get stops the others",
        "we give the lesser one back at the club",
        "“Repeat every week” repeats the first session only.",
    ):
        assert told in shown
    assert '<details class="more">' in answer.text


@pytest.mark.parametrize("trade_up", [False, True])
def test_all_are_asked_for_in_their_order_and_bound(
    site: Site, club: ClubBeside, member: Visitor, email: str, trade_up: bool
) -> None:
    links = _links(club)
    wish = {"options": "1", "wait": "y", "notice": "120", "ask": "15", "early": "y"}
    booking_id = _book(member, links, **wish, **({"trade_up": "y"} if trade_up else {}))
    bound = _bound(site, booking_id)
    assert bound[0].id == booking_id
    assert len(_all(site, email)) == len(bound) == 3
    choices = [one.bond for one in bound if isinstance(one.bond, Choice)]
    assert [(one.rank, one.trade_up) for one in choices] == [(0, trade_up), (1, trade_up), (2, trade_up)]
    assert len({one.id for one in choices}) == 1
    assert [one.created_at for one in bound] == sorted({one.created_at for one in bound})
    assert {(one.waiting.notice_min, one.waiting.ask_min, one.early) for one in bound} == {(120, 15, True)}
    assert site.ports.store.unpublished() == []
    assert club.actions().count("view") == 1 + 3, "once for the preview, and once each when it is sent"


def test_one_left_empty_is_no_matter(site: Site, club: ClubBeside, member: Visitor) -> None:
    links = _links(club, 2)
    booking_id = member.book(links[0], else_1="  ", else_2=f" {links[1]} ")
    assert len(_bound(site, booking_id)) == 2


def test_without_others_nothing_is_bound(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking_id = member.book(_links(club, 1)[0], else_1="", else_2="", trade_up="y")
    assert site.ports.store.booking(booking_id).bond is None


def test_only_the_first_is_a_week_of_a_series(site: Site, club: ClubBeside, member: Visitor) -> None:
    first, *others = _bound(site, _book(member, _links(club), weekly="y"))
    assert first.series_id
    assert [one.series_id for one in others] == [None, None]


def _started(club: ClubBeside) -> str:
    return club.add_session(NewSession(starts="20200101T18:00:00"))[1]


def _unknown(club: ClubBeside) -> str:
    return club.rules().root + "timeinfo.php?timeid=999999&spilletid=20991201T18:00:00"


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("not a link at all", "This is not a link."),
        (OTHER_SITE, "This link leads to no club"),
        ("x" * 2001, "This is too long for a link."),
        ("started", "This session has already started"),
        ("unknown", "The club does not know this session."),
        ("same", "This session is named above already."),
        ("booked", "You have booked this session already."),
    ],
)
def test_a_mistake_stands_at_its_field_and_nothing_is_booked(
    site: Site, club: ClubBeside, member: Visitor, email: str, bad: str, problem: str
) -> None:
    first, good = _links(club, 2)
    booked = _links(club, 1)[0]
    member.book(booked)
    known = {"started": _started(club), "unknown": _unknown(club), "same": first, "booked": booked}
    link = known.get(bad, bad)
    answer = member.confirm(member.paste(first), else_1=good, else_2=link, trade_up="y", options="1", notice="120")
    assert answer.status_code == 422
    assert f'<small class="error" id="else_2-error">{problem}' in answer.text
    assert '<a href="#else_2">Or else this one: ' in answer.text
    assert 'id="else_1-error"' not in answer.text
    for kept in ('<details class="more" open>', good.replace("&", "&amp;"), '<option selected value="120">'):
        assert kept in answer.text
    assert '<input checked id="trade_up"' in answer.text
    assert len(_all(site, email)) == 1


def test_the_same_one_twice_is_refused_at_the_second(site: Site, club: ClubBeside, member: Visitor) -> None:
    first, other = _links(club, 2)
    answer = member.confirm(member.paste(first), else_1=other, else_2=other + "&lang=en")
    assert answer.status_code == 422
    assert 'id="else_2-error">This session is named above already.' in answer.text
    assert 'id="else_1-error"' not in answer.text


def test_all_mistakes_are_told_at_once(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    answer = member.confirm(member.paste(_links(club, 1)[0]), else_1="no", else_2="nor this", options="1", notice="61")
    assert answer.text.count('<small class="error"') == 3
    assert answer.text.count('<li><a href="#') == 3
    assert _all(site, email) == []


def test_a_link_is_shown_as_text_and_never_as_markup(club: ClubBeside, member: Visitor) -> None:
    answer = member.confirm(member.paste(_links(club, 1)[0]), else_1='"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text


def test_sent_twice_it_is_asked_for_once(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    links = _links(club)
    preview = member.paste(links[0])
    form = {"else_1": links[1], "else_2": links[2]}
    assert member.confirm(preview, **form).status_code == 200
    again = member.confirm(preview, **form)
    assert again.status_code == 409
    assert "You have booked this session already." in words(again)
    assert len(_all(site, email)) == 3


def test_one_that_was_booked_meanwhile_is_left_out_and_the_rest_stays(
    site: Site, club: ClubBeside, member: Visitor, email: str, tmp_path: Path
) -> None:
    links, visitor = _links(club), where_booked_meanwhile(site, tmp_path, 1).visitor()
    visitor.sign_in(email)
    shown = words(visitor.confirm(visitor.paste(links[0]), else_1=links[1], else_2=links[2]))
    assert "is left out: you have booked it already." in shown
    assert len(_all(site, email)) == 2
    assert {one.bond.rank for one in _all(site, email) if one.bond} == {0, 2}


def test_where_that_is_the_first_one_nothing_is_asked_for(
    site: Site, club: ClubBeside, member: Visitor, email: str, tmp_path: Path
) -> None:
    links, visitor = _links(club), where_booked_meanwhile(site, tmp_path, 0).visitor()
    visitor.sign_in(email)
    assert visitor.confirm(visitor.paste(links[0]), else_1=links[1]).status_code == 409
    assert _all(site, email) == []


def test_the_page_shows_all_in_their_order_with_this_one_marked(site: Site, club: ClubBeside, member: Visitor) -> None:
    first, second, third = _bound(site, _book(member, _links(club)))
    answer = member.get(f"/bookings/{second.id}")
    shown = words(answer)
    part = shown[shown.index("One of these, in this order:") :]
    times = [f"{one.session.start:%A} {one.session.start.day} {one.session.start:%B}" for one in (first, second, third)]
    assert part.index(times[0]) < part.index(times[1]) < part.index(times[2])
    assert "this one Planned" in part
    assert "The first one that you get ends the others." in part
    for other in (first, third):
        assert f'href="/bookings/{other.id}"' in answer.text
    assert "Choice number 2 of several." in words(member.get("/"))


def test_it_says_so_when_the_dearer_ones_go_on(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking_id = _book(member, _links(club, 2), trade_up="y")
    assert "We go on trying for one higher up" in words(member.get(f"/bookings/{booking_id}"))


def test_what_becomes_of_one_is_news_on_the_page_of_another(site: Site, club: ClubBeside, member: Visitor) -> None:
    first, second = _bound(site, _book(member, _links(club, 2)))
    version = member.get(f"/bookings/{second.id}").text.split('data-version="')[1].split('"')[0]
    live = f"/bookings/{second.id}/live"
    assert member.get(live, {"If-None-Match": f'"{version}"'}).status_code == 304
    claim(site.ports, first.id)
    assert member.get(live, {"If-None-Match": f'"{version}"'}).status_code == 200


def test_who_got_another_one_is_told_which(site: Site, club: ClubBeside, member: Visitor) -> None:
    first, second = _bound(site, _book(member, _links(club, 2)))
    claim(site.ports, first.id)
    win(site.ports, first.id)
    _let_go(site, second, first)
    answer = member.get(f"/bookings/{second.id}")
    start = first.session.start
    assert f"Cancelled Given up because you got {start:%A} {start.day} {start:%B} {start.year}" in words(answer)
    assert f'<a id="winner" href="/bookings/{first.id}">' in answer.text
    assert "You cancelled this booking." not in words(answer)
    home = words(member.get("/"))
    assert "Earlier (1)" in home


def test_who_gets_a_dearer_one_gives_the_lesser_one_back_and_sees_why(
    site: Site, club: ClubBeside, member: Visitor
) -> None:
    first, second = _bound(site, _book(member, _links(club, 2), trade_up="y"))
    for one in (second, first):
        claim(site.ports, one.id)
        win(site.ports, one.id)
    _let_go(site, second, first)
    under_way = words(member.get(f"/bookings/{second.id}"))
    assert "Being given back Given up because you got" in under_way
    assert "Giving your place back at the club…" in under_way
    now = site.ports.clock.now()
    site.ports.store.change(second.id, lambda it: it.withdrawn(now, NOTHING_SENT, Outcome(), now))
    done = words(member.get(f"/bookings/{second.id}"))
    assert "Withdrawn Given up because you got" in done
    assert "Given back because you got another of your choices: the club's own page does not show you here" in done
    assert "You gave your place back" not in done


def test_one_is_cancelled_without_the_others(site: Site, club: ClubBeside, member: Visitor) -> None:
    first, second = _bound(site, _book(member, _links(club, 2)))
    asked = words(member.get(f"/bookings/{first.id}/cancel"))
    assert "For all of us" not in asked
    member.post(f"/bookings/{first.id}/cancel", {"everybody": "1"})
    assert site.ports.store.booking(first.id).state is State.CANCELLED
    assert site.ports.store.booking(second.id).state is State.REQUESTED


def test_a_norwegian_page_tells_it_in_norwegian(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking_id = _book(member, _links(club, 2))
    member.post("/language", {"language": "nb", "back": "/"})
    assert "En av disse, i denne rekkefølgen:" in words(member.get(f"/bookings/{booking_id}"))


def test_a_wish_that_can_be_kept_in_part_only_is_not_kept_at_all(
    site: Site, club: ClubBeside, member: Visitor, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is busy in the middle of it: the form is to be sent again, and then it goes."""
    links, create = _links(club), site.ports.store.create

    def busy_at_the_second(change: Change) -> None:
        if change[0].bond and change[0].bond.rank == 1:
            raise StoreBusy("The database is busy.")
        create(change)

    shown = member.paste(links[0])
    with monkeypatch.context() as patched:
        patched.setattr(site.ports.store, "create", busy_at_the_second)
        assert member.confirm(shown, else_1=links[1], else_2=links[2]).status_code == 503
    assert [one.state for one in _all(site, email)] == [State.CANCELLED]
    assert len(_bound(site, _book(member, links))) == 3
