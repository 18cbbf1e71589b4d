"""The foundation's firestore.indexes.json holds the indexes that the queries need in production, and no others.

The emulator answers every query without any index, so nothing else would tell.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.records import a_deed, a_group, a_member, a_message, a_request, a_series, an_invitation

from autotennis.adapters.gcp import rows
from autotennis.adapters.gcp.queries import QUERIES, Lookup, Order
from autotennis.domain.experience import Experience
from autotennis.ports import Note, Tally

FILE = Path(__file__).parents[3] / "deploy/terraform/foundation/firestore.indexes.json"
# What is written for a while only. The refusals' document is not the store's own.
FORGOTTEN = {(kept, "expires_at") for kept in ("instances", "messages", "notes", "refusals", "tallies")}
# What the other adapters write at length, or sealed.
LONG = {("refusals", "reason"), ("vault", "wrapped")}
# What the vault writes.
SECRETS = {("secrets", field) for field in ("member_id", "name", "sealed", "key")}

Index = tuple[str, tuple[Order, ...]]


def declared() -> Mapping[str, Any]:
    return json.loads(FILE.read_text())


def declared_indexes() -> Sequence[Index]:
    return [
        (
            one["collectionGroup"],
            tuple(Order(field["fieldPath"], field["order"] == "DESCENDING") for field in one["fields"]),
        )
        for one in declared()["indexes"]
    ]


def needed_index(lookup: Lookup) -> Index | None:
    """The composite index without which Firestore refuses the query, None if its automatic ones do.

    Those are one for each field, and may be merged as long as nothing has to come in an order.
    """
    filtered = (*lookup.equals, *filter(None, [lookup.holds, lookup.one_of]))
    if len({*filtered, *(order.field for order in lookup.order)}) < 2 or not (lookup.order or lookup.below):
        return None
    return lookup.collection, (*map(Order, filtered), *lookup.order)


def written_fields() -> set[tuple[str, str]]:
    """Every field that the store and the vault write, with its collection."""
    booking, facts = a_request()
    member = a_member()
    writes = [rows.email_claimed(member), rows.session_claimed(booking), *rows.put_out(booking, facts)]
    now = datetime(2026, 11, 22, tzinfo=UTC)
    writes += [rows.alive("one", now), rows.tallied("key", Tally(count=1, until=now))]
    writes += [rows.written_down(a_deed()), rows.noted("key", Note(text="told", until=now))]
    found = (
        SECRETS | {("pauses", "body")} | {(write.key.collection, field) for write in writes for field in write.fields}
    )
    found |= {("experiences", field) for field in rows.marked(rows.experience_fields(Experience()), "mark")}
    found |= {("bookings", field) for field in rows.marked(rows.booking_fields(booking), "mark")}
    found |= {("series", field) for field in rows.marked(rows.series_fields(a_series()), "mark")}
    found |= {("groups", field) for field in rows.marked(rows.group_fields(a_group()), "mark")}
    found |= {("invitations", field) for field in rows.marked(rows.invitation_fields(an_invitation()), "mark")}
    found |= {("messages", field) for field in rows.marked(rows.message_fields(a_message()), "mark")}
    found.add((rows.first_member_claim().collection, "mark"))
    return found | {("members", field) for field in rows.marked(rows.member_fields(member), "mark")}


def asked_for(lookup: Lookup) -> set[tuple[str, str]]:
    fields = {field for field, _operator in lookup.conditions()} | {order.field for order in lookup.order}
    return {(lookup.collection, field) for field in fields}


def test_every_query_has_its_one_index_and_no_index_is_left_over() -> None:
    needed = {index for lookup in QUERIES.values() if (index := needed_index(lookup))}
    assert len(needed) >= 6
    assert set(declared_indexes()) == needed
    assert len(declared_indexes()) == len(needed)


@pytest.mark.parametrize("name", QUERIES)
def test_a_range_is_what_the_order_begins_with(name: str) -> None:
    # Firestore refuses any other.
    lookup = QUERIES[name]
    assert lookup.below in {None, *(order.field for order in lookup.order[:1])}


@pytest.mark.parametrize("name", QUERIES)
def test_queries_ask_for_fields_that_are_written(name: str) -> None:
    assert asked_for(QUERIES[name]) <= written_fields()
    assert {(QUERIES[name].collection, field) for field in QUERIES[name].fields} <= written_fields()


def test_indexes_are_of_one_collection_each() -> None:
    assert {one["queryScope"] for one in declared()["indexes"]} == {"COLLECTION"}


def test_fields_that_no_query_asks_for_are_not_indexed_at_all() -> None:
    asked = {field for lookup in QUERIES.values() for field in asked_for(lookup)}
    overrides = declared()["fieldOverrides"]
    without = [(one["collectionGroup"], one["fieldPath"]) for one in overrides if one["indexes"] == []]
    assert set(without) == (written_fields() - asked) | FORGOTTEN | LONG
    assert len(without) == len(set(without)) == len(overrides)


def test_what_may_be_forgotten_is_deleted_when_its_time_has_come() -> None:
    forgotten = {(one["collectionGroup"], one["fieldPath"]) for one in declared()["fieldOverrides"] if one.get("ttl")}
    assert forgotten == FORGOTTEN
