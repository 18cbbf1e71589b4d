"""Every state of a session's page, in the club's own words."""

from datetime import datetime, time

import pytest
from pydantic import SecretStr

from practice_club.model import ClubModel, SessionKey
from practice_club.people import Member, Slot
from practice_club.session_page import SessionPage, SessionView, Viewer
from practice_club.times import OSLO
from practice_club.vocabulary import Kind
from practice_club.words import ENGLISH, NORWEGIAN, Words, time_left

START = datetime(2026, 11, 27, 9, tzinfo=OSLO)
HOUR_NS = 3_600_000_000_000
REGULAR, OTHER_REGULAR, MEMBER, OTHER = 1, 2, 11, 12
LINK = "./timeinfo.php?spilletid=20261127T9:00:00&amp;timeid=65&amp;"
NAMES = {REGULAR: "Åse Nøstebakk", OTHER_REGULAR: "Pål Skårnes", MEMBER: "Jørn Duneskog", OTHER: "Njål Hjuløy"}


class Scene:
    """A session, and how it looks so many hours before its start."""

    def __init__(self, **slot: object) -> None:
        self.model = ClubModel()
        for member_id, name in NAMES.items():
            email = f"{member_id}@practice.invalid"
            self.model.add_member(Member(id=member_id, email=email, pin=SecretStr("0000"), name=name))
        facts = {"timeid": 65, "weekday": 4, "at": time(9), "capacity": 4, "regulars": (1, 2, None), **slot}
        self.model.add_slot(Slot.model_validate(facts))
        self.session = self.model.session(SessionKey(65, START))

    def at(self, hours_before: float) -> int:
        return self.session.starts_ns - round(hours_before * HOUR_NS)

    def view(self, hours_before: float, member_id: int | None = None, words: Words = NORWEGIAN) -> SessionView:
        viewer = Viewer(member_id, door_code="0000#")
        return SessionPage(self.model, self.session, viewer, words, self.at(hours_before)).view()

    def lines(self, hours_before: float, member_id: int | None = None) -> list[str]:
        return [str(line) for line in self.view(hours_before, member_id).lines]

    def row(self, hours_before: float, member_id: int | None, group: int = 0, row: int = 0) -> str:
        return str(self.view(hours_before, member_id).groups[group].rows[row])


NONE_FREE = "Det er for &oslash;yeblikket <strong>ingen</strong> ledige plasser p&aring; denne timen."


def test_more_than_seven_days_ahead_both_countdowns_are_shown() -> None:
    assert Scene().lines(168 + 4 + 11 / 60, MEMBER) == [
        (
            "<i>Faste spillere</i> kan bekrefte/avkrefte oppm&oslash;te p&aring; denne timen om "
            "<strong>4 timer og 11 minutter</strong>."
        ),
        NONE_FREE,
        (
            "Eventuelle ledige plasser &aring;pnes for <i>&ldquo;drop in&rdquo;</i>-medlemmer om "
            "<strong>4 dager, 4 timer og 11 minutter</strong>."
        ),
    ]


def test_before_the_opening_only_the_countdown_is_shown() -> None:
    expected = (
        "Eventuelle <i>ubekreftede</i> timer &aring;pnes for andre medlemmer om "
        "<strong>1 dag, 9 timer og 9 minutter</strong>."
    )
    assert Scene().lines(72 + 33 + 9 / 60, MEMBER) == [expected]


def test_a_declined_place_is_offered_before_the_opening() -> None:
    scene = Scene()
    scene.session.decline(REGULAR, scene.at(100), scene.model.rules)
    countdown, offer = scene.lines(99, MEMBER)
    assert "andre medlemmer om <strong>1 dag og 3 timer</strong>" in countdown
    assert offer == (
        "Det er for &oslash;yeblikket <strong>1</strong> ledig plass p&aring; denne timen. "
        f'Trykk <a href="{LINK}leggtilvikarid=11&amp;lang=no">her</a> for &aring; ta den ledige plassen.'
    )


def test_several_free_places_have_their_own_sentence() -> None:
    assert Scene().lines(72, MEMBER) == [
        (
            "Det er for &oslash;yeblikket <strong>4</strong> ledige plasser p&aring; denne timen. "
            f'Trykk <a href="{LINK}leggtilvikarid=11&amp;lang=no">her</a> for &aring; ta en av de ledige plassene.'
        )
    ]


def test_visitors_and_regulars_are_offered_no_place() -> None:
    count = "Det er for &oslash;yeblikket <strong>4</strong> ledige plasser p&aring; denne timen."
    assert Scene().lines(50) == [count]
    assert Scene().lines(50, REGULAR) == [count]


def test_a_full_session_says_none() -> None:
    scene = Scene(capacity=1, regulars=())
    scene.session.sign_up(OTHER, scene.at(60), scene.model.rules)
    assert scene.lines(50, MEMBER) == [NONE_FREE]


def test_who_is_signed_up_sees_the_code_and_the_way_out() -> None:
    scene = Scene()
    scene.session.sign_up(MEMBER, scene.at(60), scene.model.rules)
    assert scene.lines(50, MEMBER)[-1] == "Kode for tilgang til bygget: <strong>0000#</strong>"
    assert f'<a href="{LINK}fjernvikarid=11&amp;lang=no">' in scene.row(50, MEMBER, group=1)
    assert "Trykk" not in scene.lines(50, MEMBER)[0]
    assert scene.row(50, OTHER, group=1) == "Jørn D."
    assert not any("Kode" in line for line in scene.lines(50, OTHER))


def test_padel_has_its_own_door_text() -> None:
    scene = Scene(kind=Kind.PADEL, regulars=())
    scene.session.sign_up(MEMBER, scene.at(60), scene.model.rules)
    assert scene.lines(50, MEMBER)[-1] == "Bruk hovedinngangen, eller kode <strong>0000#</strong>"


def test_drop_in_sessions_have_one_group_and_their_own_countdown() -> None:
    scene = Scene(kind=Kind.DROP_IN, regulars=())
    view = scene.view(72 + 2)
    assert [str(group.title) for group in view.groups] == ["Vikarer (0 stk.)"]
    assert [str(row) for row in view.groups[0].rows] == ["-"]
    assert "&ldquo;drop in&rdquo;</i>-medlemmer om <strong>2 timer</strong>" in scene.lines(74)[0]


@pytest.mark.parametrize(
    ("hours_before", "expected"),
    [
        (169, "Åse N."),
        (100, "Åse N. (ubekreftet)"),
        (
            71,
            'Åse N. <span class="kommerikke">(<abbr title="Status satt av websystemet">kommer ikke</abbr>)</span>',
        ),
    ],
)
def test_a_regulars_status_for_others(hours_before: float, expected: str) -> None:
    assert Scene().row(hours_before, MEMBER) == expected


def test_a_regulars_own_word_for_others() -> None:
    scene = Scene()
    scene.session.confirm(REGULAR, scene.at(100), scene.model.rules)
    scene.session.decline(OTHER_REGULAR, scene.at(100), scene.model.rules)
    assert scene.row(99, MEMBER, row=0) == 'Åse N. <span class="bekreftet">(kommer)</span>'
    assert scene.row(99, MEMBER, row=1) == 'Pål S. <span class="kommerikke">(kommer ikke)</span>'
    assert scene.row(99, MEMBER, row=2) == "<i>Fast ledig plass</i>"


def test_a_regulars_own_row_has_the_links() -> None:
    scene = Scene()
    yes = f'<a href="{LINK}bekrefteid=1&amp;lang=no">kommer</a>'
    no = f'<a href="{LINK}kommerikkeid=1&amp;lang=no">kommer ikke</a>'
    assert scene.row(169, REGULAR) == "Åse N."
    assert scene.row(100, REGULAR) == f"Åse N. ({yes} | {no})"
    assert scene.row(71, REGULAR) == f'Åse N. ({yes} | <span class="kommerikke">kommer ikke</span>)'
    scene.session.confirm(REGULAR, scene.at(70), scene.model.rules)
    assert scene.row(69, REGULAR) == f'Åse N. (<span class="bekreftet">kommer</span> | {no})'


def test_a_regular_cannot_confirm_when_all_places_are_taken() -> None:
    scene = Scene(capacity=2, regulars=(1, 2))
    for member_id in (MEMBER, OTHER):
        scene.session.sign_up(member_id, scene.at(60), scene.model.rules)
    assert "bekrefteid" not in scene.row(50, REGULAR)


def test_a_cancelled_session_says_so_and_a_past_one_says_nothing() -> None:
    scene = Scene()
    assert scene.lines(0, MEMBER) == []
    scene.session.cancelled = True
    assert scene.lines(50, MEMBER) == ['<span class="informasjon">Treningen er avlyst.</span>']
    assert "<a " not in scene.row(50, REGULAR)


def test_english_pages_have_other_words_for_the_same() -> None:
    scene = Scene()
    scene.session.sign_up(MEMBER, scene.at(60), scene.model.rules)
    english = "".join(map(str, scene.view(50, MEMBER, ENGLISH).lines))
    assert "Kode for tilgang" not in english
    assert "Code for access to the building" in english


def test_the_table_shows_where_and_when() -> None:
    view = Scene(coach="Målfrid Skårnes", theme="Volley").view(50)
    assert (view.date, view.clock, view.level) == ("Fredag&nbsp;27/11", "9:00-10:00", "M*")
    assert (view.coach, view.theme, view.row_tag_missing) == ("Målfrid Skårnes", "Volley", False)


@pytest.mark.parametrize(
    ("left_s", "expected"),
    [
        (119_340, "1 dag, 9 timer og 9 minutter"),
        (360_660, "4 dager, 4 timer og 11 minutter"),
        (3_660, "1 time og 1 minutt"),
        (86_400, "1 dag"),
        (59.9, "0 minutter"),
        (-5, "0 minutter"),
    ],
)
def test_countdowns_are_written_as_on_the_saved_pages(left_s: float, expected: str) -> None:
    assert time_left(left_s, NORWEGIAN) == expected
