"""How the lists of the control API are paged."""

from typing import Annotated, Final

from fastapi import Depends, Query

from emulator.service.lookup import ListQuery

MOST: Final = 1_000


def _page(
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many are returned at most.")] = 100,
    after: Annotated[str | None, Query(description="The id of the one behind which the page begins.")] = None,
) -> ListQuery:
    return ListQuery(limit, "desc", after)


# Newest first: `?limit=` of them, `?after=` an id.
Page = Annotated[ListQuery, Depends(_page)]
