"""In which order services get a new version."""

from autotennis_cloud.order import RELEASE_ORDER, release_order


def test_those_that_consume_come_before_those_that_publish() -> None:
    """Of ours, whoever tells members is first, and whoever members ask is last."""
    assert RELEASE_ORDER == ("notifier", "timer", "booker", "waitlist", "api")


def test_a_chain_is_walked_from_its_end() -> None:
    """Whatever the services are called."""
    publishers = {"Asked": ["a"], "Planned": ["b"], "Done": ["c"]}
    consumers = {"Asked": ["b"], "Planned": ["c"], "Done": ["d"]}
    assert release_order("abcd", publishers, consumers) == ["d", "c", "b", "a"]


def test_services_that_publish_to_each_other_are_settled_by_their_names() -> None:
    """Neither order is right, and it is always the same one. What one publishes for itself counts for nothing."""
    publishers = {"There": ["a"], "Back": ["b"], "Mine": ["a"]}
    consumers = {"There": ["b"], "Back": ["a"], "Mine": ["a"]}
    assert release_order("ba", publishers, consumers) == ["a", "b"]
