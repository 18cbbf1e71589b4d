"""Pub/Sub's push envelope: the form in which every service receives events, in the cloud and on one machine."""

import base64
import binascii
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autotennis.errors import BadEvent
from autotennis.events import Event, load

# Pub/Sub takes messages of up to 10 MB; ours are a few kB.
LARGEST_ENVELOPE_BYTES = 1_000_000


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    data: Annotated[str, Field(max_length=LARGEST_ENVELOPE_BYTES)]
    message_id: Annotated[str, Field(alias="messageId")]
    publish_time: Annotated[str, Field(alias="publishTime")] = ""
    attributes: dict[str, str] = Field(default_factory=dict)
    ordering_key: Annotated[str, Field(alias="orderingKey")] = ""


class Envelope(BaseModel):
    """One delivery of one message.

    `deliveryAttempt` counts from 1 where the sender counts at all. Fields that we do not use are let through: the real
    service may add some.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    message: _Message
    subscription: str = ""
    delivery_attempt: Annotated[int | None, Field(alias="deliveryAttempt", ge=1)] = None

    def data(self) -> bytes:
        """The message's bytes. Raises BadEvent."""
        try:
            return base64.b64decode(self.message.data, validate=True)
        except binascii.Error:
            raise BadEvent("The envelope's message.data is not base64.") from None

    def event(self) -> Event:
        """The event inside. Raises BadEvent."""
        return load(self.data())


def open_envelope(body: bytes) -> Envelope:
    """The envelope in a push request's body. Raises BadEvent, which names each field that is wrong."""
    try:
        return Envelope.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = "; ".join(f"{'.'.join(str(part) for part in one['loc']) or 'body'}: {one['msg']}" for one in found[:10])
        raise BadEvent(f"The body is not a push envelope: {wrong}") from None


def seal_envelope(data: bytes, message_id: str, subscription: str, attempt: int, publish_time: str) -> bytes:
    """The body of a push request that delivers these event bytes (of `events.dump`) for the `attempt`-th time.

    Raises BadEvent for a message that is too large to be pushed.
    """
    text = base64.b64encode(data).decode()
    if len(text) > LARGEST_ENVELOPE_BYTES:
        raise BadEvent(f"The message is too large to be delivered: {len(data)} bytes.")
    message = _Message(data=text, message_id=message_id, publish_time=publish_time)
    envelope = Envelope(message=message, subscription=subscription, delivery_attempt=attempt)
    return envelope.model_dump_json(by_alias=True).encode()
