"""Forms as a browser sends them: what they say if nothing is filled in, and what guards them."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from selectolax.lexbor import LexborNode
from yarl import URL

from autotennis.adapters.clubs.cookies import Cookies

_ANY: Final = "0" * 32


@dataclass(frozen=True, slots=True)
class Guard:
    """Some sites want a cookie's value back in each form, so that no other site can have a browser send one. They take
    any at first, so none has to be fetched; what a login gives is used from then on. Django's do that.
    """

    cookie: str
    field: str

    def begin(self, jar: Cookies, root: URL) -> None:
        """Lays any value into the jar. Over https, browsers take a cookie of such a name from its own host alone."""
        host, safe = ("__Host-", "; Secure") if root.scheme == "https" else ("", "")
        jar.update_cookies_from_headers([f"{host}{self.cookie}={_ANY}; Path=/{safe}"], root)

    def form(self, jar: Cookies, fields: dict[str, str]) -> bytes:
        """The form as it is sent, with what guards it at this moment."""
        value = next((one.value for one in jar if one.key.endswith(self.cookie)), "")
        return urlencode({**fields, self.field: value}).encode()


def name_of(node: LexborNode) -> str:
    """The name of a field; empty if it has none."""
    return node.attributes.get("name") or ""


def proposed(node: LexborNode) -> str:
    """What the form says in that field if nothing is done to it; empty if nothing."""
    if node.tag == "select":
        chosen = node.css_first("option[selected]")
        return (chosen.attributes.get("value") or "") if chosen else ""
    if node.attributes.get("type") in ("radio", "checkbox") and "checked" not in node.attributes:
        return ""
    return node.attributes.get("value") or (node.text() if node.tag == "textarea" else "")


def required(form: LexborNode) -> list[LexborNode]:
    """The fields without which a browser does not send the form."""
    return form.css("[required]:not([disabled])")
