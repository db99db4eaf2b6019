"""What a process does once for each of many items takes a bounded memory."""

from airflow_provider_k8sexec.launch.recent import Recent


def test_an_item_is_new_once() -> None:
    """The second time, there is nothing to do."""
    recent: Recent[str] = Recent(10)
    assert [recent.add(item) for item in "abab"] == [True, True, False, False]


def test_the_item_that_was_not_seen_for_the_longest_time_is_forgotten_first() -> None:
    """What is seen again and again stays known, however many others pass."""
    recent: Recent[str] = Recent(2)
    assert [recent.add(item) for item in "abacad"] == [True, True, False, True, False, True]
    assert list(recent) == ["a", "d"]
    assert len(recent) == 2


def test_an_item_that_was_forgotten_is_new_again() -> None:
    """A record that could not be written is to be tried again."""
    recent: Recent[str] = Recent(2)
    recent.add("a")
    recent.forget("a")
    recent.forget("never seen")
    assert recent.add("a")
