# pyright: reportUnknownMemberType=false
# (Google's clients are typed by halves)
"""`python -m google_stand_ins` runs them all."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from google.cloud.kms_v1 import KeyManagementServiceClient
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport
from google.cloud.scheduler_v1 import CloudSchedulerClient, Job, PubsubTarget
from google.cloud.scheduler_v1.services.cloud_scheduler.transports import CloudSchedulerGrpcTransport
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from support.emulators import fresh_project, need_emulators

from google_stand_ins.emulators import free_port
from google_stand_ins.issuer import Issuer, kept_key
from google_stand_ins.speaking_grpc import insecure_channel

AUDIENCE = "https://booker.example"
ACCOUNT = "pusher@example.iam.gserviceaccount.com"


class Program:
    """The program's settings, and what it has to do with. The subscription `booker` has a topic of the same name."""

    def __init__(self, directory: Path, consumer: str) -> None:
        self.pubsub_host = need_emulators().pubsub_host
        self.project = fresh_project()
        self.key = f"projects/{self.project}/locations/here/keyRings/vault/cryptoKeys/vault"
        self.ports = {name: free_port() for name in ("issuer", "scheduler", "kms")}
        self._path = directory / "settings.json"
        self._path.write_text(json.dumps(self._settings(directory, consumer)))

    def start(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "google_stand_ins", str(self._path)]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own program

    def subscribe(self) -> str:
        """Makes the topic and its subscription; gives the topic's path."""
        with contextlib.closing(insecure_channel(self.pubsub_host)) as channel:
            publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
            topic = publisher.create_topic(name=f"projects/{self.project}/topics/booker").name
            subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
            subscriber.create_subscription(name=f"projects/{self.project}/subscriptions/booker", topic=topic)
        return topic

    def fire_a_job(self, topic: str) -> None:
        parent = f"projects/{self.project}/locations/here"
        target = PubsubTarget(topic_name=topic, data=b"Serve!")
        job = Job(name=f"{parent}/jobs/opening", schedule="0 4 1 1 *", time_zone="UTC", pubsub_target=target)
        with contextlib.closing(insecure_channel(f"127.0.0.1:{self.ports['scheduler']}")) as channel:
            scheduler = CloudSchedulerClient(transport=CloudSchedulerGrpcTransport(channel=channel))
            scheduler.create_job(parent=parent, job=job)
            scheduler.run_job(name=job.name)

    @contextmanager
    def kms(self) -> Generator[KeyManagementServiceClient, None, None]:
        with contextlib.closing(insecure_channel(f"127.0.0.1:{self.ports['kms']}")) as channel:
            yield KeyManagementServiceClient(transport=KeyManagementServiceGrpcTransport(channel=channel))

    def _settings(self, directory: Path, consumer: str) -> dict[str, Any]:
        return {
            "pubsub_host": self.pubsub_host,
            "issuer": {"port": self.ports["issuer"], "keep_in": str(directory / "issuer.key")},
            "scheduler": {"port": self.ports["scheduler"], "keep_in": str(directory / "jobs.json")},
            "kms": {"port": self.ports["kms"], "keys": [self.key], "keep_in": str(directory / "keys.json")},
            "relay": {
                "project": self.project,
                "audience": AUDIENCE,
                "account": ACCOUNT,
                "routes": {"booker": {"addresses": [consumer], "ack_deadline_s": 60}},
                "trouble": {"delay_s": 0.01},
            },
        }


def publish(pubsub_host: str, topic: str, number: int) -> None:
    with contextlib.closing(insecure_channel(pubsub_host)) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        publisher.publish(topic=topic, messages=[PubsubMessage(data=b"Serve!")] * number)


@contextmanager
def running(program: Program) -> Generator["subprocess.Popen[str]", None, None]:
    """The program, ready. At the end it is asked to stop, and does so well, whatever it holds."""
    with program.start() as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "pushing from" in line:
                    break
            yield process
        finally:
            process.terminate()
        said = process.communicate(timeout=20.0)[1]
        assert process.returncode == 0, said
        assert "Traceback" not in said


@asynccontextmanager
async def holding() -> AsyncGenerator[tuple[str, "asyncio.Queue[str]"], None]:
    """Where a consumer listens that never answers, and the tokens that were shown to it."""
    tokens: asyncio.Queue[str] = asyncio.Queue()

    async def on_push(request: web.Request) -> web.Response:
        await tokens.put(request.headers["Authorization"].removeprefix("Bearer "))
        await asyncio.Event().wait()
        raise AssertionError

    app = web.Application()
    app.router.add_post("/events", on_push)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/events", tokens
    finally:
        await runner.cleanup()


async def test_a_job_is_fired_and_pushed_with_a_token_that_can_be_checked(tmp_path: Path) -> None:
    async with holding() as (url, tokens):
        program = Program(tmp_path, url)
        with running(program):
            topic = await asyncio.to_thread(program.subscribe)
            await asyncio.to_thread(program.fire_a_job, topic)
            token = await asyncio.wait_for(tokens.get(), 10.0)
            issuer = f"http://127.0.0.1:{program.ports['issuer']}"
            async with aiohttp.ClientSession() as session, session.get(f"{issuer}/certs") as answer:
                (key,) = jwt.PyJWKSet.from_dict(await answer.json()).keys
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=issuer)
    assert claims["email"] == ACCOUNT


async def test_when_it_is_killed_the_next_one_pushes_what_it_held_as_soon_as_its_leases_end(tmp_path: Path) -> None:
    async with holding() as (url, tokens):
        program = Program(tmp_path, url)
        with program.start() as killed:
            try:
                topic = await asyncio.to_thread(program.subscribe)
                publish(program.pubsub_host, topic, 5)
                for _ in range(5):
                    await asyncio.wait_for(tokens.get(), 30.0)
            finally:
                killed.kill()
        with running(program):
            publish(program.pubsub_host, topic, 5)
            # The dead one's leases last 10 s, and until then the emulator may still hand it new messages; what it was
            # given to hold them for is a minute.
            async with asyncio.timeout(45.0):
                for _ in range(10):
                    await tokens.get()


def test_keys_outlive_it(tmp_path: Path) -> None:
    program = Program(tmp_path, "http://127.0.0.1:1/events")
    with running(program), program.kms() as kms:
        sealed = kms.encrypt(name=program.key, plaintext=b"Love all").ciphertext
    with running(program), program.kms() as kms:
        assert kms.decrypt(name=program.key, ciphertext=sealed).plaintext == b"Love all"


def test_no_log_line_shows_a_token(tmp_path: Path) -> None:
    """Not even when every push fails."""
    program = Program(tmp_path, "http://127.0.0.1:1/events")
    with program.start() as process:
        assert process.stderr is not None
        lines = iter(process.stderr)
        assert any("issuer of tokens" in line for line in lines)
        program.fire_a_job(program.subscribe())
        refused = next(line for line in lines if "found nobody listening" in line)
        process.terminate()
    assert "eyJ" not in refused
    assert "Serve!" not in refused


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("{}", "pubsub_host"),
        ('{"pubsub_host": "127.0.0.1:8085", "issuer": {"port": 0}}', "issuer.port"),
        ('{"pubsub_host": "127.0.0.1:8085", "issuer": {"port": 8086}, "scheduller": {}}', "scheduller"),
        (None, "cannot be read"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, settings: str | None, complaint: str) -> None:
    path = tmp_path / "settings.json"
    if settings is not None:
        path.write_text(settings)
    command = [sys.executable, "-m", "google_stand_ins", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert run.returncode == 2
    assert complaint in run.stderr
    assert "Traceback" not in run.stderr


def test_the_issuers_key_outlives_it(tmp_path: Path) -> None:
    """Whoever checks tokens asks for an unknown key once a minute at most: a new one would shut the doors for that."""
    first, again = kept_key(tmp_path / "issuer.key"), kept_key(tmp_path / "issuer.key")
    assert Issuer("http://localhost", first).key_set() == Issuer("http://localhost", again).key_set()
    assert (tmp_path / "issuer.key").stat().st_mode & 0o077 == 0
