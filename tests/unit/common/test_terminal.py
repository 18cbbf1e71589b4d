"""What others wrote steers nobody's terminal, and passes for no line of ours."""

import json
from datetime import UTC, datetime
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import a_request

from autotennis.events import Failed
from autotennis.terminal import in_one_line, shown
from autotennis.values import Failure, FailureReason
from autotennis_cli import service, words
from autotennis_local.doctor.finding import broken
from autotennis_local.plainly import Refused
from autotennis_local.telling import line_of, say

# The title of the window, a cleared screen, an 8-bit escape, a forged line, a text from right to left, a line's end of
# Unicode's, and half of a pair.
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\nBooked, proven\u202eevil\u2028\x7f\udc80"
# Of what is written out, something stays to be read.
READABLE = "owned"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def steers(text: str, ours: str = "\n\t") -> list[str]:
    """The characters that would do something else than be seen."""
    return [one for one in text if not one.isprintable() and one not in ours]


@given(st.text())
def test_whatever_it_is_it_can_only_be_seen(text: str) -> None:
    assert steers(shown(text)) == []
    assert steers(in_one_line(text), "") == []
    assert steers(words.plain(text), "") == []
    shown(text).encode()


def test_what_prints_stays_as_it_is() -> None:
    text = "Påmeldt på «Bane 2», kl. 18:00 👍\n\tog mer"
    assert shown(text) == text
    assert in_one_line("Blåbær 🫐") == words.plain("Blåbær 🫐") == "Blåbær 🫐"


def test_what_happens_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    booking, _ = a_request(opening_at=NOW, now=NOW)
    failure = Failure(reason=FailureReason.LOGIN_REFUSED, detail=HOSTILE[:-1])
    say(line_of(Failed(**booking.about(NOW), failure=failure), NOW))
    said = capsys.readouterr().out
    assert READABLE in said
    assert said.count("\n") == 1
    assert steers(said) == []


def test_the_doctor_and_refusals_say_it_so_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert str(broken(HOSTILE, "Mend it.")).count("\n") == 1
    # Half of a pair could not even be printed.
    Refused(HOSTILE[:-1]).show()
    assert steers(capsys.readouterr().err) == []


@pytest.mark.parametrize("status", [400, 401, 429, 503])
@pytest.mark.parametrize("more", [{}, {"booking_id": HOSTILE}, {"good_link": HOSTILE}])
def test_what_the_api_answers_does_not_steer_the_command_line(status: int, more: dict[str, str]) -> None:
    errors = [{"pointer": HOSTILE, "detail": HOSTILE}]
    problem = {"title": HOSTILE, "detail": HOSTILE, "errors": errors, **more}
    trouble = service._told(status, json.dumps(problem).encode(), HOSTILE)  # pyright: ignore[reportPrivateUsage]
    assert isinstance(trouble, click.ClickException)
    assert READABLE in trouble.message
    assert steers(trouble.message) == []
    assert not any(line.startswith("Booked") for line in trouble.message.splitlines())


def test_nor_does_what_it_keeps() -> None:
    session = {"starts_local": HOSTILE, "club": HOSTILE, "timeid": 1}
    booking: dict[str, Any] = {
        **dict.fromkeys(("id", "state", "opening_at", "place", "door_code", "series_id", "link"), HOSTILE),
        "is_asked": False,
        "session": session,
        "failure": {"reason": HOSTILE, "detail": HOSTILE},
        "proof": {"seen_at": HOSTILE},
        "timeline": [{"verdict": {"kind": HOSTILE}, "action": HOSTILE, "sent_ms": 1.0, "latency_ms": 1.0}],
    }
    health = {"trouble": HOSTILE, "stopped_at": HOSTILE, "detail": HOSTILE, "last_success": HOSTILE}
    channel = {"id": HOSTILE, "label": HOSTILE, "level": HOSTILE, "confirmed": True, "health": health}
    for text in (words.whole(booking), words.table([booking]), words.timeline(booking), words.channels([channel])):
        assert READABLE in text
        assert steers(text) == []
        assert not any(line.startswith("Booked") for line in text.splitlines())
