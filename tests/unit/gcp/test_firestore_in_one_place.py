"""All of Firestore goes through one file, and all queries stand in one list.

There they are counted, translated, and told apart by what indexes they need; what went past it would go unnoticed.
"""

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotennis.adapters import gcp
from autotennis.adapters.gcp.queries import QUERIES, Lookup

ROOT = Path(__file__).parents[3]
PACKAGE = Path("libs/common/src/autotennis/adapters/gcp")
PRODUCT = ("libs/common/src", "services", "deploy/local/src")


def product_files() -> Iterator[Path]:
    """All of the product's modules, from the project's root."""
    for folder in PRODUCT:
        yield from (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


def imports_firestore(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(name.name.startswith("google.cloud.firestore") for name in names)
        case ast.ImportFrom(module=str(module), names=names):
            return any(f"{module}.{name.name}".startswith("google.cloud.firestore") for name in names)
        case _:
            return False


def takes_the_client(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "client"


def makes_a_query(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="Lookup") | ast.Attribute(attr="Lookup")):
            return True
        case _:
            return False


@pytest.mark.parametrize(
    ("does", "where"),
    [(imports_firestore, "documents.py"), (takes_the_client, "documents.py"), (makes_a_query, "queries.py")],
)
def test_one_file_does_it_and_no_other(does: Callable[[ast.AST], bool], where: str) -> None:
    # The web pages' framework has clients of its own.
    files = [path for path in product_files() if does is not takes_the_client or path.is_relative_to(PACKAGE)]
    found = {path for path in files if any(map(does, ast.walk(ast.parse((ROOT / path).read_text()))))}
    assert found == {PACKAGE / where}


def test_every_query_stands_in_the_list() -> None:
    modules = [importlib.import_module(f"{gcp.__name__}.{one.name}") for one in pkgutil.iter_modules(gcp.__path__)]
    lookups = {value for module in modules for value in vars(module).values() if isinstance(value, Lookup)}
    assert lookups == set(QUERIES.values())
