"""What runs: the system itself, its services, the pages from outside, and the mail server."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from autotennis.adapters.local.files import Occupied, locked
from autotennis.hosts import is_loopback
from autotennis_local.doctor.finding import Finding, broken, fine, unknown, warning
from autotennis_local.doctor.patient import Patient
from autotennis_local.installation import LOCK_FILE, addresses_of
from autotennis_notifier.senders.email import EmailSender

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


async def system(patient: Patient) -> Sequence[Finding]:
    """Whether it runs, and whether each of its services answers."""
    addresses = addresses_of(patient.data_dir)
    if not _is_held(patient):
        return [warning(f"Autotennis does not run on {patient.data_dir}", "Start it: `autotennis up`, or its unit.")]
    if not addresses:
        return [unknown("it runs, but has not told yet where its services are", "Look again when it is up.")]
    return [fine("the supervisor runs"), *await _answers(addresses)]


async def services(patient: Patient) -> Sequence[Finding]:
    """Whether the services answer where the settings say that they are."""
    told = {service.value: str(url).rstrip("/") + "/healthz" for service, url in patient.settings.services.items()}
    if not told:
        return [
            unknown(
                "the services have no addresses in AUTOTENNIS_SERVICES",
                "In the cloud only the pages can be reached from outside: look at Cloud Run's own page for the others.",
            )
        ]
    return await _answers(told)


async def _answers(addresses: Mapping[str, str]) -> Sequence[Finding]:
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
        statuses = await asyncio.gather(*(_status(http, url) for url in addresses.values()))
    silent = [f"{name} ({status})" for name, status in zip(addresses, statuses, strict=True) if status != "200"]
    if silent:
        return [broken(f"no good answer from {', '.join(silent)}", "Look at the logs of those (log/NAME.log).")]
    return [fine(f"{', '.join(addresses)} answer")]


async def _status(http: aiohttp.ClientSession, url: str) -> str:
    try:
        async with http.get(url, allow_redirects=False) as response:
            return str(response.status)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return type(error).__name__


def _is_held(patient: Patient) -> bool:
    path = patient.data_dir / LOCK_FILE
    if not path.exists():
        return False
    try:
        with locked(path, wait=False):
            return False
    except Occupied:
        return True


async def pages(patient: Patient) -> Sequence[Finding]:
    """Whether members reach the pages where the links in messages lead."""
    root = patient.settings.public_root
    if not root or is_loopback(urlsplit(root).hostname or ""):
        return [
            warning(
                "the pages have no address that another machine reaches",
                "For others than you: a proxy with TLS (docs/one-machine.md), and AUTOTENNIS_PUBLIC_URL.",
            )
        ]
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
        status = await _status(http, f"{root}/sign-in")
    if status != str(HTTPStatus.OK):
        return [
            broken(f"{root}/sign-in does not answer as it should ({status})", "Is the name right, and the proxy up?")
        ]
    if not root.startswith("https://"):
        return [broken(f"{root} has no TLS: passwords can be read on the way", "Put a proxy with TLS in front.")]
    return [fine(f"{root} answers")]


async def mail(patient: Patient) -> Sequence[Finding]:
    """Whether the mail server takes us. Nothing is sent."""
    settings = patient.settings
    if not settings.smtp_url:
        return [
            warning("there is no e-mail", "Set AUTOTENNIS_SMTP_URL and AUTOTENNIS_MAIL_FROM to tell members by e-mail.")
        ]
    refusal = await EmailSender(settings.smtp_url, settings.mail_from).try_out()
    if refusal:
        return [
            broken(
                f"the mail server does not take us ({refusal.trouble.value} {refusal.detail})".replace(" )", ")"),
                "Are host, port, user and password in AUTOTENNIS_SMTP_URL right, and signs like @ in the password "
                "written as %40?",
            )
        ]
    return [fine("the mail server takes us")]
