"""The pages' own files: styles, scripts, the ball. A browser fetches each once, and again only when it has changed.

Their addresses name what is in them, so that what a browser has kept is never the wrong one. Otherwise it would ask for
all of them with every page that is looked at, only to hear that they are the same.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

from flask import Flask, request
from flask.wrappers import Response

_ENDPOINT: Final = "static"
_MARK: Final = "v"
_MARK_LENGTH: Final = 12
_YEAR_S: Final = 365 * 24 * 3600


def keep_static_files(app: Flask) -> None:
    """Marks their addresses, and lets browsers keep them. Call it before what adds headers to every answer."""
    marks = _marks(Path(str(app.static_folder)))

    def mark(endpoint: str, values: dict[str, Any]) -> None:
        found = marks.get(values.get("filename", "")) if endpoint == _ENDPOINT else None
        if found:
            values.setdefault(_MARK, found)

    def keep(answer: Response) -> Response:
        found = marks.get((request.view_args or {}).get("filename", "")) if request.endpoint == _ENDPOINT else None
        if found and request.args.get(_MARK) == found:
            answer.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
            # They are the same for everybody.
            del answer.headers["Vary"]
        return answer

    app.url_defaults(mark)
    # What is added first is done last: then all headers are there.
    app.after_request(keep)


def _marks(directory: Path) -> dict[str, str]:
    """A short digest of each file, by its name under the directory."""
    files = [file for file in directory.rglob("*") if file.is_file()]
    return {
        file.relative_to(directory).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:_MARK_LENGTH]
        for file in files
    }
