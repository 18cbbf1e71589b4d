"""In which order the services get a new version: those that consume before those that publish.

So an event of a new kind meets somebody who knows it. On the way back it is the other way round: nobody publishes
what the older ones do not know.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from autotennis.flow import CONSUMERS, PUBLISHERS, Service


def release_order(
    services: Iterable[str], publishers: Mapping[str, Iterable[str]], consumers: Mapping[str, Iterable[str]]
) -> list[str]:
    """All services; next comes always who publishes to the fewest of those that are still to come.

    Services that publish to each other have no right order: of those the one with fewer such ties goes first, then the
    first by its name. Both tables give the services of each kind of event.
    """
    told_by = {one: [kind for kind, by in publishers.items() if one in by] for one in services}
    targets = {one: {who for kind in kinds for who in consumers[kind]} for one, kinds in told_by.items()}
    ordered: list[str] = []
    while len(ordered) < len(targets):
        left = sorted(set(targets) - set(ordered))
        ordered.append(min(left, key=lambda one: len((targets[one] & set(left)) - {one})))
    return ordered


RELEASE_ORDER: Final = tuple(release_order([one.value for one in Service], PUBLISHERS, CONSUMERS))
