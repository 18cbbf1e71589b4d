"""The dispatcher of the embedded bus: it pushes what is published to the services' `POST /events`.

One runs for each database. It fires wake-ups whose time has come, publishes the standing `SweepDue`, delivers at least
once with the promises of Pub/Sub's push, and prunes what is long settled.
"""

from autotennis.dispatcher.loop import Dispatcher, DispatcherOptions

__all__ = ["Dispatcher", "DispatcherOptions"]
