"""supervisord, but that logs which cannot be written end nothing: `python -m autotennis_local.overseeing -c FILE`.

By itself it tells of them on its standard error, whose file is on the same full disk; over that it closes the pipe of
the program that it listened to, which then dies of its next line, or it dies itself, and everything with it.
"""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedBaseClass=false, reportUnknownArgumentType=false
# (supervisor ships no types)

from contextlib import suppress
from pathlib import Path
from typing import Any

from supervisor import loggers, supervisord


class _Lenient(loggers.RotatingFileHandler):
    """Writes what can be written, and goes on with that once there is room."""

    def emit(self, record: Any) -> None:
        """Writes a record, or loses it."""
        with suppress(OSError):
            if self.stream.closed:
                # It was being rotated when the disk was full.
                self.stream = Path(self.baseFilename).open(self.mode)  # noqa: SIM115 (it stays open)
            super().emit(record)

    def handleError(self) -> None:  # noqa: N802 (supervisor's own name)
        """There is nobody to tell."""


def main() -> None:
    """Becomes supervisord."""
    loggers.RotatingFileHandler = _Lenient
    supervisord.main()


if __name__ == "__main__":
    main()
