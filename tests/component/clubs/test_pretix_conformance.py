"""Our client of pretix keeps every promise of the conformance kit at a real shop."""

from collections.abc import Generator

import pytest
from pydantic import SecretStr
from support.pretix_site import TIMEOUT_S, PretixSite, running_pretix

from autotennis.adapters.system import SystemClock
from autotennis.conformance.checking import check
from autotennis.conformance.desk import Order
from autotennis.conformance.ordering import opened
from autotennis.conformance.outcome import Outcome, Result
from autotennis.conformance.plan import Links, Openings, Plan
from autotennis.domain.member import Credentials

pytestmark = [pytest.mark.long(185), pytest.mark.timeout(TIMEOUT_S), pytest.mark.xdist_group("pretix-conformance")]

MEMBERS = [Credentials(email=f"member{one}@club.example", password=SecretStr(f"hemmelig-{one}")) for one in (1, 2)]
# The cases before it take so long on a busy machine.
OPENS_SOON_S = 180.0
# There is no such state at a shop, and a second request may take a second place.
NOT_TRIED = {"cancelled", "already in"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[PretixSite]:
    with running_pretix(tmp_path_factory.mktemp("pretix")) as site:
        for one in MEMBERS:
            site.do("member", email=one.email, password=one.password.get_secret_value())
        yield site


def planned(site: PretixSite) -> Plan:
    """What the check may use."""
    free, full = site.add_date(-3600, places=3), site.add_date(-7200)
    site.do("fill", number=full.number)
    soon, not_open = site.add_date(OPENS_SOON_S), site.add_date(86_400)
    links = Links(
        free=site.link(free),
        full=site.link(full),
        opens_soon=site.link(soon),
        not_open=site.link(not_open),
        bad=f"{site.club_url}tennis/999999/",
    )
    openings = Openings(opens_soon=soon.opens_at, not_open=not_open.opens_at)
    return Plan(pause_s=0, links=links, openings=openings)


async def test_every_promise_is_kept_at_a_real_shop(site: PretixSite) -> None:
    plan = planned(site)
    club = opened(plan.rules("pretix", site.club_url), "test@example.org")
    results: dict[str, Result] = {}
    await check(Order(club, SystemClock(), plan, MEMBERS), lambda one: results.update({one.case: one}))
    said = {case: str(one) for case, one in results.items()}
    assert {case for case, one in results.items() if one.outcome is Outcome.FAILED} == set(), said
    assert {case for case, one in results.items() if one.outcome is Outcome.SKIPPED} == NOT_TRIED, said
    assert "told exactly" in said["opening instant"]
    assert "held for 1800 s" in said["sign-up"]
    # One right login each, and a wrong one.
    assert site.requests("POST", "/club/account/login") == len(MEMBERS) + 1
    dates = [one["number"] for one in site.do("dates")]
    assert [site.do("carts", number=number) for number in dates] == [[]] * len(dates)
    confirmed = [one["email"] for number in dates for one in site.do("orders", number=number) if one["is_confirmed"]]
    assert not {one.email for one in MEMBERS}.intersection(confirmed)
