"""A way into a session, made ready beforehand."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from autotennis.adapters.clubs.prepared import Prepared, WhenAwaited
from autotennis.adapters.clubs.reply import Reply
from autotennis.ports import Answer


@dataclass(frozen=True, slots=True)
class PreparedAction:
    """The port PreparedRequest.

    `refusal` gives the answer to a request that must not be sent, None if it may be; `read` reads the page. Where the
    club takes a while to say what came of it, `read` is awaited.
    """

    request: Prepared
    refusal: Callable[[], Answer | None]
    read: Callable[[Reply], Answer | Awaitable[Answer]]

    async def warm(self, connections: int) -> None:
        """Has that many connections open and idle, without a request, and takes the login of this moment.

        Those that cannot be opened are left out.
        """
        await self.request.warm(connections)

    def send(self) -> Awaitable[Answer]:
        """Writes the request before it returns if a connection is idle; the page is read when the answer is awaited."""
        refused = self.refusal()
        if refused is not None:
            return WhenAwaited(lambda: _told(refused))
        reply = self.request.send()
        return WhenAwaited(lambda: self._answer(reply))

    async def _answer(self, reply: Awaitable[Reply]) -> Answer:
        answer = self.read(await reply)
        return answer if isinstance(answer, Answer) else await answer


async def _told(answer: Answer) -> Answer:
    return answer
