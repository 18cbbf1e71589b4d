"""Each club: whether it is reached, what time it has, and whether its pages are understood. Two requests at most."""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from autotennis.adapters.clubs.registry import open_club
from autotennis.domain.club import ClubRules
from autotennis.errors import ClubBusy, ClubUnreachable, ClubUntrusted, PageNotUnderstood
from autotennis.ports import Answer, Clock, Visit
from autotennis.values import VerdictKind
from autotennis_local.doctor.finding import Finding, Level, broken, fine, warning
from autotennis_local.doctor.machine import offset_found, offset_of
from autotennis_local.doctor.patient import Patient

_PORTS: Final = {"https": 443, "http": 80}
_CONNECT_S: Final = 8.0
_SOON_DAYS: Final = 7


async def examined_club(patient: Patient, rules: ClubRules) -> Sequence[Finding]:
    """Its name, its certificate, one HEAD and one look at its front page, as a visitor with our User-Agent."""
    url = urlsplit(rules.root)
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    try:
        await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return [broken(f"{host} has no address", "Is this machine on the network? Is the club's base_url right?")]
    trust = [await _certificate(host, port, patient.clock.now())] if url.scheme == "https" else []
    if any(one.level is Level.BROKEN for one in trust):
        return trust
    return [*trust, *await _visited(patient, rules)]


async def _certificate(host: str, port: int, now: datetime) -> Finding:
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        return broken(
            f"the certificate of {host} is not trusted: {error.verify_message}",
            "Is this machine's date right, and does it have the package ca-certificates? If so, only the club can mend "
            "it.",
        )
    except (OSError, TimeoutError) as error:
        return broken(
            f"{host}:{port} cannot be reached ({type(error).__name__})",
            "Does a browser on this network reach it? A firewall may have to let this machine out.",
        )
    certificate: Mapping[str, Any] = writer.get_extra_info("peercert")
    writer.close()
    return certificate_found(host, str(certificate["notAfter"]), now)


def certificate_found(host: str, ends: str, now: datetime) -> Finding:
    """What is to be said of a certificate that ends then, as OpenSSL writes it."""
    left = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) - now
    if left < timedelta(days=_SOON_DAYS):
        return warning(
            f"the certificate of {host} ends in {left.days} days", "Tell the club: nobody can book without it."
        )
    return fine(f"the certificate of {host} is good for {left.days} days")


async def _visited(patient: Patient, rules: ClubRules) -> list[Finding]:
    club = open_club(rules, patient.settings.user_agent, patient.clock)
    async with club.visit() as visit:
        answer = await visit.probe()
        if answer.verdict.kind is VerdictKind.BUSY:
            return [warning("it asks to be left alone just now", "Look again in some minutes.")]
        if answer.status is None:
            return [
                broken(
                    f"{rules.root} does not answer",
                    "Does a browser on this network reach it? If so, a firewall has to let this machine out.",
                )
            ]
        return [
            fine(f"{rules.root} answers, asked as {patient.settings.user_agent}"),
            _time(patient.clock, answer, rules.name),
            await _front_page(visit),
        ]


def _time(clock: Clock, answer: Answer, name: str) -> Finding:
    if answer.date is None or answer.second_hand:
        return broken(
            f"the answers of {name} do not tell its time",
            "Its clock cannot be learned, and openings are met less exactly. Is there a cache or a proxy between?",
        )
    now, now_s = clock.now(), clock.monotonic_s()
    sent_at, received_at = (now - timedelta(seconds=now_s - at_s) for at_s in (answer.sent_s, answer.received_s))
    return offset_found(offset_of(answer.date, sent_at, received_at), name)


async def _front_page(visit: Visit) -> Finding:
    try:
        shown = (await visit.free_places()).shown
    except ClubBusy:
        return warning("it asks to be left alone just now", "Look again in some minutes.")
    except ClubUntrusted:
        return broken(
            "who answers there cannot prove to be the club",
            "Its certificate may have run out, or somebody is in between. Nothing is sent there until that is mended.",
        )
    except ClubUnreachable:
        return broken("its front page does not come", "Does a browser on this network show it?")
    except PageNotUnderstood as error:
        return broken(
            f"its front page is not understood ({error.fingerprint})",
            "The club may have changed it: compare it with what adapters/clubs reads, and install a version that does.",
        )
    return fine(f"its front page is understood: {len(shown)} sessions")
