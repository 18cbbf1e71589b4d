"""The pages and the API on a socket, in this process: what a program finds there can be looked at beside it."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from support.api_site import Site
from werkzeug.serving import make_server


@contextmanager
def serving(site: Site) -> Generator[str, None, None]:
    """The site, by as many threads as there are requests; gives its address without a slash at the end."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="the pages")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
