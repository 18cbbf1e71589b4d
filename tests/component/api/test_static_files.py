"""The pages' own files are fetched once, and again only when they have changed."""

import re
from collections.abc import Sequence
from http import HTTPStatus

import pytest
from support.api_site import Site, Visitor

KEPT = "public, max-age=31536000, immutable"


def addresses(page: str) -> Sequence[str]:
    """Where the page's own files are."""
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', page)


def test_a_browser_keeps_every_file_of_a_page(site: Site, member: Visitor) -> None:
    found = addresses(member.get("/").text)
    assert {"app.css", "app.js", "ball.svg", "pico.jade.min.css"} == {
        one.rpartition("/")[2].partition("?")[0] for one in found
    }
    for address in found:
        answer = site.visitor().get(address)
        assert answer.status_code == HTTPStatus.OK
        assert answer.headers["Cache-Control"] == KEPT
        assert "Vary" not in answer.headers


def test_an_address_names_what_is_in_the_file(site: Site, member: Visitor) -> None:
    marks = [address.partition("?v=")[2] for address in addresses(member.get("/").text)]
    assert all(marks)
    assert len({*marks}) == len({*addresses(member.get("/").text)})


@pytest.mark.parametrize("address", ["/static/app.css", "/static/app.css?v=another", "/static/app.css?v="])
def test_what_is_asked_for_by_another_address_is_asked_for_again(site: Site, address: str) -> None:
    answer = site.visitor().get(address)
    assert answer.status_code == HTTPStatus.OK
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/static/no-such-file.css", "/static/no-such-file.css?v="])
def test_that_a_file_is_not_there_is_not_kept(site: Site, address: str) -> None:
    answer = site.visitor().get(address)
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert answer.headers["Cache-Control"] == "no-store"


def test_files_are_as_safe_as_pages(site: Site, member: Visitor) -> None:
    answer = site.visitor().get(addresses(member.get("/").text)[0])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
