"""Every verb of a visit, over real sockets, at the practice club."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from support.ntnui_visits import USER_AGENT, club_at, credentials, member_at, open_session, ours

from autotennis.domain.member import Credentials
from autotennis.errors import LoginRefused
from autotennis.values import Action, Verdict, VerdictKind
from practice_club.club import PracticeClub
from practice_club.orders import NewMember
from practice_club.server import running_club
from practice_club.vocabulary import Action as ClubAction
from practice_club.vocabulary import Verdict as ClubVerdict


@pytest.fixture
async def club() -> AsyncGenerator[PracticeClub]:
    async with running_club() as club:
        yield club


def logins(club: PracticeClub) -> int:
    return sum(1 for request in club.record.requests if request.action is ClubAction.LOGIN)


# Login


async def test_a_login_is_proven_by_a_page_with_entities_and_raw_norwegian_letters(club: PracticeClub) -> None:
    member = club.add_member(NewMember(name="Bjørn-Kåre Ødegårdsvåg"))
    async with club_at(club.base_url).visit() as visit:
        answer = await visit.log_in(credentials(member))
    assert (answer.verdict.kind, answer.status) == (VerdictKind.LOGGED_IN, 200)
    assert club.record.requests[0].user_agent == USER_AGENT


async def test_a_refused_login_is_sent_once_and_gives_the_clubs_reason(club: PracticeClub) -> None:
    member = club.add_member(NewMember(pin=SecretStr("2468")))
    async with club_at(club.base_url).visit() as visit:
        with pytest.raises(LoginRefused, match="It says: Feil e-postadresse eller PIN-kode"):
            await visit.log_in(Credentials(email=member.email, password=SecretStr("1357")))
        assert visit.requests_sent == 1
    assert logins(club) == 1


@pytest.mark.parametrize(("charset", "sent"), [("iso-8859-1", 1), ("utf-8", 2)])
async def test_a_password_with_other_letters_is_sent_in_the_pages_charset_first(
    club: PracticeClub, charset: str, sent: int
) -> None:
    club.turn(form_charset=charset)
    member = club.add_member(NewMember(pin=SecretStr("blåbær&ø=1")))
    async with club_at(club.base_url).visit() as visit:
        assert (await visit.log_in(credentials(member))).verdict.kind is VerdictKind.LOGGED_IN
        assert visit.requests_sent == sent
    assert logins(club) == sent


async def test_a_wrong_password_with_other_letters_is_sent_twice_and_never_again(club: PracticeClub) -> None:
    member = club.add_member()
    async with club_at(club.base_url).visit() as visit:
        with pytest.raises(LoginRefused) as refused:
            await visit.log_in(Credentials(email=member.email, password=SecretStr("blåbær")))
    assert logins(club) == 2
    assert "blåbær" not in str(refused.value)


async def test_a_second_login_starts_without_the_cookies_of_the_first(club: PracticeClub) -> None:
    first, second = club.add_member(), club.add_member()
    _, session = open_session(club)
    async with member_at(club, first) as visit:
        assert (await visit.look(session)).page.club_member_id == first.id
        await visit.log_in(credentials(second))
        assert (await visit.look(session)).page.club_member_id == second.id


async def test_a_cookie_with_an_at_sign_is_sent_back_as_it_came(club: PracticeClub) -> None:
    club.turn(cookie_raw_email=True)
    member = club.add_member()
    _, session = open_session(club)
    async with member_at(club, member) as visit:
        assert (await visit.look(session)).verdict.kind is VerdictKind.FREE


async def test_two_visitors_of_one_club_share_nothing(club: PracticeClub) -> None:
    _, session = open_session(club)
    ours_at_club = club_at(club.base_url)
    async with ours_at_club.visit() as first, ours_at_club.visit() as second:
        await first.log_in(credentials(club.add_member()))
        assert (await first.look(session)).verdict.kind is VerdictKind.FREE
        assert (await second.look(session)).verdict.kind is VerdictKind.LOGGED_OUT


async def test_a_login_that_ran_out_is_seen(club: PracticeClub) -> None:
    member = club.add_member()
    _, session = open_session(club)
    async with member_at(club, member) as visit:
        club.logins.expire(member.id)
        assert (await visit.look(session)).verdict == Verdict(kind=VerdictKind.LOGGED_OUT, free=4)
        assert (await visit.sign_up(session, member.id)).verdict.kind is VerdictKind.LOGGED_OUT


# Sessions


async def test_signing_up_is_seen_on_the_answer_and_on_the_plain_page_and_can_be_repeated(club: PracticeClub) -> None:
    member = club.add_member()
    theirs, session = open_session(club, place="Sørhallen", court="Bane 3", level="M+")
    async with member_at(club, member) as visit:
        before = await visit.look(session)
        assert before.verdict == Verdict(kind=VerdictKind.FREE, free=4)
        assert (before.page.way_in, before.page.club_member_id) == (Action.SIGN_UP, member.id)
        for answer in (
            await visit.sign_up(session, member.id),
            await visit.look(session),
            await visit.sign_up(session, member.id),
        ):
            assert answer.verdict.kind is VerdictKind.SIGNED_UP
            assert answer.page.door_code is not None
            assert answer.page.door_code.get_secret_value().startswith("Kode for tilgang til bygget: ")
            assert (answer.page.place, answer.page.court, answer.page.level) == ("Sørhallen", "Bane 3", "M+")
    assert list(theirs.substitutes) == [member.id]


async def test_a_place_can_be_given_back(club: PracticeClub) -> None:
    member = club.add_member()
    theirs, session = open_session(club)
    async with member_at(club, member) as visit:
        await visit.sign_up(session, member.id)
        assert (await visit.withdraw(session, member.id)).verdict == Verdict(kind=VerdictKind.FREE, free=4)
    assert not theirs.substitutes


@pytest.mark.parametrize(
    ("kind", "door", "text"), [("padel", None, "Bruk hovedinngangen, eller kode "), ("regular", "none", None)]
)
async def test_halls_differ_in_what_they_say_but_a_booking_is_seen_in_all(
    club: PracticeClub, kind: str, door: str | None, text: str | None
) -> None:
    member = club.add_member()
    _, session = open_session(club, kind=kind, door=door)
    async with member_at(club, member) as visit:
        page = (await visit.sign_up(session, member.id)).page
    assert page.verdict.kind is VerdictKind.SIGNED_UP
    said = page.door_code.get_secret_value() if page.door_code else None
    assert said == text if text is None else said and said.startswith(text)


async def test_a_booking_is_seen_by_the_door_text_alone_when_it_can_no_longer_be_given_back(club: PracticeClub) -> None:
    member = club.add_member()
    _, session = open_session(club)
    async with member_at(club, member) as visit:
        await visit.sign_up(session, member.id)
        club.turn(withdrawal_closes_h=72)
        assert (await visit.look(session)).verdict.kind is VerdictKind.SIGNED_UP


async def test_a_full_session_and_one_that_is_not_open(club: PracticeClub) -> None:
    member = club.add_member()
    _, full = open_session(club, taken=4)
    _, closed = open_session(club, opens_in_s=9_000)
    async with member_at(club, member) as visit:
        assert (await visit.sign_up(full, member.id)).verdict == Verdict(kind=VerdictKind.FULL)
        verdict = (await visit.sign_up(closed, member.id)).verdict
    assert verdict.kind is VerdictKind.NOT_OPEN
    assert verdict.opens_in_s is not None
    assert 9_000 - 180 <= verdict.opens_in_s <= 9_000


async def test_a_declined_place_is_free_before_the_opening(club: PracticeClub) -> None:
    member, regular = club.add_member(), club.add_member()
    theirs, session = open_session(club, opens_in_s=9_000, regulars=[regular.id])
    club.decline(theirs)
    async with member_at(club, member) as visit:
        assert (await visit.look(session)).verdict == Verdict(kind=VerdictKind.FREE, free=1)
        assert (await visit.sign_up(session, member.id)).verdict.kind is VerdictKind.SIGNED_UP


async def test_a_regular_confirms_and_declines_the_own_place(club: PracticeClub) -> None:
    member = club.add_member()
    theirs, session = open_session(club, regulars=[member.id])
    async with member_at(club, member) as visit:
        page = (await visit.look(session)).page
        assert (page.verdict.kind, page.way_in) == (VerdictKind.FREE, Action.CONFIRM)
        assert page.club_member_id == member.id
        assert (await visit.confirm(session, member.id)).verdict.kind is VerdictKind.SIGNED_UP
        assert theirs.said == {member.id: True}
        assert (await visit.decline(session, member.id)).page.way_in is Action.CONFIRM
    assert theirs.said == {member.id: False}


async def test_a_regular_can_confirm_before_others_can_sign_up(club: PracticeClub) -> None:
    member = club.add_member()
    _, session = open_session(club, opens_in_s=9_000, regulars=[member.id])
    async with member_at(club, member) as visit:
        page = (await visit.look(session)).page
        assert (page.verdict, page.way_in) == (Verdict(kind=VerdictKind.FREE, free=1), Action.CONFIRM)
        assert (await visit.confirm(session, member.id)).verdict.kind is VerdictKind.SIGNED_UP


async def test_a_cancelled_session_and_one_that_does_not_exist(club: PracticeClub) -> None:
    member = club.add_member()
    theirs, session = open_session(club)
    club.cancel(theirs)
    missing = session.model_copy(update={"start": session.start + timedelta(hours=1)})
    async with member_at(club, member) as visit:
        assert (await visit.look(session)).verdict.kind is VerdictKind.CANCELLED
        assert (await visit.look(missing)).verdict.kind is VerdictKind.NO_SESSION


async def test_nothing_is_sent_in_the_name_of_somebody_else_than_who_is_logged_in(club: PracticeClub) -> None:
    member, other = club.add_member(), club.add_member()
    theirs, session = open_session(club)
    async with member_at(club, member) as visit:
        await visit.look(session)
        sent = visit.requests_sent
        answer = await visit.sign_up(session, other.id)
        assert (answer.verdict.kind, answer.page.club_member_id) == (VerdictKind.REFUSED, member.id)
        assert visit.requests_sent == sent
    assert not theirs.substitutes


async def test_a_wrong_member_id_that_nothing_gave_away_is_refused_by_the_club(club: PracticeClub) -> None:
    member, other = club.add_member(), club.add_member()
    _, session = open_session(club)
    async with member_at(club, member) as visit:
        assert (await visit.sign_up(session, other.id)).verdict.kind is VerdictKind.REFUSED
    assert club.record.requests[-1].verdict is ClubVerdict.NOT_OWN_ID


@pytest.mark.parametrize(("hours", "padded", "found"), [("padded_only", True, True), ("padded_only", False, False)])
async def test_the_hour_is_sent_as_the_link_wrote_it(club: PracticeClub, hours: str, padded: bool, found: bool) -> None:
    club.turn(hours=hours)
    theirs, _ = open_session(club, opens_in_s=None, starts=_at_nine())
    async with member_at(club, club.add_member()) as visit:
        verdict = (await visit.look(ours(theirs, padded=padded))).verdict
    assert (verdict.kind is VerdictKind.FREE) is found
    assert (verdict.kind is VerdictKind.NO_SESSION) is not found


def _at_nine() -> str:
    return f"{datetime.now(UTC) + timedelta(days=2):%Y%m%d}T9:00:00"


# The rest of the club


@pytest.mark.parametrize("opens_in_s", [-60, 9_000])
async def test_the_own_id_is_found_on_few_pages(club: PracticeClub, opens_in_s: float) -> None:
    member = club.add_member()
    open_session(club, opens_in_s=opens_in_s)
    async with member_at(club, member) as visit:
        assert await visit.find_club_member_id() == member.id
        assert visit.requests_sent <= 7
        sent = visit.requests_sent
        assert await visit.find_club_member_id() == member.id
        assert visit.requests_sent == sent


async def test_no_id_is_found_by_somebody_who_is_not_logged_in(club: PracticeClub) -> None:
    async with club_at(club.base_url).visit() as visit:
        assert await visit.find_club_member_id() is None


async def test_no_id_is_found_at_a_club_without_sessions() -> None:
    async with running_club(empty=True) as club, member_at(club, club.add_member()) as visit:
        assert await visit.find_club_member_id() is None


async def test_the_timetable_and_the_free_places_are_those_of_the_club(club: PracticeClub) -> None:
    member = club.add_member()
    theirs, session = open_session(club, level="D", taken=1)
    _, full = open_session(club, taken=4)
    async with member_at(club, member) as visit:
        entry = next(entry for entry in await visit.timetable() if entry.session == session)
        assert (entry.level, entry.free, entry.taken, entry.places) == ("D", True, 1, 4)
        places = await visit.free_places()
        assert session in places.free
        assert full not in places.free
        assert {session, full} <= places.shown
        next_week = {entry.session.start.date() for entry in await visit.timetable(weeks_ahead=1)}
    assert min(next_week) >= theirs.start.date()


async def test_an_english_link_makes_no_difference(club: PracticeClub) -> None:
    """Whatever language a link was pasted in, the club is always asked for Norwegian."""
    _, session = open_session(club)
    async with club_at(club.base_url).visit() as visit:
        assert (await visit.look(session)).page.place == "Nordhallen"
        await visit.timetable()
        await visit.probe(deep=True)
    paths = {request.path for request in club.record.requests}
    assert paths == {"/timeinfo.php", "/index.php", "/glemtpin.php"}
