"""What fields themselves say of what was entered is in the reader's language, at the field, and nothing is lost."""

from collections.abc import Sequence

import pytest
from support.api_site import ClubBeside, Site, Visitor, words
from support.friends import Friend

from practice_club.orders import NewSession

SAID = {
    "en": ("Not a valid date value.", "Not a valid integer value.", "Not a valid choice."),
    "nb": ("Ikke en gyldig datoverdi", "Ikke en gyldig heltallsverdi", "Ikke et gyldig valg"),
}


@pytest.mark.parametrize("language", SAID)
def test_a_mistake_is_told_in_the_readers_language(
    site: Site, club: ClubBeside, friends: Sequence[Friend], language: str
) -> None:
    operator: Visitor = friends[0].visitor
    link = club.add_session(NewSession(opens_in_s=86_370))[1]
    operator.book(link, weekly="1")
    (series,) = site.ports.store.series_of(friends[0].account.id)
    operator.post("/language", {"language": language})
    a_date, a_number, a_choice = SAID[language]
    for path, form, told in (
        (f"/series/{series.id}/until", {"until": "some day"}, a_date),
        ("/operator/invitations", {"most": "many", "days": "7"}, a_number),
        ("/operator/pauses", {"what": "club/another", "reason": "because"}, a_choice),
    ):
        answer = operator.post(path, form)
        assert answer.status_code == 422
        assert told in words(answer), words(answer)
        assert all(f'value="{entered}"' in answer.text for entered in form.values() if "/" not in entered)
