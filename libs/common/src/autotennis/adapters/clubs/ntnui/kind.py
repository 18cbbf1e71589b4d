"""NTNUI Tennis and sites that behave like it, as a kind of club."""

from typing import Final

from autotennis.adapters.clubs.kind import ClubKind
from autotennis.adapters.clubs.ntnui.client import NtnuiVisit, is_action
from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.adapters.clubs.site_club import Sites
from autotennis.adapters.clubs.transport import Manners
from autotennis.ports import Traits

# A week that everybody sees, and regular players with places of their own.
SITES: Final = Sites(NtnuiLinks, NtnuiVisit, Traits(has_timetable=True, has_fixed_places=True), Manners(acts=is_action))
NTNUI: Final = ClubKind(opens=SITES)
