"""What a process keeps of what it has computed has a bound, or it would grow for as long as it runs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PRODUCT = sorted(
    path
    for room in ("libs/common", "libs/cli", "services", "deploy/local")
    for path in (ROOT / room).rglob("src/**/*.py")
)
# Without a bound, and why there are few of them: by the file and the function.
FEW = {("speech.py", "speech_in"): "one for each language that a member may choose"}


def unbounded(text: str) -> Iterator[str]:
    """The functions whose results are kept without a bound."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in map(ast.unparse, node.decorator_list):
                # Without arguments there is one result.
                takes = bool(node.args.args or node.args.kwonlyargs)
                name = decorator.removeprefix("functools.")
                if takes and (name == "cache" or name.replace(" ", "").startswith("lru_cache(maxsize=None")):
                    yield node.name


def test_every_cache_has_a_bound_or_a_reason() -> None:
    found = {(path.name, name) for path in PRODUCT for name in unbounded(path.read_text())}
    assert found == set(FEW)
    assert len(PRODUCT) > 300


@pytest.mark.parametrize(
    ("decorator", "arguments", "is_found"),
    [
        ("cache", "key", True),
        ("functools.cache", "key", True),
        ("lru_cache(maxsize=None)", "key", True),
        ("lru_cache(maxsize=64)", "key", False),
        ("cache", "", False),
    ],
)
def test_an_unbounded_cache_would_be_found(decorator: str, arguments: str, is_found: bool) -> None:
    text = f"@{decorator}\ndef answer({arguments}):\n    return 42\n"
    assert list(unbounded(text)) == (["answer"] if is_found else [])
