# pyright: reportUnknownMemberType=false
# (Apprise tells half of its types; this is the only file that touches it)
"""The services that Apprise knows: Telegram, Slack, Discord, ntfy and many more."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from autotennis.domain.channel import AppriseAddress, ChannelAddress, ChannelTrouble
from autotennis.domain.receivers import apprise_problem
from autotennis_notifier.letter import Letter, Refusal
from autotennis_notifier.senders.guarding import Job


class AppriseSender:
    """Tells services, each in a thread of a pool of its own: Apprise waits for answers in its thread."""

    most = 8

    def __init__(self, *, private: bool = False) -> None:
        self._private = private
        self._pool = ThreadPoolExecutor(self.most, thread_name_prefix="apprise")

    async def send(self, address: ChannelAddress, letter: Letter) -> Refusal | None:
        """Tells the service; gives why it was not taken, or None. Who is not waited for any more is cut off."""
        if not isinstance(address, AppriseAddress):
            return Refusal(ChannelTrouble.BAD_ADDRESS, final=True)
        url, job = address.url.get_secret_value(), Job(private=self._private)
        if apprise_problem(url):
            return Refusal(ChannelTrouble.NOT_ALLOWED, final=True)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _tell, url, letter, job)
        finally:
            job.end()

    async def close(self) -> None:
        """Waits for nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _tell(url: str, letter: Letter, job: Job) -> Refusal | None:
    # Here, because it takes a quarter of a second, and many an installation needs none of it.
    from apprise import Apprise, AppriseAsset
    from apprise.common import NotifyFormat

    # Its log lines name the addresses, which are secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    services = Apprise(asset=AppriseAsset(app_id="Autotennis", app_desc="Autotennis", async_mode=False))
    if not services.add(url):
        return Refusal(ChannelTrouble.BAD_ADDRESS, final=True)
    with job.guarded():
        was_taken = services.notify(title=letter.subject, body=letter.text, body_format=NotifyFormat.TEXT)
    if was_taken:
        return None
    # It does not say why.
    return Refusal(ChannelTrouble.NOT_ALLOWED, final=True) if job.was_kept_out else Refusal(ChannelTrouble.REFUSED)
