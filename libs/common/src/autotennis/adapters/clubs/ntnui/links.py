"""The addresses of NTNUI's sessions: reading a pasted one, and writing one."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode

from autotennis.domain.club import ClubRules
from autotennis.domain.session import parse_start, start_text
from autotennis.errors import BadLink, LinkProblem
from autotennis.values import Session

SESSION_PAGE: Final = "timeinfo.php"


@dataclass(frozen=True, slots=True)
class NtnuiLinks:
    """The port ClubLinks."""

    rules: ClubRules

    @property
    def good_link(self) -> str:
        """What a link to a session of this club looks like."""
        return self.link(Session(timeid=65, start=datetime(2026, 12, 1, 15, 0)))  # noqa: DTZ001 (local by nature)

    def link(self, session: Session) -> str:
        """The address of a session's page, in the form that the club writes itself."""
        query = {"timeid": str(session.timeid), "spilletid": start_text(session), "lang": "no"}
        return f"{self.rules.root}{SESSION_PAGE}?{urlencode(query, safe=':')}"

    def session_of(self, url: SplitResult) -> Session:
        """The session that an address leads to. Raises BadLink.

        Any honest form is taken: any order of the parameters, more parameters, capitals, an unpadded hour.
        """
        if not url.path.lower().endswith("/" + SESSION_PAGE):
            problem = f"This is not the page of one session at {self.rules.name}."
            raise BadLink(LinkProblem.NOT_A_SESSION, problem, self.good_link)
        query = {name.lower(): value.strip() for name, value in parse_qsl(url.query, keep_blank_values=True)}
        return _session(query, self.good_link)


def _session(query: dict[str, str], shown: str) -> Session:
    timeid = query.get("timeid", "")
    if not timeid:
        raise BadLink(LinkProblem.NO_TIMEID, "The link has no timeid, the number of the session.", shown)
    if not re.fullmatch(r"[0-9]{1,9}", timeid) or int(timeid) == 0:
        raise BadLink(LinkProblem.BAD_TIMEID, "The link's timeid is not a number.", shown)
    spilletid = query.get("spilletid", "")
    if not spilletid:
        raise BadLink(LinkProblem.NO_START, "The link has no spilletid, the start of the session.", shown)
    start = parse_start(spilletid)
    if start is None:
        raise BadLink(LinkProblem.BAD_START, "The link's spilletid is not a date and a time.", shown)
    return Session(timeid=int(timeid), start=start[0], padded=start[1])
