"""Which addresses messages may be sent to: none that is inside of anything."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

# Of these, a part names an IPv4 address, which may be a private one.
_TRANSLATED: Final = IPv6Address("64:ff9b::")
_TRANSLATED_BITS: Final = 96


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
    return address.teredo is None and _is_public(address)


def _translated(address: IPv6Address) -> IPv4Address | None:
    shift = 128 - _TRANSLATED_BITS
    if int(address) >> shift != int(_TRANSLATED) >> shift:
        return None
    return IPv4Address(int(address) & 0xFFFFFFFF)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast
