"""The commands of a document, as a reader would type them."""

import re
from pathlib import Path
from typing import Final

# What stands for something that only the reader knows is no command: `git clone <this repository>`.
_PLACEHOLDER: Final = re.compile(r"<[a-z ]+>")


def blocks(document: Path, heading: str) -> list[str]:
    """The indented blocks under the heading of this name, up to the next one, in order."""
    (section,) = re.findall(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", document.read_text(), re.MULTILINE | re.DOTALL
    )
    found: list[str] = re.findall(r"(?:^ {4}.*\n)+", str(section), re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in found if not _PLACEHOLDER.search(block)]
