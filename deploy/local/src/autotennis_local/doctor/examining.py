"""Runs checks beside each other. One that crashes or takes too long spoils no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from autotennis.errors import AutotennisError, Transient
from autotennis_local.doctor.finding import Finding, broken, unknown

_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Check:
    """A small look at one thing, which may take so long."""

    about: str
    look: Callable[[], Awaitable[Sequence[Finding]]]
    timeout_s: float = _TIMEOUT_S


def in_a_thread(about: str, look: Callable[[], Sequence[Finding]]) -> Check:
    """A check that blocks."""
    return Check(about, lambda: asyncio.to_thread(look))


async def examined(checks: Sequence[Check]) -> list[Finding]:
    """What they found, in their order."""
    found = await asyncio.gather(*(_examined(check) for check in checks))
    return [one for some in found for one in some]


async def _examined(check: Check) -> list[Finding]:
    try:
        async with asyncio.timeout(check.timeout_s):
            found = list(await check.look())
    except TimeoutError:
        found = [unknown(f"it took more than {check.timeout_s:.0f} s")]
    except Transient as error:
        found = [unknown(str(error))]
    except AutotennisError as error:
        # Ours say how to mend them.
        found = [broken(str(error), "")]
    except Exception as error:  # noqa: BLE001 (whatever it is, the others are looked at; its text may hold a secret)
        found = [unknown(f"the check itself failed ({type(error).__name__})")]
    return [replace(one, about=one.about or check.about) for one in found]
