"""Pages in the reader's language."""

import pytest
from support.api_site import Site, Visitor, words


@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        ("nb-NO,nb;q=0.9,en;q=0.8", "nb", "Plassen din, i det øyeblikket det åpner"),
        ("no", "nb", "Plassen din, i det øyeblikket det åpner"),
        ("nn-NO,nn", "nb", "Plassen din, i det øyeblikket det åpner"),
        ("en-GB,en;q=0.9,nb;q=0.1", "en", "Your place, the moment it opens"),
        ("de", "en", "Your place, the moment it opens"),
        ("", "en", "Your place, the moment it opens"),
    ],
)
def test_the_browser_asks_for_a_language(site: Site, asked: str, language: str, title: str) -> None:
    answer = site.visitor(asked).get("/")
    assert f'<html lang="{language}">' in answer.text
    assert title in words(answer)


def test_a_reader_without_an_account_can_choose_another(site: Site) -> None:
    visitor = site.visitor("en")
    answer = visitor.post("/language", {"language": "nb", "back": "/register"})
    assert answer.request.path == "/register"
    assert "Hos klubben" in words(answer)
    assert '<html lang="nb">' in visitor.get("/").text


@pytest.mark.parametrize("chosen", ["de", "", "nb'; drop"])
def test_a_language_that_there_is_not_changes_nothing(site: Site, chosen: str) -> None:
    answer = site.visitor("en").post("/language", {"language": chosen, "back": "https://evil.example/"})
    assert answer.request.path == "/"
    assert '<html lang="en">' in answer.text


def test_whoever_registers_on_a_norwegian_page_gets_a_norwegian_account(site: Site, email: str) -> None:
    assert "Velkommen!" in words(site.visitor("nb").register(email))
    member = site.ports.store.member_by_email(email)
    assert member is not None
    assert member.language == "nb"


def test_signing_out_keeps_the_language(site: Site, member: Visitor) -> None:
    member.post("/language", {"language": "nb", "back": "/"})
    assert "Du er logget ut." in words(member.post("/sign-out", {}))


@pytest.mark.parametrize(("language", "title"), [("en", "There is no such page"), ("nb", "Siden finnes ikke")])
def test_error_pages_are_in_the_readers_language_too(site: Site, language: str, title: str) -> None:
    answer = site.visitor(language).get("/no-such-page")
    assert answer.status_code == 404
    assert title in words(answer)
    assert f'<html lang="{language}">' in answer.text
