"""What came back from a club, in the words of the ports: the same for every kind of club."""

from collections.abc import Callable

from autotennis.adapters.clubs.markup import fingerprint_of
from autotennis.adapters.clubs.reply import Reply
from autotennis.errors import ClubBusy, ClubUnreachable, ClubUntrusted, PageNotUnderstood
from autotennis.ports import Answer, SessionPage
from autotennis.values import Verdict, VerdictKind


def answer_of(reply: Reply, read: Callable[[bytes], SessionPage]) -> Answer:
    """The answer, its page read by `read` if it came whole and well."""
    return Answer(_page_of(reply, read), reply.sent_s, reply.received_s, reply.status, reply.date, reply.second_hand)


def _page_of(reply: Reply, read: Callable[[bytes], SessionPage]) -> SessionPage:
    if reply.is_busy:
        return SessionPage(verdict=Verdict(kind=VerdictKind.BUSY, retry_after_s=reply.retry_after_s))
    if reply.is_untrusted:
        return SessionPage(verdict=Verdict(kind=VerdictKind.UNTRUSTED))
    if reply.body is None:
        return SessionPage(verdict=Verdict(kind=VerdictKind.NO_ANSWER))
    if reply.page is None:
        return not_understood(fingerprint_of(reply.body))
    return read(reply.page)


def not_understood(fingerprint: str) -> SessionPage:
    """What is said of a page with this fingerprint that nobody understands."""
    return SessionPage(verdict=Verdict(kind=VerdictKind.UNKNOWN, fingerprint=fingerprint))


def body_of(reply: Reply) -> bytes:
    """The page. Raises ClubBusy, ClubUnreachable, and PageNotUnderstood for an answer that is no page."""
    if reply.is_busy:
        raise ClubBusy(f"The club asks to be left alone (HTTP {reply.status}).", retry_after_s=reply.retry_after_s)
    if reply.is_untrusted:
        raise ClubUntrusted("Who answers at the club's address cannot prove to be the club.")
    if reply.body is None:
        raise ClubUnreachable("The club did not answer.")
    if reply.page is None:
        raise PageNotUnderstood(f"The club answered HTTP {reply.status}.", fingerprint_of(reply.body))
    return reply.page
