"""The least that a web service can be, as a program: `python -m bench.bare {aiohttp,flask} PORT`."""

import sys
from typing import Any


def serve_aiohttp(port: int) -> None:
    """What the services of events are made of."""
    from aiohttp import web

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


def serve_flask(port: int) -> None:
    """What the web pages are made of: Flask in gunicorn, one process of many threads."""
    from flask import Flask
    from gunicorn.app.base import BaseApplication

    class Bare(BaseApplication):
        def load_config(self) -> None:
            options = {"bind": f"127.0.0.1:{port}", "worker_class": "gthread", "threads": 16, "loglevel": "warning"}
            for name, value in {**options, "control_socket_disable": True}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            app = Flask("bare")
            app.add_url_rule("/healthz", view_func=lambda: {"status": "ok"}, endpoint="healthz")
            return app

    Bare().run()


if __name__ == "__main__":
    {"aiohttp": serve_aiohttp, "flask": serve_flask}[sys.argv[1]](int(sys.argv[2]))
