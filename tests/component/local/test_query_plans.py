"""No query of a service reads a whole table: each has an index."""

from collections.abc import Generator
from pathlib import Path

import pytest

from autotennis.adapters.local import (
    bus,
    checks,
    experiences,
    groups,
    invitations,
    leaving,
    messages,
    notes,
    oversight,
    store,
    wake,
    weekly,
)
from autotennis.adapters.local.database import Database, open_database
from autotennis.adapters.local.family import SCHEMA

BY_INDEX = {
    "bookings_of": store.BOOKINGS_OF,
    "due": store.DUE,
    "missed": store.MISSED,
    "unscheduled": store.UNSCHEDULED,
    "duplicate": store.LIVE_ONE,
    "experience": experiences.KNOWN,
    "unpublished of a booking": store.UNPUBLISHED_OF,
    "leasable": bus.LEASABLE,
    "next delivery": bus.NEXT_AT,
    "forgotten leases": bus.FORGET,
    "waiting": bus.WAITING,
    "in line": store.IN_LINE,
    "to check": checks.DUE,
    "operators": checks.OPERATORS,
    "bound": store.BOUND,
    "newest invitations": invitations.NEWEST,
    "bound to a member": leaving.BOUND_TO_MEMBER,
    "groups to leave": leaving.GROUPS_OF,
    "groups of a member": groups.OF_MEMBER,
    "messages due": messages.DUE,
    "messages due of a channel": messages.DUE_OF_CHANNEL,
    "messages of a member": messages.OF_MEMBER,
    "messages that were given up": messages.DEAD,
    "messages that are over": messages.OVER,
    "note": notes.KEPT,
    "notes that are over": notes.OVER,
    "series of a member": weekly.OF_MEMBER,
    "series to plan": weekly.DUE,
    "pauses": oversight.PAUSES,
    "deeds": oversight.DEEDS,
    "opened": oversight.OPENED,
    "openings": oversight.OPENINGS,
    "queue": bus.QUEUE,
    "dead letters": bus.DEAD,
    "prunable": bus.PRUNABLE,
    "ripe wake-ups": wake.RIPE,
}


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database, None, None]:
    opened = open_database(tmp_path, SCHEMA)
    yield opened
    opened.close()


def plan(database: Database, query: str) -> list[str]:
    with database.reading() as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {query}", [""] * query.count("?")).fetchall()
    return [str(row[3]) for row in rows]


@pytest.mark.parametrize("query", BY_INDEX.values(), ids=BY_INDEX.keys())
def test_a_query_searches_by_an_index(database: Database, query: str) -> None:
    steps = plan(database, query)
    assert any(step.startswith("SEARCH") for step in steps), steps
    scans = [step for step in steps if step.startswith("SCAN") and "USING" not in step]
    assert scans == []


@pytest.mark.parametrize(
    "query",
    [
        store.MISSED,
        store.UNSCHEDULED,
        store.BOOKINGS_OF,
        bus.LEASABLE,
        bus.DEAD,
        oversight.OPENED,
        messages.DUE,
        messages.DEAD,
    ],
)
def test_an_ordered_query_needs_no_sorting(database: Database, query: str) -> None:
    assert not any("TEMP B-TREE" in step for step in plan(database, query))


def test_a_query_without_an_index_would_be_found_out(database: Database) -> None:
    assert plan(database, "SELECT id FROM bookings WHERE body = ?") == ["SCAN bookings"]


def test_every_list_has_a_limit() -> None:
    no_lists = {store.LIVE_ONE, experiences.KNOWN, oversight.PAUSES, bus.NEXT_AT, bus.FORGET, notes.KEPT, notes.OVER}
    no_lists.add(messages.OVER)
    whole = {leaving.BOUND_TO_MEMBER, leaving.GROUPS_OF}
    lists = set(BY_INDEX.values()) - no_lists - whole
    assert all("LIMIT" in query for query in [*lists, store.UNPUBLISHED])
