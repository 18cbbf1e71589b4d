"""Nobody sees or touches what is another member's, on any page that there is."""

from collections.abc import Iterator

import pytest
from support.api_site import ClubBeside, Site, Visitor

from autotennis.domain.booking import State
from practice_club.orders import NewSession

OPEN_TO_ALL = {
    "static",
    "accounts.forgotten",
    "accounts.language",
    "accounts.register",
    "accounts.sign_in",
    "accounts.sign_out",
    "bookings.home",
    "machines.healthz",
}
# For whoever is no operator, or has no secret, there are no such pages.
HIDDEN = {"machine_metrics.show", "machine_metrics.relay"}


# What only scripts ask for is refused without leading anybody anywhere.
FOR_SCRIPTS = {"bookings.home_live", "bookings.show_live", "live.booking_stream", "live.home_stream"}


def _doors(site: Site) -> Iterator[tuple[str, str, str]]:
    """Every endpoint with each of its methods and its path; a booking's id is left open."""
    for rule in site.app.url_map.iter_rules():
        for method in (rule.methods or set[str]()) - {"HEAD", "OPTIONS"}:
            yield rule.endpoint, method, rule.rule.replace("<booking_id>", "{booking_id}")


def _send(visitor: Visitor, method: str, path: str) -> tuple[int, str, str]:
    answer = visitor.client.get(path) if method == "GET" else visitor.post(path, {}, follow=False)
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def test_pages_for_members_send_everybody_else_to_sign_in(site: Site, booking_id: str) -> None:
    visitor = site.visitor()
    checked = 0
    for endpoint, method, path in _doors(site):
        if endpoint not in OPEN_TO_ALL:
            status, location, text = _send(visitor, method, path.format(booking_id=booking_id))
            refusal = (401, "") if endpoint in FOR_SCRIPTS else (303, "/sign-in")
            if endpoint in HIDDEN or endpoint.startswith("operator."):
                refusal = (404, "")
            assert (status, location.split("?")[0]) == refusal, f"{method} {path}"
            assert booking_id not in text or booking_id in location
            checked += 1
    assert checked >= 12
    assert site.ports.store.booking(booking_id).state is State.REQUESTED


def test_another_members_booking_does_not_exist(site: Site, booking_id: str, stranger: Visitor) -> None:
    checked = 0
    for _, method, path in _doors(site):
        if "{booking_id}" in path:
            others = _send(stranger, method, path.format(booking_id=booking_id))
            nobodys = _send(stranger, method, path.format(booking_id="no-such-booking"))
            assert others[0] == nobodys[0] == 404, f"{method} {path}"
            checked += 1
    assert checked == 10
    assert site.ports.store.booking(booking_id).state is State.REQUESTED


def test_no_page_of_one_member_shows_anothers_booking(site: Site, booking_id: str, stranger: Visitor) -> None:
    for _, method, path in _doors(site):
        if method == "GET" and "{" not in path and "<" not in path:
            assert booking_id not in stranger.client.get(path).text, path


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
