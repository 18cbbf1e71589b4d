"""No query of the program reads a whole table that grows: each has an index, or a reason.

The queries are taken from the program's own text, so that one that is written tomorrow is looked at, too.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Generator, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import autotennis
import autotennis_local
from autotennis.adapters.local import bus, experiences, leaving, messages, oversight, store, vault, wake, weekly
from autotennis.adapters.local.database import Database, open_database
from autotennis.adapters.local.family import SCHEMA

ROOTS = (autotennis, autotennis_local)
QUERY = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\s+[\w*(]")
# Of these there is a row for each club, for each process that was started within a day, or one in all.
SMALL = {"watches", "experiences", "pauses", "instances", "vault_key"}
# What walks along a table, and why that does not grow with what is kept.
REPLAY = (
    "UPDATE deliveries SET state = 'due', at = ?, refusals = 0, breaks = 0 "
    "WHERE CAST(id AS TEXT) = ? AND state = 'dead'"
)
EVERY_SECRET = "SELECT member_id, name, sealed FROM secrets"
WALKS: Mapping[str, str] = {
    bus.NAMING_MEMBER: "messages are pruned after a week, a member leaves once, and nobody waits for it",
    bus.DEAD: "the limit ends the walk, along the index of what was given up alone",
    REPLAY: "the index holds what was given up alone, and operators look at that",
    store.INTO_THE_LINE: "a database of an earlier version is brought up to date once",
    store.UNPUBLISHED: "the limit ends the walk, along what was not published yet",
    store.HAS_OPEN: "the first of each ends the walk",
    "SELECT 1 FROM members LIMIT 1": "the first ends the walk",
    "SELECT member_id, name FROM secrets LIMIT 1": "the first ends the walk",
    EVERY_SECRET: "a new key seals everything anew, when it is asked for by hand",
}
# What gives one row at most by what it asks for.
ONE_ROW = re.compile(
    r"SELECT\s+(?:min|max|count|coalesce|EXISTS)\b|WHERE (?:id|key|holder|email_key|event_id|d\.id) = \?"
)
# What gives all that it finds.
WHOLE: Mapping[str, str] = {
    bus.NAMING_MEMBER: "all of one member is forgotten",
    bus.LATER_NAMING_MEMBER: "all of one member is forgotten",
    bus.AHEAD: "what is under way or was refused, when the clock was set: all of it moves along",
    leaving.BOUND_TO_MEMBER: "all of one member is forgotten",
    leaving.GROUPS_OF: "all of one member is forgotten",
    EVERY_SECRET: "all are sealed anew",
    "SELECT club_id FROM watches ORDER BY club_id": "one for each club",
    store.LIVE_ONE: "one row, by a unique index",
    experiences.KNOWN: "one row, by its key",
    oversight.PAUSES: "one row in all",
    "SELECT number FROM vault_key": "one row in all",
    "SELECT sealed, number FROM secrets JOIN vault_key WHERE member_id = ? AND name = ?": "one row, by its key",
}


def is_query(text: object) -> bool:
    """Whether it is a text that begins as a query does."""
    return isinstance(text, str) and bool(QUERY.match(text))


@cache
def modules() -> tuple[ModuleType, ...]:
    """All in which there may be a query."""
    return tuple(_modules())


def _modules() -> Iterator[ModuleType]:
    for root in ROOTS:
        for directory in map(Path, root.__path__):
            for path in sorted(directory.rglob("*.py")):
                if re.search(r"execute\w*\(|SELECT ", path.read_text()):
                    parts = path.relative_to(directory).with_suffix("").parts
                    yield importlib.import_module(
                        ".".join((root.__name__, *(one for one in parts if one != "__init__")))
                    )


@cache
def queries() -> Mapping[str, str]:
    """Every query of the program, and where it stands."""
    found: dict[str, str] = {}
    for module in modules():
        tree = ast.parse(inspect.getsource(module))
        # What is put together of texts is looked at as it is then.
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                found |= {node.value: f"{module.__name__}, line {node.lineno}"} if is_query(node.value) else {}
        found |= {value: f"{module.__name__}.{name}" for name, value in vars(module).items() if is_query(value)}
    return found


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Generator[Database, None, None]:
    opened = open_database(tmp_path_factory.mktemp("plans"), SCHEMA)
    yield opened
    opened.close()


def plan(database: Database, query: str) -> list[str]:
    with database.reading() as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {query}", [""] * query.count("?")).fetchall()
    return [str(row[3]) for row in rows]


def walks(database: Database, query: str) -> list[str]:
    """The steps that walk along a table that grows, or along an index of it."""
    return [step for step in plan(database, query) if step.startswith("SCAN") and step.split()[1] not in SMALL]


def test_no_query_walks_along_a_table_without_a_reason(database: Database) -> None:
    found = {
        where: steps for query, where in queries().items() if query not in WALKS and (steps := walks(database, query))
    }
    assert found == {}


def test_every_reason_is_of_a_query_that_walks(database: Database) -> None:
    assert [query for query in WALKS if not walks(database, query)] == []


def test_every_list_has_a_limit_or_a_reason() -> None:
    lists = [one for one in queries() if one.strip().startswith("SELECT") and not ONE_ROW.search(one)]
    assert {queries()[one]: one for one in lists if "LIMIT" not in one and one not in WHOLE} == {}


def test_every_query_is_found() -> None:
    by_name = [store.BOOKINGS_OF, bus.LEASABLE, leaving.FORGET[0], weekly.DUE, wake.RIPE]
    assert [one for one in by_name if one not in queries()] == []
    assert "SELECT body FROM bookings WHERE id = ?" in queries(), "one that has no name"
    rooms = {where.split(",")[0].rpartition(".")[2] for where in queries().values()}
    assert {vault.__name__.rpartition(".")[2], "keeping"} <= rooms


def test_no_query_is_put_together_where_it_is_used() -> None:
    """It would not be found."""
    made = [
        f"{module.__name__}, line {node.lineno}"
        for module in modules()
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("execute", "executemany")
        if isinstance(node.args[0], ast.JoinedStr | ast.BinOp) and "PRAGMA" not in ast.unparse(node.args[0])
    ]
    assert made == []


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
    assert walks(database, "SELECT id FROM bookings WHERE body = ?") == ["SCAN bookings"]
