"""What a form says if nothing is filled in, and what guards it."""

from urllib.parse import parse_qs

import pytest
from selectolax.lexbor import LexborNode
from yarl import URL

from autotennis.adapters.clubs.cookies import Cookies
from autotennis.adapters.clubs.forms import Guard, name_of, proposed, required
from autotennis.adapters.clubs.markup import parsed

GUARD = Guard("guard", "guarded_by")


def form_of(html: str) -> LexborNode:
    form = parsed(f"<form>{html}</form>").css_first("form")
    assert form
    return form


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<input name="a" value="x" required>', "x"),
        ('<input name="a" required>', ""),
        ('<input name="a" type="checkbox" value="on" required>', ""),
        ('<input name="a" type="checkbox" value="on" checked required>', "on"),
        ('<input name="a" type="radio" value="1" required>', ""),
        ('<textarea name="a" required>some words</textarea>', "some words"),
        ('<select name="a" required><option value="1"></option></select>', ""),
        ('<select name="a" required><option value="1"></option><option value="2" selected></option></select>', "2"),
    ],
)
def test_a_form_says_no_more_than_it_proposes(html: str, said: str) -> None:
    (field,) = required(form_of(html))
    assert (name_of(field), proposed(field)) == ("a", said)


def test_what_a_browser_does_not_ask_for_is_not_required() -> None:
    assert required(form_of('<input name="a"><input name="b" required disabled>')) == []


@pytest.mark.parametrize(
    ("root", "name"), [("http://127.0.0.1:1/", "guard"), ("https://club.example/", "__Host-guard")]
)
async def test_a_form_tells_the_cookie_of_this_moment(root: str, name: str) -> None:
    jar, at = Cookies(URL(root).host), URL(root)
    GUARD.begin(jar, at)
    (cookie,) = jar.filter_cookies(at).values()
    assert parse_qs(GUARD.form(jar, {"a": "1"}).decode()) == {"a": ["1"], "guarded_by": [cookie.value]}
    assert cookie.key == name
    jar.update_cookies_from_headers([f"{name}=after-login; Path=/"], at)
    assert parse_qs(GUARD.form(jar, {}).decode()) == {"guarded_by": ["after-login"]}
