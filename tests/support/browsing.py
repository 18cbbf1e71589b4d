"""What the browser's tests speak of."""

from dataclasses import dataclass

from autotennis.ports import Ports


@dataclass(frozen=True)
class Program:
    """The program as it is served, and the ports behind it as another process sees them."""

    address: str
    ports: Ports


@dataclass(frozen=True)
class Look:
    """How a reader looks at the pages."""

    width: int = 360
    height: int = 740
    language: str = "en"
    scripts: bool = True
    dark: bool = False


PHONE = Look()
