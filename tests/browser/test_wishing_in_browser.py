"""Asked first, one of several, and together with friends, in a real browser: for everybody, on phones and a desk."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.api_site import ClubBeside, claim, offer, win
from support.browsing import PHONE, Look, Program, is_for_everybody, paste, sign_in

from autotennis.domain.booking import Booking, LetGo
from autotennis.domain.group import Companion, founded
from autotennis.domain.member import Member
from autotennis.domain.runs import LetGoReason
from practice_club.orders import NewSession

LOOKS = [
    pytest.param(PHONE, id="phone"),
    pytest.param(Look(width=1280, height=860, dark=True), id="desk, dark"),
]
BOOKING = re.compile(r"/bookings/[0-9a-f]+$")
GROUP = re.compile(r"/groups/[0-9a-f]+$")


def _link(club: ClubBeside, opens_in_s: float = 86_400) -> str:
    return club.add_session(NewSession(opens_in_s=opens_in_s))[1]


def _booked(page: Page, program: Program) -> Booking:
    """Confirms the preview; gives the booking."""
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    page.wait_for_url(BOOKING)
    return program.ports.store.booking(page.url.rsplit("/", 1)[1])


@pytest.mark.parametrize("look", LOOKS, indirect=True)
@pytest.mark.usefixtures("look")
def test_from_the_wish_to_be_asked_to_the_answer(
    page: Page, program: Program, club: ClubBeside, registered: str
) -> None:
    sign_in(page, registered)
    paste(page, _link(club))
    page.get_by_label("Ask me first").select_option("Yes, with 15 minutes to answer")
    booking = _booked(page, program)
    offer(program.ports, booking.id)
    # It comes by itself, and is announced.
    expect(page.get_by_role("heading", name="A place is free. Do you want it?")).to_be_visible()
    expect(page.locator("#announcement")).to_contain_text("Your answer is needed")
    page.goto("/")
    page.get_by_role("link", name="Answer").click()
    page.get_by_role("button", name="Yes, sign me up").click()
    expect(page.get_by_text("We are trying to get the place for you")).to_be_visible()
    is_for_everybody(page, "an answer")
    kept = program.ports.store.booking(booking.id).offer
    assert kept is not None
    assert kept.accepted


@pytest.mark.parametrize("look", LOOKS, indirect=True)
@pytest.mark.usefixtures("look")
def test_from_several_links_to_the_one_that_was_won(
    page: Page, program: Program, club: ClubBeside, registered: str
) -> None:
    sign_in(page, registered)
    paste(page, _link(club))
    expect(page.get_by_label("Else this one", exact=True)).to_be_hidden()
    page.get_by_text("Other sessions, in case you do not get this one").click()
    page.get_by_label("Else this one", exact=True).fill("no link")
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    expect(page.get_by_role("alert")).to_contain_text("Else this one: This is not a link.")
    is_for_everybody(page, "a preview with a mistake among its links")
    page.get_by_label("Else this one", exact=True).fill(_link(club, 2 * 86_400))
    booking = _booked(page, program)
    expect(page.get_by_role("heading", name="One of these, in this order:")).to_be_visible()
    is_for_everybody(page, "one of several")
    bond, ports = booking.bond, program.ports
    assert bond is not None
    lesser = ports.store.bound(bond.id)[1]
    page.goto(f"/bookings/{lesser.id}")
    claim(ports, booking.id)
    win(ports, booking.id)
    why, now = LetGo(because=booking.id, reason=LetGoReason.OUTDONE), ports.clock.now()
    ports.store.change(lesser.id, lambda it: it.let_go_for(why, now))
    expect(page.get_by_text("Given up because you got")).to_be_visible()
    is_for_everybody(page, "one that was given up")
    page.locator("#winner").click()
    expect(page.get_by_text("You have a place: the club's own page shows it.")).to_be_visible()


@pytest.mark.parametrize(
    "look", [*LOOKS, pytest.param(Look(width=320, height=600), id="very small phone")], indirect=True
)
@pytest.mark.usefixtures("look")
def test_from_a_group_to_booking_for_it(
    page: Page, program: Program, club: ClubBeside, registered: str, friend: Member
) -> None:
    sign_in(page, registered)
    page.get_by_role("link", name="Groups").click()
    page.get_by_label("Name of the group").fill("Tuesday doubles in the old hall by the river")
    page.get_by_role("button", name="Make the group").click()
    expect(page.get_by_role("alert")).to_contain_text("The name under which the others see you: This is needed.")
    page.get_by_label("The name under which the others see you").fill("Åshild")
    page.get_by_role("button", name="Make the group").click()
    page.wait_for_url(GROUP)
    group_id, now = page.url.rsplit("/", 1)[1], program.ports.clock.now()
    program.ports.store.change_group(group_id, lambda it: it.joined(friend.id, "Ingvild Marie", now))
    page.reload()
    is_for_everybody(page, "a group of one's own")
    page.get_by_role("button", name="Move Ingvild Marie up").click()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_contain_text("Ingvild Marie")

    paste_at_home(page, _link(club))
    page.get_by_label("Ingvild Marie").check()
    page.get_by_label("If there are fewer places than of us").select_option("all of us or nobody")
    _booked(page, program)
    expect(page.get_by_role("heading", name="Together with")).to_be_visible()
    is_for_everybody(page, "together")
    page.get_by_role("link", name="Cancel this booking").click()
    page.get_by_label("For all of us").check()
    is_for_everybody(page, "cancelling for all")
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_text("1 booking of the others is cancelled, too.")).to_be_visible()


def paste_at_home(page: Page, link: str) -> None:
    """Sends a link from the list, wherever one is."""
    page.goto("/")
    paste(page, link)


@pytest.mark.parametrize("look", LOOKS, indirect=True)
@pytest.mark.usefixtures("look")
def test_from_the_invitation_to_leaving(page: Page, program: Program, registered: str, friend: Member) -> None:
    now = program.ports.clock.now()
    owner = Companion(member_id=friend.id, name="Ingvild Marie", since=now)
    group = founded(program.ports.ids.new(), "Tuesday doubles", owner, program.ports.ids.new())
    program.ports.store.add_group(group)
    page.goto(f"/groups/{group.id}/join/{group.invitation}")
    page.get_by_label("E-mail address").fill(registered)
    page.get_by_label("Your password for Autotennis").fill("et langt og godt passord")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Join “Tuesday doubles”?")).to_be_visible()
    page.get_by_label("The name under which the others see you").fill("Åshild")
    page.get_by_role("button", name="Yes, I agree and join").click()
    page.wait_for_url(GROUP)
    is_for_everybody(page, "somebody else's group")
    page.get_by_role("link", name="Leave the group").click()
    page.get_by_role("button", name="Yes, leave").click()
    expect(page.get_by_text("You have left the group")).to_be_visible()
