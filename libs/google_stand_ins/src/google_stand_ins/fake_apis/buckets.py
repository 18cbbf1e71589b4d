"""Cloud Storage's JSON API: buckets and objects, as gcloud writes them and Terraform keeps its state in them."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from google_stand_ins.fake_apis.routing import Answer, Refused, Request, Route

# Is told the bucket, the name and the content of an object that was written.
OnWritten = Callable[[str, str, bytes], None]


class Buckets:
    """`objects` holds everything: bucket, name, content. `on_written` hears of each object."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, bytes]] = {}
        self.settings: dict[str, dict[str, Any]] = {}
        self.on_written: list[OnWritten] = []
        self.here = ""
        self._generations: dict[tuple[str, str], int] = {}
        self._uploads: dict[str, tuple[str, str]] = {}

    def routes(self) -> list[Route]:
        """What can be asked, and by which path."""
        bucket = r"/storage/v1/b/([^/]+)"
        return [
            Route("POST", "/storage/v1/b", self._create),
            Route("GET", bucket, self._described),
            Route("PATCH", bucket, self._changed),
            Route("GET", f"{bucket}/o", self._listed),
            Route("GET", f"{bucket}/o/([^/]+)", self._read),
            Route("DELETE", f"{bucket}/o/([^/]+)", self._deleted),
            Route("GET", r"/download/storage/v1/b/([^/]+)/o/([^/]+)", self._content),
            Route("POST", r"(?:/storage/v1)?/(?:resumable/)?upload/storage/v1/b/([^/]+)/o", self._uploaded),
            Route("POST", f"{bucket}/o", self._uploaded),
            Route("PUT", r"(?:/storage/v1)?/(?:resumable/)?upload/storage/v1/b/([^/]+)/o", self._resumed),
            # Terraform's library reads by the older form of the API.
            Route("GET", r"/(?!storage/)([^/]+)/(.+)", self._content),
        ]

    def add(self, name: str, settings: Mapping[str, Any] | None = None) -> None:
        """An empty bucket."""
        self.objects[name] = {}
        self.settings[name] = {"name": name, **(settings or {})}

    def _create(self, request: Request) -> dict[str, Any]:
        wanted = request.json()
        if wanted["name"] in self.objects:
            raise Refused(HTTPStatus.CONFLICT, "Your previous request to create the named bucket succeeded.")
        self.add(wanted["name"], wanted)
        return self._bucket(wanted["name"])

    def _described(self, _request: Request, bucket: str) -> dict[str, Any]:
        self._held(bucket)
        return self._bucket(bucket)

    def _changed(self, request: Request, bucket: str) -> dict[str, Any]:
        self._held(bucket)
        self.settings[bucket].update(request.json())
        return self._bucket(bucket)

    def _listed(self, request: Request, bucket: str) -> dict[str, Any]:
        begins = request.query.get("prefix", "")
        names = [name for name in sorted(self._held(bucket)) if name.startswith(begins)]
        return {"kind": "storage#objects", "items": [self._object(bucket, name) for name in names]}

    def _read(self, request: Request, bucket: str, name: str) -> Any:
        if request.query.get("alt") == "media":
            return self._content(request, bucket, name)
        return self._object(bucket, name)

    def _deleted(self, _request: Request, bucket: str, name: str) -> Answer:
        self._object(bucket, name)
        del self.objects[bucket][name]
        return Answer(b"", HTTPStatus.NO_CONTENT)

    def _content(self, _request: Request, bucket: str, name: str) -> Answer:
        found = self._object(bucket, name)
        said = {"Content-Type": "application/octet-stream", "X-Goog-Generation": found["generation"]}
        return Answer(self.objects[bucket][name], headers=said | {"X-Goog-Hash": f"md5={found['md5Hash']}"})

    def _uploaded(self, request: Request, bucket: str) -> Any:
        kind = request.query.get("uploadType", "media")
        if kind == "multipart":
            about, content = _parts(request)
            return self._write(request, bucket, str(about.get("name") or request.query["name"]), content)
        name = request.query.get("name") or request.json().get("name", "")
        if kind == "resumable":
            return self._begun(bucket, str(name))
        return self._write(request, bucket, str(name), request.body)

    def _begun(self, bucket: str, name: str) -> Answer:
        self._held(bucket)
        upload_id = f"upload-{len(self._uploads) + 1}"
        self._uploads[upload_id] = (bucket, name)
        where = f"http://storage.fake/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={upload_id}"
        return Answer(b"", headers={"Location": where})

    def _resumed(self, request: Request, _bucket: str) -> Any:
        bucket, name = self._uploads[request.query["upload_id"]]
        return self._write(request, bucket, name, request.body)

    def _write(self, request: Request, bucket: str, name: str, content: bytes) -> dict[str, Any]:
        held = self._held(bucket)
        if request.query.get("ifGenerationMatch") == "0" and name in held:
            raise Refused(
                HTTPStatus.PRECONDITION_FAILED, "At least one of the pre-conditions you specified did not hold."
            )
        return self.write(bucket, name, content)

    def write(self, bucket: str, name: str, content: bytes) -> dict[str, Any]:
        """An object, new or in place of the one before."""
        self._held(bucket)[name] = content
        self._generations[bucket, name] = self._generations.get((bucket, name), 0) + 1
        for told in self.on_written:
            told(bucket, name, content)
        return self._object(bucket, name)

    def _held(self, bucket: str) -> dict[str, bytes]:
        if bucket not in self.objects:
            raise Refused(HTTPStatus.NOT_FOUND, "The specified bucket does not exist.")
        return self.objects[bucket]

    def _bucket(self, name: str) -> dict[str, Any]:
        return {"kind": "storage#bucket", "id": name, "projectNumber": "123456789012", **self.settings[name]}

    def _object(self, bucket: str, name: str) -> dict[str, Any]:
        if name not in self._held(bucket):
            raise Refused(HTTPStatus.NOT_FOUND, f"No such object: {bucket}/{name}")
        content = self.objects[bucket][name]
        return {
            "kind": "storage#object",
            "bucket": bucket,
            "name": name,
            "size": str(len(content)),
            "generation": str(self._generations[bucket, name]),
            "metageneration": "1",
            "mediaLink": f"http://storage.fake/download/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media",
            "contentType": "application/octet-stream",
            "md5Hash": base64.b64encode(hashlib.md5(content).digest()).decode(),  # noqa: S324 (so the API says it)
        }


def _parts(request: Request) -> tuple[dict[str, Any], bytes]:
    """What a multipart upload says of the object, and the object: each part has a head, an empty line and a body."""
    boundary = request.headers["content-type"].partition("boundary=")[2].strip("'\"").encode()
    about, content = request.body.split(b"--" + boundary)[1:3]
    return json.loads(_body(about)), _body(content)


def _body(part: bytes) -> bytes:
    """A part without its head, and without the line break that belongs to the boundary."""
    line = b"\r\n" if part.startswith(b"\r\n") else b"\n"
    return part.partition(line * 2)[2].removesuffix(line)
