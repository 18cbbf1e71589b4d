"""Bookings in words, for people."""

from collections.abc import Iterable
from typing import Any, Final, cast

Json = dict[str, Any]
_STATES: Final = {
    "requested": "planned",
    "scheduled": "planned",
    "signing_up": "signing up",
}
_CHANNEL: Final = "{:<26} {:<24} {:<11} {}"
_ROW: Final = "{:<26} {:<17} {:<14} {:<12}"


def plain(value: Any) -> Any:
    """A value of the API with whatever does not print written out in its texts, however deep.

    Others wrote some of them: none may steer the terminal, or pass for a line of ours.
    """
    if isinstance(value, str):
        return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in value)
    if isinstance(value, dict):
        return {plain(name): plain(inner) for name, inner in cast("Json", value).items()}
    if isinstance(value, list):
        return [plain(inner) for inner in cast("list[Any]", value)]
    return value


def state(booking: Json) -> str:
    """Where it stands."""
    if booking["is_asked"]:
        return "a place is free: do you want it?"
    name = str(booking["state"])
    return _STATES.get(name, name)


def when(text: str) -> str:
    """An instant or a local time without what nobody reads."""
    return text.replace("T", " ")[:16]


def table(bookings: Iterable[Json]) -> str:
    """One line for each."""
    lines = [_ROW.format("ID", "STARTS", "CLUB", "STATE").rstrip()]
    for one in plain(list(bookings)):
        session = one["session"]
        row = _ROW.format(one["id"], when(session["starts_local"]), session["club"], state(one))
        lines.append(row.rstrip())
    return "\n".join(lines)


def whole(booking: Json) -> str:
    """All that one wants to know of a booking."""
    booking = plain(booking)
    session, failure, proof = booking["session"], booking["failure"], booking["proof"]
    told = {
        "Booking": booking["id"],
        "Session": f"{when(session['starts_local'])} at {session['club']} ({_slot(session)})",
        "State": state(booking),
        "Opens": f"{when(booking['opening_at'])} UTC",
        "Place in line": booking["place"],
        "Why": f"{failure['reason']} {failure['detail']}".strip() if failure else None,
        "Proven": proof["seen_at"] if proof else None,
        "Door code": booking["door_code"],
        "Series": booking["series_id"],
        "Link": booking["link"],
    }
    return "\n".join(f"{name + ':':<15}{value}" for name, value in told.items() if value is not None)


def _slot(session: Json) -> str:
    """The weekly slot: its name at the club, or its number."""
    return session.get("slot") or f"number {session['timeid']}"


def timeline(booking: Json) -> str:
    """Every request to the club, and what came of it."""
    if not booking["timeline"]:
        return "Nothing was asked of the club yet."
    lines = [f"{'MS FROM OPENING':>15} {'TOOK MS':>9}  WHAT"]
    for one in plain(booking["timeline"]):
        verdict = one["verdict"]["kind"].replace("_", " ")
        lines.append(f"{one['sent_ms']:>15.1f} {one['latency_ms']:>9.1f}  {one['action'].replace('_', ' ')}: {verdict}")
    return "\n".join(lines)


def channels(found: Iterable[Json]) -> str:
    """One line for each channel, and how it does."""
    rows = (
        _CHANNEL.format(one["id"], one["label"], one["level"].replace("_", " "), health(one))
        for one in plain(list(found))
    )
    return "\n".join([_CHANNEL.format("ID", "NAME", "TELLS", "HOW IT DOES"), *rows])


def health(channel: Json) -> str:
    """How a channel does."""
    kept = channel["health"]
    if not channel["confirmed"]:
        return "waits for its reader to agree"
    if kept["trouble"]:
        since = f"given up {when(kept['stopped_at'])} UTC: " if kept["stopped_at"] else "last message failed: "
        return f"{since}{kept['trouble'].replace('_', ' ')} {kept['detail']}".strip()
    return f"last message {when(kept['last_success'])} UTC" if kept["last_success"] else "nothing sent yet"
