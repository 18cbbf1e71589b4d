"""Sessions by their links at the practice club, which behaves like NTNUI Tennis."""

from urllib.parse import urlsplit

from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.domain.club import ClubRules
from autotennis.values import Session


def session_at(rules: ClubRules, link: str) -> Session:
    """The session that a link of this club's leads to."""
    return NtnuiLinks(rules).session_of(urlsplit(link))
