"""The items that a process saw last: what it does once for each takes a bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Recent(Generic[T]):
    """The items that were seen last.

    Args:
        most: How many are remembered; the one that was not seen for the longest time is forgotten first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[T, None] = OrderedDict()

    def __len__(self) -> int:
        """Count the items."""
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        """Iterate over the items, the one that was seen last at the end."""
        return iter(self._items)

    def add(self, item: T) -> bool:
        """Remember an item, and return whether it is new."""
        is_new = item not in self._items
        self._items[item] = None
        self._items.move_to_end(item)
        if len(self._items) > self._most:
            self._items.popitem(last=False)
        return is_new

    def forget(self, item: T) -> None:
        """Forget an item, so that it is new again."""
        self._items.pop(item, None)
