"""What a session's page says, state by state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ntnui_pages as club
from support.ntnui_pages import MEMBER_ID, SESSION, action_link, own_row, session_page, some_free

from autotennis.adapters.clubs.ntnui.pages.session import countdown_s, read_session
from autotennis.values import Action, Verdict, VerdictKind

TAKE = action_link("leggtilvikarid")
WITHDRAW = f"Åse Ø. ({action_link('fjernvikarid', 'meld av')})"
COMES = own_row(f'<span class="bekreftet">kommer</span> | {action_link("kommerikkeid", "kommer ikke")}')
COMES_NOT = own_row(f'{action_link("bekrefteid", "kommer")} | <span class="kommerikke">kommer ikke</span>')
UNDECIDED = own_row(f"{action_link('bekrefteid', 'kommer')} | {action_link('kommerikkeid', 'kommer ikke')}")
NO_WAY_BACK = own_row(f"kommer | {action_link('kommerikkeid', 'kommer ikke')}")
DAY_9_9 = 33 * 3600 + 9 * 60

STATES = {
    "more than a week ahead": (
        session_page(
            club.CONFIRM_IN.format("4 timer og 11 minutter"),
            club.NONE_FREE,
            club.DROP_IN_IN.format("4 dager, 4 timer og 11 minutter"),
        ),
        Verdict(kind=VerdictKind.NOT_OPEN, opens_in_s=100 * 3600 + 11 * 60),
    ),
    "a week to three days ahead": (
        session_page(club.OTHERS_IN.format("1 dag, 9 timer og 9 minutter")),
        Verdict(kind=VerdictKind.NOT_OPEN, opens_in_s=DAY_9_9),
    ),
    "the same, with nothing free said as well": (
        session_page(club.OTHERS_IN.format("1 dag, 9 timer og 9 minutter"), club.NONE_FREE),
        Verdict(kind=VerdictKind.NOT_OPEN, opens_in_s=DAY_9_9),
    ),
    "a countdown that cannot be read": (
        session_page(club.OTHERS_IN.format("en liten stund")),
        Verdict(kind=VerdictKind.NOT_OPEN),
    ),
    "a declined place before the opening": (
        session_page(club.OTHERS_IN.format("1 dag"), some_free(1, TAKE)),
        Verdict(kind=VerdictKind.FREE, free=1),
    ),
    "one free": (session_page(some_free(1, TAKE)), Verdict(kind=VerdictKind.FREE, free=1)),
    "four free": (session_page(some_free(4, TAKE)), Verdict(kind=VerdictKind.FREE, free=4)),
    "a link without a count": (session_page(f"Trykk {TAKE}."), Verdict(kind=VerdictKind.FREE)),
    "full": (session_page(club.NONE_FREE), Verdict(kind=VerdictKind.FULL)),
    "full in spite of a link": (session_page(club.NONE_FREE, TAKE), Verdict(kind=VerdictKind.FULL)),
    "substitute": (
        session_page(club.NONE_FREE, substitute=WITHDRAW),
        Verdict(kind=VerdictKind.SIGNED_UP, free=0),
    ),
    "substitute while others are free": (
        session_page(some_free(2), substitute=WITHDRAW),
        Verdict(kind=VerdictKind.SIGNED_UP, free=2),
    ),
    "substitute, on a page that has changed so much that the way to log out is not found": (
        session_page(substitute=WITHDRAW, menu=""),
        Verdict(kind=VerdictKind.SIGNED_UP),
    ),
    "regular who comes": (session_page(club.NONE_FREE, regular=COMES), Verdict(kind=VerdictKind.SIGNED_UP, free=0)),
    "regular who does not come": (
        session_page(some_free(2), regular=COMES_NOT),
        Verdict(kind=VerdictKind.FREE, free=2),
    ),
    "regular who does not come, all taken": (
        session_page(club.NONE_FREE, regular=COMES_NOT),
        Verdict(kind=VerdictKind.FULL),
    ),
    "regular who has not answered": (
        session_page(club.OTHERS_IN.format("2 dager"), regular=UNDECIDED),
        Verdict(kind=VerdictKind.FREE, free=1),
    ),
    "tennis door": (session_page(club.DOOR_CODE), Verdict(kind=VerdictKind.SIGNED_UP)),
    "padel door": (session_page(club.DOOR_ENTRANCE), Verdict(kind=VerdictKind.SIGNED_UP)),
    "a door text for somebody who is offered a place": (
        session_page(some_free(1, TAKE), club.DOOR_CODE),
        Verdict(kind=VerdictKind.FREE, free=1),
    ),
    "logged out": (
        session_page(some_free(3), menu=club.LOGGED_OUT),
        Verdict(kind=VerdictKind.LOGGED_OUT, free=3),
    ),
    "logged out before the opening": (
        session_page(club.OTHERS_IN.format("1 minutt"), menu=club.LOGGED_OUT),
        Verdict(kind=VerdictKind.LOGGED_OUT, opens_in_s=60),
    ),
    "logged out, and a door text all the same": (
        session_page(club.DOOR_CODE, menu=club.LOGGED_OUT),
        Verdict(kind=VerdictKind.LOGGED_OUT),
    ),
    "the front page of somebody who is logged out": (
        club.front_page(menu=club.LOGGED_OUT),
        Verdict(kind=VerdictKind.LOGGED_OUT),
    ),
    "nothing but a login form": (
        b"<form><input name=email><input type=password name=password></form>",
        Verdict(kind=VerdictKind.LOGGED_OUT),
    ),
    "cancelled under the table": (
        session_page("Treningen er <b>avlyst</b>!", substitute=WITHDRAW),
        Verdict(kind=VerdictKind.CANCELLED),
    ),
    "cancelled, for somebody who is logged out": (
        session_page("Treningen er <b>avlyst</b>!", menu=club.LOGGED_OUT),
        Verdict(kind=VerdictKind.CANCELLED),
    ),
    "cancelled by a notice": (
        session_page(notice="Alle timer er avlyst denne uken."),
        Verdict(kind=VerdictKind.CANCELLED),
    ),
    "news of another cancelled session": (
        session_page(some_free(1, TAKE), notice="Torsdagens time er avlyst."),
        Verdict(kind=VerdictKind.FREE, free=1),
    ),
    "a cancelled theme": (
        session_page(some_free(1, TAKE), theme="Fellesoppvarming avlyst"),
        Verdict(kind=VerdictKind.FREE, free=1),
    ),
    "no such session": (club.whole_page("<p>ERROR: Ugyldig lenke.</p>"), Verdict(kind=VerdictKind.NO_SESSION)),
    "no such session, logged out": (
        club.whole_page("ERROR", menu=club.LOGGED_OUT),
        Verdict(kind=VerdictKind.NO_SESSION),
    ),
    "no such session, a bare word": (b"ERROR", Verdict(kind=VerdictKind.NO_SESSION)),
    "a player called ERROR": (
        session_page(club.NONE_FREE, substitute="ERROR E."),
        Verdict(kind=VerdictKind.FULL),
    ),
}

UNKNOWN_PAGES = {
    "free places and no way to take one": session_page(some_free(2)),
    "nothing under the table": session_page(),
    "a regular without a mark for coming": session_page(regular=NO_WAY_BACK),
    "a theme that quotes the door text": session_page(theme="Husk: Kode for tilgang til bygget: se nyheter"),
    "a database in trouble": b"<body>ERROR 1040 (HY000): Too many connections</body>",
    "the word in the middle": club.whole_page("<p>Ingen ERROR her</p>"),
    "the front page": club.front_page(),
    "another day's session": session_page(club.DOOR_CODE).replace(b"27/11", b"28/11"),
    "another hour's session": session_page(club.DOOR_CODE).replace(b"9:00-10:00", b"10:00-11:00"),
    "another session's withdrawal link": club.whole_page(
        action_link("fjernvikarid", session=SESSION.model_copy(update={"timeid": 195}))
    ),
    "two members' ids": session_page(
        substitute=action_link("fjernvikarid"), regular=action_link("kommerikkeid", member_id=7)
    ),
    "empty": b"",
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_has_its_verdict(name: str) -> None:
    page, verdict = STATES[name]
    assert read_session(page, SESSION).verdict == verdict


@pytest.mark.parametrize("name", UNKNOWN_PAGES)
def test_what_is_not_understood_is_unknown_and_has_a_fingerprint(name: str) -> None:
    verdict = read_session(UNKNOWN_PAGES[name], SESSION).verdict
    assert (verdict.kind, len(verdict.fingerprint or "")) == (VerdictKind.UNKNOWN, 16)


@pytest.mark.parametrize(
    ("page", "way_in"),
    [
        (session_page(some_free(1, TAKE)), Action.SIGN_UP),
        (session_page(some_free(2), regular=COMES_NOT), Action.CONFIRM),
        (session_page(regular=UNDECIDED), Action.CONFIRM),
        (session_page(club.NONE_FREE, regular=COMES_NOT), None),
        (session_page(club.NONE_FREE, substitute=WITHDRAW), None),
        (session_page(some_free(1, TAKE), menu=club.LOGGED_OUT), None),
    ],
)
def test_the_way_in_is_the_action_that_the_page_offers(page: bytes, way_in: Action | None) -> None:
    assert read_session(page, SESSION).way_in is way_in


def test_the_page_tells_its_own_words_and_whose_it_is() -> None:
    page = read_session(session_page(some_free(1, TAKE)), SESSION)
    assert (page.place, page.court, page.level) == ("Nordhallen", "Bane 2", "M+*")
    assert page.date_text == "Fredag 27/11 9:00-10:00"
    assert page.club_member_id == MEMBER_ID


@pytest.mark.parametrize(
    ("said", "confirms_in_s", "opens_in_s"),
    [
        ((club.CONFIRM_IN.format("4 timer og 11 minutter"), club.NONE_FREE), 4 * 3600 + 660, None),
        (
            (
                club.CONFIRM_IN.format("4 timer og 11 minutter"),
                club.NONE_FREE,
                club.DROP_IN_IN.format("4 dager, 4 timer og 11 minutter"),
            ),
            4 * 3600 + 660,
            100 * 3600 + 660,
        ),
        ((club.DROP_IN_IN.format("4 dager"), club.CONFIRM_IN.format("0 minutter")), 0, 4 * 86_400),
        ((club.DROP_IN_IN.format("4 dager"), club.CONFIRM_IN.format("snart")), None, 4 * 86_400),
        ((club.OTHERS_IN.format("1 dag, 9 timer og 9 minutter"),), None, DAY_9_9),
        ((some_free(1, TAKE),), None, None),
    ],
)
@pytest.mark.parametrize("menu", [club.LOGGED_IN, club.LOGGED_OUT])
def test_the_two_countdowns_are_told_apart(
    said: tuple[str, ...], confirms_in_s: int | None, opens_in_s: int | None, menu: str
) -> None:
    page = read_session(session_page(*said, menu=menu), SESSION)
    assert (page.confirms_in_s, page.verdict.opens_in_s) == (confirms_in_s, opens_in_s)


def test_a_countdown_of_another_session_is_none_of_this_ones() -> None:
    page = session_page(club.CONFIRM_IN.format("1 dag")).replace(b"27/11", b"28/11")
    assert read_session(page, SESSION).confirms_in_s is None


def test_nobodys_id_is_taken_from_a_page_of_somebody_who_is_logged_out() -> None:
    assert read_session(session_page(TAKE, menu=club.LOGGED_OUT), SESSION).club_member_id is None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (club.DOOR_CODE, "Kode for tilgang til bygget: 2580#"),
        (f"Velkommen! {club.DOOR_ENTRANCE}", "Bruk hovedinngangen, eller kode 2580#"),
        (club.DOOR_CODE.replace(": ", ":<br>"), "Kode for tilgang til bygget: 2580#"),
    ],
)
def test_the_door_code_is_kept_out_of_sight(said: str, text: str) -> None:
    page = read_session(session_page(said), SESSION)
    assert page.door_code is not None
    assert page.door_code.get_secret_value() == text
    assert "2580" not in repr(page) + page.model_dump_json()


def test_the_hour_of_a_link_may_be_written_either_way() -> None:
    padded = session_page(substitute=WITHDRAW).replace(b"T9:00:00", b"T09:00:00")
    assert read_session(padded, SESSION).verdict.kind is VerdictKind.SIGNED_UP


@pytest.mark.parametrize(
    ("menu", "kind"), [(club.LOGGED_IN, VerdictKind.REFUSED), (club.LOGGED_OUT, VerdictKind.LOGGED_OUT)]
)
def test_an_error_in_answer_to_an_action_says_nothing_about_the_link(menu: str, kind: VerdictKind) -> None:
    page = club.whole_page("<p>ERROR: Ugyldig lenke.</p>", menu=menu)
    assert read_session(page, SESSION, acting=True).verdict.kind is kind


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 dag, 9 timer og 9 minutter", DAY_9_9),
        ("4 dager, 4 timer og 11 minutter", 100 * 3600 + 660),
        ("2 dager og 1 time", 49 * 3600),
        ("1 time og 1 minutt", 3660),
        ("11 minutter", 660),
        ("0 minutter", 0),
        ("ett minutt", 60),
        ("en time og 30 sekunder", 3630),
        ("mindre enn 1 minutt", 60),
        ("snart", None),
        ("", None),
    ],
)
def test_countdowns(text: str, seconds: int | None) -> None:
    assert countdown_s(text) == seconds


def test_a_fingerprint_is_of_the_structure_alone() -> None:
    def fingerprint(page: bytes) -> str | None:
        return read_session(page, SESSION).verdict.fingerprint

    page = session_page(some_free(2), substitute="Sølve T.")
    assert fingerprint(page) == fingerprint(session_page(some_free(3), substitute="Ingvild Q."))
    assert fingerprint(page) != fingerprint(session_page(f"<div class='ny'>{some_free(2)}</div>"))


@given(st.binary(max_size=400), st.sampled_from([*STATES]), st.floats(0, 1), st.booleans())
def test_no_bytes_make_it_raise(noise: bytes, name: str, where: float, cut: bool) -> None:
    page = STATES[name][0]
    at = int(len(page) * where)
    read_session(page[:at] + noise + (b"" if cut else page[at:]), SESSION)
    read_session(noise, SESSION, acting=True)


_PAGES_WITHOUT_PROOF = [name for name, (_, verdict) in STATES.items() if verdict.kind is not VerdictKind.SIGNED_UP]


@given(st.sampled_from(_PAGES_WITHOUT_PROOF), st.floats(0, 1), st.floats(0, 1))
def test_no_truncation_of_a_page_without_proof_says_signed_up(name: str, start: float, end: float) -> None:
    page = STATES[name][0]
    if b"Kode for tilgang" in page or b"fjernvikarid" in page:
        return
    piece = page[int(len(page) * start) : int(len(page) * end)]
    assert read_session(piece, SESSION).verdict.kind is not VerdictKind.SIGNED_UP


@given(st.binary(max_size=300))
def test_noise_never_says_signed_up(noise: bytes) -> None:
    assert read_session(session_page().replace(b"</table>", noise), SESSION).verdict.kind is not VerdictKind.SIGNED_UP
