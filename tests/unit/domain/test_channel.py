"""A member's channels: how many, how they do, and which addresses are good for one."""

import pytest
from pydantic import SecretStr, ValidationError
from support.records import NOW, a_member

from autotennis.domain.channel import (
    ADDRESSES,
    MOST_CHANNELS,
    Channel,
    ChannelKind,
    ChannelTrouble,
    EmailAddress,
    Health,
    Level,
    Telling,
)
from autotennis.domain.receivers import AppriseProblem, apprise_problem
from autotennis.errors import IllegalMove

SECRET = "s" * 32


def a_channel(channel_id: str = "c-1", kind: ChannelKind = ChannelKind.EMAIL) -> Channel:
    """One that was just made."""
    return Channel(id=channel_id, kind=kind, label="e-mail", since=NOW)


def test_a_member_has_so_many_channels_and_no_more() -> None:
    member = a_member()
    for number in range(MOST_CHANNELS):
        member = member.with_channel(a_channel(f"c-{number}"))
    with pytest.raises(IllegalMove):
        member.with_channel(a_channel("one-more"))
    assert member.channel("c-3") == a_channel("c-3")
    left = member.without_channel("c-3").without_channel("c-3")
    assert left.channel("c-3") is None
    assert len(left.channels) == MOST_CHANNELS - 1


def test_a_channel_is_changed_in_its_place_and_one_that_is_gone_stays_gone() -> None:
    member = a_member().with_channel(a_channel("c-1")).with_channel(a_channel("c-2"))
    louder = a_channel("c-1").model_copy(update={"level": Level.EVERYTHING})
    assert [one.level for one in member.channel_changed(louder).channels] == [Level.EVERYTHING, Level.RESULTS]
    assert member.without_channel("c-1").channel_changed(louder) == member.without_channel("c-1")


def test_who_has_never_chosen_is_reminded_two_hours_before() -> None:
    assert a_member().telling == Telling(quiet=None, remind_before_min=120)
    assert a_member().with_telling(Telling(remind_before_min=0)).telling.remind_before_min == 0


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (Level.NEEDS_ME, {Level.NEEDS_ME}),
        (Level.RESULTS, {Level.NEEDS_ME, Level.RESULTS}),
        (Level.EVERYTHING, set(Level)),
    ],
)
def test_a_level_tells_what_is_dearer_too(chosen: Level, told: set[Level]) -> None:
    assert {one for one in Level if chosen.wants(one)} == told


def test_health_counts_failures_until_it_works_again() -> None:
    ill = Health().failed(ChannelTrouble.BUSY, "status 503", NOW).failed(ChannelTrouble.GONE, "x" * 300, NOW)
    assert (ill.in_a_row, ill.trouble, len(ill.detail)) == (2, ChannelTrouble.GONE, 200)
    assert ill.stopped(NOW).stopped_at == NOW
    assert a_channel().with_health(ill.stopped(NOW)).is_stopped
    well = ill.stopped(NOW).succeeded(NOW)
    assert (well.in_a_row, well.trouble, well.stopped_at, well.last_success, well.last_failure) == (
        0,
        None,
        None,
        NOW,
        NOW,
    )


PUSH = {"kind": "web_push", "endpoint": "https://push.example/1", "p256dh": "p" * 87, "auth": "a" * 22}
GOOD = [
    {"kind": "email", "email": "ola@example.org"},
    {"kind": "apprise", "url": "tgram://123:abc/456"},
    {"kind": "apprise", "url": "ntfys://ola:hemmelig@ntfy.example.org/tennis?priority=high"},
    PUSH,
    {"kind": "webhook", "url": "https://example.org/hook?team=1", "secret": SECRET},
]
BAD = [
    {"kind": "email", "email": "ola"},
    {"kind": "email", "email": "ola@example.org, kari@example.org"},
    {"kind": "email", "email": "ola@example.org\nBcc: kari@example.org"},
    {"kind": "apprise", "url": "syslog://"},
    {"kind": "apprise", "url": "json://169.254.169.254/"},
    {"kind": "apprise", "url": "discord://1/2?template=/etc/passwd"},
    {**PUSH, "endpoint": "file:///etc/passwd"},
    {"kind": "webhook", "url": "https://ola:hemmelig@example.org/", "secret": SECRET},
    {"kind": "webhook", "url": "https://example.org/", "secret": "short"},
    {"kind": "pigeon", "url": "https://example.org/"},
]


@pytest.mark.parametrize("given", GOOD)
def test_a_good_address_is_taken_and_prints_as_stars(given: dict[str, str]) -> None:
    address = ADDRESSES.validate_python(given)
    shown = repr(address)
    assert not any(value in shown for name, value in given.items() if name != "kind")


@pytest.mark.parametrize("given", BAD)
def test_a_bad_address_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ADDRESSES.validate_python(given)


def test_an_address_is_kept_as_it_was_given() -> None:
    assert EmailAddress(email=SecretStr("Ola@Example.org")).email.get_secret_value() == "Ola@Example.org"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", AppriseProblem.NOT_AN_ADDRESS),
        ("tgram://", AppriseProblem.NOT_AN_ADDRESS),
        ("exec://rm", AppriseProblem.UNKNOWN_SERVICE),
        ("dbus://", AppriseProblem.NOT_AN_ADDRESS),
        ("mailto://ola:hemmelig@example.org", AppriseProblem.UNKNOWN_SERVICE),
        ("slack://a/b/c?Template=file:///etc/passwd", AppriseProblem.REFUSED_OPTION),
        ("ntfy://topic", None),
        ("NTFY://topic", None),
    ],
)
def test_what_is_wrong_with_an_address_of_apprise(url: str, problem: AppriseProblem | None) -> None:
    assert apprise_problem(url) is problem
