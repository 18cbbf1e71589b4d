"""A whole check: every case in its order, each by itself, and what was taken given back at the end."""

import traceback
from collections.abc import Callable, Sequence
from typing import Final

from autotennis.conformance.cases import links, logins, opening, pages, places, site
from autotennis.conformance.cases.case import Case
from autotennis.conformance.desk import Desk, Order, desk_of
from autotennis.conformance.outcome import Failed, LeftAlone, Missing, Outcome, Result
from autotennis.errors import AutotennisError, ClubBusy

CASES: Final = (
    Case("links of others", links.others),
    Case("links", links.read_back),
    Case("clock", site.clock),
    Case("timetable", site.timetable),
    Case("pages", site.kinds_of_pages),
    Case("login", logins.login),
    Case("refused login", logins.refused),
    Case("bad page", pages.bad),
    Case("not open", pages.not_open),
    Case("cancelled", pages.cancelled),
    Case("full", places.full),
    Case("sign-up", places.sign_up, acts=True),
    Case("already in", places.again, acts=True),
    Case("withdraw", places.withdraw, acts=True),
    Case("free again", places.free_again, acts=True),
    Case("release", places.release, acts=True),
    Case("opening instant", opening.instant, acts=True),
)
_GIVEN_BACK: Final = "given back"


async def check(order: Order, tell: Callable[[Result], None]) -> Sequence[Result]:
    """Tries every case, tells of each one as soon as it is over, and gives them all.

    Whatever happens, also where this is cancelled, places that were taken are given back.
    """
    results: list[Result] = []

    def told(result: Result) -> None:
        results.append(result)
        tell(result)

    async with desk_of(order) as desk:
        try:
            await _each(desk, told)
        finally:
            told(await _tidied(desk))
    return results


async def _each(desk: Desk, tell: Callable[[Result], None]) -> None:
    why_not = ""
    for case in CASES:
        if why_not:
            tell(Result(case.name, Outcome.SKIPPED, why_not, 0))
            continue
        before = desk.requests_sent
        try:
            outcome, said = await _tried(case, desk)
        except LeftAlone as error:
            outcome, said, why_not = Outcome.FAILED, str(error), str(error)
        tell(Result(case.name, outcome, said, desk.requests_sent - before))


async def _tried(case: Case, desk: Desk) -> tuple[Outcome, str]:
    """How a case went, and what was seen. Raises LeftAlone."""
    if case.acts and desk.order.look_only:
        return Outcome.SKIPPED, "it takes places, and only looks are wanted"
    try:
        return Outcome.PASSED, await case.run(desk)
    except Missing as error:
        return Outcome.SKIPPED, str(error)
    except Failed as error:
        return Outcome.FAILED, str(error)
    except LeftAlone:
        raise
    except ClubBusy as error:
        raise LeftAlone(str(error)) from None
    except (AutotennisError, NotImplementedError) as error:
        return Outcome.FAILED, f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 (a client's own mistake is what is looked for; the other cases go on)
        return Outcome.FAILED, f"{type(error).__name__} at {_place(error)}"


async def _tidied(desk: Desk) -> Result:
    before = desk.requests_sent
    try:
        left = await desk.given_back()
    except Exception as error:  # noqa: BLE001 (that a place may be left has to be said, whatever is in the way)
        left = [f"what was taken, since {type(error).__name__} came at {_place(error)}"]
    requests = desk.requests_sent - before
    if left:
        return Result(_GIVEN_BACK, Outcome.FAILED, f"look there and give back yourself: {', '.join(left)}", requests)
    return Result(_GIVEN_BACK, Outcome.PASSED, "nothing of ours is left at the club", requests)


def _place(error: Exception) -> str:
    """Where it was raised: never what it says, which may be out of a page."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"
