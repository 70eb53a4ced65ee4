"""What a group needs from the job that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dist.call import Call
    from dist.group import Group
    from dist.place import Place


@dataclass(frozen=True)
class Services:
    """What a group asks of whoever made it.

    Attributes:
        exchange: hand out bytes under a key and collect those of all ranks.
        new_group: make a group of some of this group's ranks.
        timeout_s: the limit of a call that has none of its own.
    """

    exchange: Callable[[str, bytes, Call], list[bytes]]
    new_group: Callable[[Group, list[int], Place], Group]
    timeout_s: float
