"""Every page of the table: it is served, in the reader's language, and none that the program serves is missing."""

import html
import re
from collections.abc import Mapping
from pathlib import Path

from support.api_site import ClubBeside, Site, Visitor, words
from support.dead_letters import publish_and_give_up
from support.every_page import NO_PAGES, PLACES, Reader
from support.stage import LANGUAGES, staged

# What no language changes: people, places and groups, addresses, what people wrote, and what programs are called.
NAMES = re.compile(
    r"(.* \N{EN DASH} )?Autotennis|English|Norsk|API|Tennis|Nordhallen|Bane \d|Øvingsklubben|Samsung Internet, Android"
    r"|Kari|Ingvild|Pål|Kari, Ingvild, Pål|Tuesday doubles|Kari's laptop|Kode for tilgang til bygget: 8520#"
    r"|\S+@example\.org|member/\w+|:? ?On holiday\.|It smokes\.|WatchDue → waitlist|timer|booker|waitlist"
    r"|notifier|Telegram|Webhook|hooks\.example\.org|status 401|ntfy|Discord|Slack|Matrix|\w+://\S+"
    r"|[\N{MINUS SIGN}+]\d+ ms|https://…"
)


def test_the_table_has_every_page(site: Site) -> None:
    served = {rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    listed = {place.endpoint for place in PLACES}
    assert served == listed | set(NO_PAGES)
    assert not listed & set(NO_PAGES)
    assert len({place.name for place in PLACES}) == len(PLACES)


def test_no_page_has_words_that_are_the_same_in_both_languages(site: Site, club: ClubBeside, tmp_path: Path) -> None:
    played = staged(site.ports, club)
    publish_and_give_up(tmp_path)
    visitors = {language: _visitors(site, language, played[language].emails) for language in LANGUAGES}
    for place in PLACES:
        answers = [visitors[one][place.reader].get(played[one].path(place)) for one in LANGUAGES]
        for language, answer in zip(LANGUAGES, answers, strict=True):
            assert answer.status_code == 200, (place.name, words(answer))
            assert f'<html lang="{language}">' in answer.text, place.name
        english, norwegian = (_texts(answer.text) for answer in answers)
        assert not [one for one in english & norwegian if not NAMES.fullmatch(one)], place.name
        titles = {_title(answer.text) for answer in answers}
        assert len(titles) == (1 if place.named else 2), (place.name, titles)


def _visitors(site: Site, language: str, emails: Mapping[Reader, str]) -> Mapping[Reader, Visitor]:
    found = {Reader.NOBODY: site.visitor(language)}
    for reader, email in emails.items():
        found[reader] = site.visitor(language)
        assert found[reader].sign_in(email).status_code == 200
    return found


def _texts(page: str) -> set[str]:
    """Each run of words that somebody reads, without the part that is in English for everybody."""
    body = re.sub(r'<div lang="en">.*</div>|<(script|style)\b.*?</\1>', " ", page, flags=re.DOTALL)
    runs = {" ".join(html.unescape(run).split()) for run in re.split(r"<[^>]*>", body)}
    # What is only read aloud, or shown while a field is empty, is text, too.
    runs |= {html.unescape(said) for said in re.findall(r'\b(?:aria-label|alt|placeholder|title)="([^"]*)"', body)}
    return {run for run in runs if re.search(r"[^\W\d_]{2}", run)}


def _title(page: str) -> str:
    found = re.search(r"<title>(.*)</title>", page)
    assert found
    return html.unescape(found[1])
