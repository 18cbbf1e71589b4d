"""Every fact reaches e-mail and webhook once each, in the member's language, though it is delivered three times."""

from collections.abc import Callable, Mapping

import pytest
from support.mailroom import Mailroom, html_of, text_of

from autotennis.domain.booking import Booking, Budget
from autotennis.events import (
    Booked,
    BookingCancelled,
    BookingRequested,
    CheckFailed,
    Event,
    Failed,
    PlaceOffered,
    SeriesInterrupted,
    SessionFull,
    WithdrawalFailed,
    Withdrawn,
)
from autotennis.values import Failure, FailureReason, Proof

NOTHING = Budget(requests=0, sign_ups=0)
ABOUT = {"en": "Tennis, Thu 3 Dec 18:00, Dragvoll idrettssenter, Bane 2"}
ABOUT["nb"] = "Tennis, tor. 3. des. kl. 18:00, Dragvoll idrettssenter, Bane 2"


Make = Callable[[Booking, Mailroom], Event]


def booked(booking: Booking, room: Mailroom) -> Event:
    now = room.clock.now()
    return Booked(**booking.about(now), proof=Proof(seen_at=now))


def failed(reason: FailureReason) -> Make:
    return lambda booking, room: Failed(**booking.about(room.clock.now()), failure=Failure(reason=reason))


def offered(booking: Booking, room: Mailroom) -> Event:
    now = room.clock.now()
    return PlaceOffered(**booking.about(now), until=now.replace(minute=20, second=0, microsecond=0))


def interrupted(booking: Booking, room: Mailroom) -> Event:
    return SeriesInterrupted(
        at=room.clock.now(),
        club_id=booking.club_id,
        member_id=booking.member_id,
        series_id="s-1",
        session=booking.session,
        reason="gone",
    )


def not_withdrawn(booking: Booking, room: Mailroom) -> Event:
    about, why = booking.about(room.clock.now()), Failure(reason=FailureReason.CLUB_UNREACHABLE)
    return WithdrawalFailed(**about, failure=why)


def check_failed(booking: Booking, room: Mailroom) -> Event:
    about, why = booking.about(room.clock.now()), Failure(reason=FailureReason.LOGIN_REFUSED)
    return CheckFailed(**about, failure=why)


def plain(kind: type[SessionFull | Withdrawn | BookingRequested | BookingCancelled]) -> Make:
    def made(booking: Booking, room: Mailroom) -> Event:
        return kind(**booking.about(room.clock.now()))

    return made


FACTS: Mapping[str, tuple[Make, Mapping[str, tuple[str, str]]]] = {
    "win": (
        booked,
        {
            "en": ("Booked: {about}", "You have a place: the club's own page shows you as signed up."),
            "nb": ("Du er på: {about}", "Du har plass: klubbens egen side viser at du er påmeldt."),
        },
    ),
    "lose": (
        failed(FailureReason.LOGIN_REFUSED),
        {
            "en": ("Not booked: {about}", "the club refused your e-mail and password."),
            "nb": ("Ikke påmeldt: {about}", "klubben avviste e-posten og passordet ditt."),
        },
    ),
    "full": (
        failed(FailureReason.FULL),
        {
            "en": ("Not booked: {about}", "You did not get a place: the session was full."),
            "nb": ("Ikke påmeldt: {about}", "Du fikk ikke plass: timen var full."),
        },
    ),
    "waiting": (
        plain(SessionFull),
        {
            "en": ("Full, you are waiting: {about}", "you are in the line for a place that becomes free"),
            "nb": ("Fullt, du venter: {about}", "du står i køen for en plass som blir ledig"),
        },
    ),
    "offered": (
        offered,
        {
            "en": ("A place is free: do you want it? {about}", "Answer before 12:20"),
            "nb": ("En plass er ledig: vil du ha den? {about}", "Svar før 12:20"),
        },
    ),
    "given back": (
        plain(Withdrawn),
        {
            "en": ("Given back: {about}", "Your place was given back"),
            "nb": ("Avmeldt: {about}", "Du er meldt av"),
        },
    ),
    "not given back": (
        not_withdrawn,
        {
            "en": ("Your place could not be given back: {about}", "the club did not answer."),
            "nb": ("Du kunne ikke meldes av: {about}", "klubben svarte ikke."),
        },
    ),
    "series": (
        interrupted,
        {
            "en": ("A week of your series was not booked: NTNUI Tennis, Thu 3 Dec 18:00", "does not show the session"),
            "nb": ("En uke av serien din ble ikke bestilt: NTNUI Tennis, tor. 3. des. kl. 18:00", "timen"),
        },
    ),
    "planned": (
        plain(BookingRequested),
        {
            "en": ("Planned: {about}", "We sign you up when it opens: Monday 30 November at 13:00."),
            "nb": ("Planlagt: {about}", "Vi melder deg på når den åpner: mandag 30. november kl. 13:00."),
        },
    ),
    "cancelled": (
        plain(BookingCancelled),
        {
            "en": ("Cancelled: {about}", "The booking was cancelled"),
            "nb": ("Avbestilt: {about}", "Bestillingen er avbestilt"),
        },
    ),
    "check": (
        check_failed,
        {
            "en": ("Your booking needs you: {about}", "Enter your club password anew under Settings, then book again."),
            "nb": ("Bestillingen din trenger deg: {about}", "Skriv inn klubbpassordet på nytt under Innstillinger"),
        },
    ),
}


@pytest.mark.parametrize("language", ["en", "nb"])
@pytest.mark.parametrize("name", FACTS)
async def test_a_fact_arrives_once_each_in_the_members_language(room: Mailroom, name: str, language: str) -> None:
    make, words = FACTS[name]
    member = room.member(language)
    room.by_email(member)
    room.by_webhook(member)
    event = make(room.booking(member), room)
    await room.told(event)
    await room.told(event, 1)
    await room.swept()
    subject, sentence = words[language]
    subject = subject.format(about=ABOUT[language])
    (mail,) = room.server.mails
    (post,) = room.receiver.posts
    assert mail["Subject"] == post.told["subject"] == subject
    assert mail["To"] == "ola@example.org"
    for text in (text_of(mail), post.told["text"]):
        assert sentence in text, text
    assert f'<html lang="{language}">' in html_of(mail)
    assert post.told["kind"] == event.kind
    assert post.told["language"] == language
