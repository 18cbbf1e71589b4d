"""A consumer that reads each event and has nothing to do for it: `python -m bench.load.receiver PORT`.

It answers pushes as the services do, `GET /healthz`, and with `GET /count` how many different events have come.
"""

import sys
from typing import Final

from aiohttp import web

from autotennis.push import open_envelope

# Whose pushes are of no delivery.
NOT_COUNTED: Final = "bare"


def main(port: int) -> None:
    """Serves until it is told to stop."""
    seen: set[str] = set()

    async def on_push(request: web.Request) -> web.Response:
        who, event = request.match_info["who"], open_envelope(await request.read()).event()
        if who != NOT_COUNTED:
            seen.add(f"{who} {event.id}")
        return web.Response(status=204)

    async def count(_request: web.Request) -> web.Response:
        return web.json_response({"count": len(seen)})

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_post("/{who}/events", on_push)
    app.router.add_get("/count", count)
    app.router.add_get("/healthz", healthz)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, backlog=1024)


if __name__ == "__main__":
    main(int(sys.argv[1]))
