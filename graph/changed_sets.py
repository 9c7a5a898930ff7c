"""`changes` at the root: everything that became another between two moments."""

from typing import Annotated, Any

from strawberry import argument
from strawberry.types.field import StrawberryField

from domain import labels
from graph import moments
from graph.arguments import After, End, EventWhere, First, KnownAt, LabelSelector, Start, enum, event_filter
from graph.common_types import CommonTypes
from graph.definitions import Reads, field, object_type
from graph.resolving import Asked
from graph.selection import needed
from resolvers import changed_sets
from resolvers.changed_sets import ChangedSet, ChangesOrder
from resolvers.views import RootView

enum(
    ChangesOrder,
    "In which order changed objects are listed.",
    NEWEST="The most recent change first.",
    HUMANS_FIRST="What a human changed first, and then the most recent change.",
    ENTITY="By type, app and name.",
)

_Where = Annotated[
    EventWhere | None,
    argument(
        description="Only objects whose state an event that meets these conditions wrote in between. They are compared "
        "as they were at both moments, whoever else changed them. Aggregates are told only if `types` names theirs."
    ),
]
_Unchanged = Annotated[
    bool,
    argument(
        description="Also objects that are the same at both moments: changed back, or written again as they were."
    ),
]
_Order = Annotated[ChangesOrder, argument(description="Which objects come first.")]


def changes_field(common: CommonTypes) -> StrawberryField:
    edge = object_type("ComparisonEdge", "A changed object, and its cursor.", common.edge_fields(common.comparison))
    pages = object_type(
        "ComparisonConnection", "A page of changed objects.", common.connection_fields(edge, common.comparison)
    )
    text = "Everything that came, went or became another between two moments, with these labels at either of them."
    return field(_changes, pages, text, name="changes", reads=Reads.THROUGH)


async def _changes(
    root: RootView,
    info: Asked,
    start: Start,
    end: End = None,
    known_at: KnownAt = None,
    where: _Where = None,
    label_selector: LabelSelector = None,
    unchanged: _Unchanged = False,
    order: _Order = ChangesOrder.NEWEST,
    first: First = 20,
    after: After = None,
) -> Any:
    moments.checked(info.context, start, None, "from")
    moments.checked(info.context, end, known_at, "to")
    until = moments.moment(info.context, moments.at_root(info.context, root), end, known_at)
    asked = ChangedSet(start, event_filter(where), labels.parse(label_selector or ""), unchanged)
    return await changed_sets.page(info.context, asked, order, first, after, until, needed(info))
