"""Routes that are ready sooner.

Werkzeug compiles two functions for each route that put its addresses together: for all routes of the pages that takes
as long as everything else that the application is made of, while most pages name a handful of them.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """A route whose addresses can be put together from the first time on that one is asked for.

    What is overridden is Werkzeug's own: if that is called otherwise one day, routes are what they always were.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(compile_now(append_unknown))
            return compiled[0](rule, **values)

        return build
