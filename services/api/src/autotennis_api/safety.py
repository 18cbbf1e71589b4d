"""What is sent along with every page so that a browser keeps it safe."""

from typing import Final

from flask import Flask
from flask.wrappers import Response

# Pictures as data are those that the stylesheet draws its small signs with.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_TWO_YEARS: Final = "max-age=63072000; includeSubDomains"


def add_safety_headers(app: Flask, *, over_tls: bool) -> None:
    """Sends the headers with every answer of the application."""

    def add(answer: Response) -> Response:
        answer.headers.extend(_HEADERS)
        if over_tls:
            answer.headers["Strict-Transport-Security"] = _TWO_YEARS
        if "Cache-Control" not in answer.headers:
            # Pages are personal: nothing of them stays on a shared computer.
            answer.headers["Cache-Control"] = "no-store"
        answer.vary.update(("Cookie", "Accept-Language"))
        return answer

    app.after_request(add)
