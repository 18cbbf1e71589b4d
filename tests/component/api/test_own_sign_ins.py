"""Where a member is signed in, and how that ends; how the login at the club is; limits that hold for all instances."""

from pathlib import Path

import pytest
from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, Site, Visitor, api_settings, claim, open_site, words

from autotennis.adapters.local.database import FILE_NAME
from autotennis.domain.booking import Budget, Outcome
from autotennis.domain.member import MOST_SIGN_INS, Member
from autotennis.member_secrets import note_refusal
from autotennis.values import Action, Attempt, Failure, FailureReason, Verdict, VerdictKind
from autotennis_api.sign_ins import browser_of
from practice_club.orders import NewSession

ON_A_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


def _account(site: Site, email: str) -> Member:
    found = site.ports.store.member_by_email(email)
    assert found is not None
    return found


def _is_in(visitor: Visitor) -> bool:
    return visitor.get("/settings").request.path == "/settings"


def test_each_is_listed_and_the_one_here_is_marked(site: Site, member: Visitor, email: str) -> None:
    phone = site.visitor()
    phone.client.environ_base["HTTP_USER_AGENT"] = ON_A_PHONE
    phone.sign_in(email)
    shown = words(member.get("/settings/sign-ins"))
    assert "Safari, iPhone" in shown
    assert shown.count("Last used:") == 2
    assert shown.count("(here)") == 1


def test_one_is_ended_and_the_others_stay(site: Site, member: Visitor, email: str) -> None:
    visitors = [site.visitor() for _ in range(2)]
    for one in visitors:
        one.sign_in(email)
    ended = _account(site, email).sign_ins[1].id
    assert "That device is signed out." in words(member.post(f"/settings/sign-ins/{ended}/end", {}))
    assert [_is_in(one) for one in (member, *visitors)] == [True, False, True]


def test_all_others_are_ended_at_once(site: Site, member: Visitor, email: str) -> None:
    elsewhere = site.visitor()
    elsewhere.sign_in(email)
    member.post("/settings/sign-ins/end-others", {})
    assert [_is_in(one) for one in (member, elsewhere)] == [True, False]
    assert len(_account(site, email).sign_ins) == 1


def test_who_signs_out_is_listed_no_more_and_a_kept_cookie_is_worth_nothing(
    site: Site, member: Visitor, email: str
) -> None:
    cookie = member.client.get_cookie("autotennis")
    assert cookie is not None
    member.post("/sign-out", {})
    assert _account(site, email).sign_ins == ()
    member.client.set_cookie("autotennis", cookie.value)
    assert not _is_in(member)


def test_nobody_ends_what_is_another_members(site: Site, member: Visitor, email: str, stranger: Visitor) -> None:
    mine = _account(site, email).sign_ins[0].id
    stranger.post(f"/settings/sign-ins/{mine}/end", {})
    assert _is_in(member)


def test_a_changed_password_ends_all_others_and_lists_one(site: Site, member: Visitor, email: str) -> None:
    elsewhere = site.visitor()
    elsewhere.sign_in(email)
    new = "et helt nytt passord"
    member.post("/settings/password", {"old": PASSWORD, "password": new, "again": new})
    assert [_is_in(one) for one in (member, elsewhere)] == [True, False]
    assert len(_account(site, email).sign_ins) == 1


def test_a_cookie_is_worth_nothing_once_the_password_is_another(site: Site, member: Visitor, email: str) -> None:
    """However it was changed: whoever restores an account's sign-ins from a backup, say, lets nobody in by that."""
    account = _account(site, email)
    site.ports.store.change_member(account.id, lambda it: it.model_copy(update={"password_hash": "another"}))
    assert _account(site, email).sign_ins == account.sign_ins
    assert not _is_in(member)


def test_a_cookie_of_another_secret_is_nobodys(site: Site, club: ClubBeside, member: Visitor, tmp_path: Path) -> None:
    cookie = member.client.get_cookie("autotennis")
    assert cookie is not None
    secret = "a secret of another installation, long enough"
    with open_site(api_settings(tmp_path, club.rules(), session_secret=secret)) as other:
        there = other.visitor()
        there.client.set_cookie("autotennis", cookie.value)
        assert not _is_in(there)


def test_of_too_many_the_oldest_ends(site: Site, member: Visitor, email: str) -> None:
    account = _account(site, email)
    for number in range(MOST_SIGN_INS):
        site.ports.store.change_member(account.id, lambda it, n=number: it.signed_in(f"s-{n}", "", account.created_at))
    assert len(_account(site, email).sign_ins) == MOST_SIGN_INS
    assert not _is_in(member)


def test_the_day_of_the_last_use_is_kept(site: Site, member: Visitor, email: str) -> None:
    account = _account(site, email)
    mine, today = account.sign_ins[0], account.sign_ins[0].last_used
    long_ago = today.replace(year=today.year - 1, day=1)
    site.ports.store.change_member(account.id, lambda it: it.used_on(mine.id, long_ago))
    member.get("/")
    assert _account(site, email).sign_ins[0].last_used == today


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (ON_A_PHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_has_a_coarse_name_of_our_own_words(said: str, name: str) -> None:
    assert browser_of(said) == name


# The login at the club


def test_settings_tell_when_the_club_took_the_login(site: Site, member: Visitor) -> None:
    assert "Øvingsklubben last took your login on" in words(member.get("/settings"))


def test_settings_tell_since_when_it_is_refused_until_it_is_mended(
    site: Site, member: Visitor, email: str, booking_id: str, club: ClubBeside
) -> None:
    account, ports = _account(site, email), site.ports
    claim(ports, booking_id)
    booking, now = ports.store.booking(booking_id), ports.clock.now()
    sent_ms = (now - booking.opening_at).total_seconds() * 1000 + 1
    refused = Attempt(action=Action.LOG_IN, sent_ms=sent_ms, latency_ms=1, verdict=Verdict(kind=VerdictKind.REFUSED))
    failure, sent = Failure(reason=FailureReason.LOGIN_REFUSED), Budget(requests=1, sign_ups=0)
    ports.store.change(booking_id, lambda it: it.failed(failure, sent, Outcome(timeline=(refused,)), now))
    note_refusal(ports.vault, account.id, CLUB_ID)
    assert "Øvingsklubben has refused your login since" in words(member.get("/settings"))
    # Refused before, the same password is taken now.
    answer = member.post("/settings/club-password", {"club": CLUB_ID, "club_password": PIN})
    assert "refused" not in words(answer)
    assert "last took your login" in words(answer)


# Limits


def test_limits_on_signing_in_hold_for_two_instances_together(
    site: Site, club: ClubBeside, member: Visitor, email: str, tmp_path: Path
) -> None:
    with open_site(api_settings(tmp_path, club.rules())) as other:
        visitors = [site.visitor(), other.visitor()]
        codes = [visitors[turn % 2].sign_in(email, "et langt og galt passord").status_code for turn in range(11)]
        assert codes == [422] * 10 + [429]
        assert [one.sign_in(email).status_code for one in visitors] == [429, 429]


def test_a_session_that_one_instance_ended_is_none_for_the_other(
    site: Site, club: ClubBeside, member: Visitor, tmp_path: Path
) -> None:
    with open_site(api_settings(tmp_path, club.rules())) as other:
        cookie = member.client.get_cookie("autotennis")
        assert cookie is not None
        there = other.visitor()
        there.client.set_cookie("autotennis", cookie.value)
        assert _is_in(there)
        member.post("/sign-out", {})
        assert not _is_in(there)


def test_what_is_counted_does_not_tell_who_tried(site: Site, member: Visitor, email: str, tmp_path: Path) -> None:
    site.visitor().sign_in(email, "et langt og galt passord")
    files = [one.read_bytes() for one in tmp_path.glob(f"{FILE_NAME}*")]
    assert any(b"SIGN_IN_OF_EMAIL/900/" in one for one in files)
    assert not any(b"SIGN_IN_OF_EMAIL/900/" + email.encode() in one for one in files)


@pytest.mark.parametrize("path", ["/", "/settings", "/no-such-page", "/static/app.css", "/calendar/x/y.ics"])
def test_every_answer_is_sent_with_all_that_keeps_it_safe(
    site: Site, club: ClubBeside, tmp_path: Path, path: str
) -> None:
    settings = api_settings(tmp_path, club.rules(), plain_http=False)
    with open_site(settings) as over_tls:
        headers = over_tls.visitor().get(path).headers
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    for device in ("camera", "geolocation", "microphone", "payment", "usb"):
        assert f"{device}=()" in headers["Permissions-Policy"]


def test_no_page_has_a_script_or_style_inside(site: Site, club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    booking_id = member.book(link)
    pages = ["/", f"/bookings/{booking_id}", "/settings", "/settings/sign-ins", "/settings/calendar", "/settings/leave"]
    for page in [*pages, "/operator/invitations"]:
        text = member.get(page).text
        assert "<style" not in text
        assert ' style="' not in text
        assert "<script>" not in text
        assert " onclick=" not in text
