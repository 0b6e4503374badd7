"""Stories: what was scored is compared with what is known, so that copies of one text count as one."""

from __future__ import annotations

from alerts import stories
from listener.storage import Store

BATCH = 256


def tell_stories(store: Store, *, at_most: int | None = None) -> int:
    """Give every scored mention its story, in batches that commit whole. Returns how many mentions got one.

    Killed at any moment and run again it finds the same stories: what was not saved is looked at anew.
    """
    told = 0
    while at_most is None or told < at_most:
        new = store.unstoried(BATCH if at_most is None else min(BATCH, at_most - told))
        found = stories.assign(new, store.kin(new, {one.key: stories.marks(one) for one in new}))
        saved = store.save_stories(found.stories, copied=found.copied, marks=found.marks, merged=found.merged,
                                   until={one.key: stories.counted_until(one) for one in new} | found.recurring)
        told += saved
        if not saved:
            break
    return told
