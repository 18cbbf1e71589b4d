"""What every feed promises to those who look on."""

from support.consumers import consuming, refusing
from support.families import ATTEMPTS, Family
from support.feeds import seen
from support.records import an_opening, asked_for, to_race
from support.waiting import eventually

from autotennis.flow import Service


def test_what_is_published_is_seen_once_in_its_order(family: Family) -> None:
    published = [asked_for("b-1"), an_opening(), to_race("b-1"), asked_for("b-2"), an_opening(5), to_race("b-2")]
    with family.feed() as feed:
        assert list(feed.new()) == []
        for event in published:
            family.bus.publish(event)
        assert seen(feed, len(published)) == published
        assert list(feed.new()) == []


def test_what_was_published_before_is_not_seen(family: Family) -> None:
    family.bus.publish(to_race("b-1"))
    with family.feed() as feed:
        family.bus.publish(to_race("b-2"))
        assert seen(feed, 1) == [to_race("b-2")]


def test_what_another_process_publishes_is_seen(family: Family) -> None:
    with family.feed() as feed, family.reopened() as other:
        other.bus.publish(to_race())
        assert seen(feed, 1) == [to_race()]


async def test_looking_on_takes_nothing_from_the_services_nor_from_others_who_look_on(family: Family) -> None:
    with family.feed() as feed, family.feed() as other:
        family.bus.publish(to_race())
        assert seen(feed, 1) == seen(other, 1) == [to_race()]
        async with consuming() as booker, family.delivering({Service.BOOKER: booker.url}, None):
            await eventually(lambda: booker.times(to_race()), "it arrived")


async def test_neither_a_second_attempt_nor_a_replay_is_seen(family: Family) -> None:
    """Those are deliveries; the event was published once."""
    with family.feed() as feed:
        async with consuming(refusing(ATTEMPTS)) as booker, family.delivering({Service.BOOKER: booker.url}, None):
            family.bus.publish(to_race())
            await eventually(family.bus.dead_letters, "it was given up")
            family.bus.replay(family.bus.dead_letters()[0].id)
            await eventually(lambda: booker.times(to_race()) == ATTEMPTS + 1, "it arrived again")
        assert [event for event in seen(feed, 2) if event.kind != "SweepDue"] == [to_race()]
