"""The addresses of sessions: reading a pasted one, and writing one."""

from dataclasses import dataclass
from urllib.parse import SplitResult

from autotennis.domain.club import ClubRules
from autotennis.values import Pointer, Session


@dataclass(frozen=True, slots=True)
class ExampleLinks:
    """The port ClubLinks."""

    rules: ClubRules

    @property
    def good_link(self) -> str:
        """What a link to a session of this club looks like."""
        raise NotImplementedError("Write good_link: any address that session_of takes, to show to people.")

    def link(self, session: Session) -> str:
        """The address of a session's page, in the form that the club writes itself."""
        raise NotImplementedError("Write link: what session_of reads, written. It begins with self.rules.root.")

    def session_of(self, url: SplitResult) -> Session | Pointer:
        """The session that an address leads to, or what it points to where only the page tells the start.

        Raises BadLink for whatever is no session's, other pages of the club included.
        """
        raise NotImplementedError("Write session_of: the host is this club's already; read the path and the query.")
