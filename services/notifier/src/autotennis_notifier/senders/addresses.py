"""Which addresses messages may be sent to: none that is inside of anything. And who is behind them."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from autotennis.domain.channel import AppriseAddress, ChannelAddress, PushAddress, WebhookAddress

# Of these, a part names an IPv4 address, which may be a private one.
_TRANSLATED: Final = IPv6Address("64:ff9b::")
_TRANSLATED_BITS: Final = 96
# All that is given out to anybody (RFC 4291). Beyond it are addresses of sites, of translators of their own (RFC 8215),
# and old forms of IPv4, some of which Python takes for global.
_GIVEN_OUT: Final = IPv6Network("2000::/3")
# For protocols, and in some clouds the machine's own metadata. Python has not always known all of it.
_PROTOCOLS: Final = IPv4Network("192.0.0.0/24")


def receiver_of(address: ChannelAddress) -> str:
    """Who answers there, as far as it can be told: it holds no secret. Empty for what goes by our own server.

    Where a service of Apprise's has one host for everybody, its address names none, but may have a secret in its place:
    the name of the service has to do.
    """
    match address:
        case WebhookAddress(url=url) | PushAddress(endpoint=url):
            return _host_of(url)
        case AppriseAddress(url=url):
            host = _host_of(url)
            return f"{url.get_secret_value().partition(':')[0]} {host if '.' in host else ''}"
        case _:
            return ""


def _host_of(url: SecretStr) -> str:
    try:
        found = urlsplit(url.get_secret_value())
        return f"{found.hostname or ''}:{found.port or ''}"
    except ValueError:
        return ""


def is_public(host: str) -> bool:
    """Whether this IP address is one of the open Internet, however it is written."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return _is_public_v6(address)
    return _is_public(address)


def _is_public_v6(address: IPv6Address) -> bool:
    inner = address.ipv4_mapped or address.sixtofour or _translated(address)
    if inner is not None:
        return address.sixtofour is None and _is_public(inner)
    return address in _GIVEN_OUT and address.teredo is None and _is_public(address)


def _translated(address: IPv6Address) -> IPv4Address | None:
    shift = 128 - _TRANSLATED_BITS
    if int(address) >> shift != int(_TRANSLATED) >> shift:
        return None
    return IPv4Address(int(address) & 0xFFFFFFFF)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and address not in _PROTOCOLS
