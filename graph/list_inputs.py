"""What the list of a domain type takes: its `where` and its `orderBy`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from strawberry.types.field import StrawberryField

from graph.order_types import OrderTypes
from graph.where_types import WhereTypes


@dataclass(frozen=True, slots=True)
class ListInputs:
    where: type
    order: type


@dataclass(slots=True)
class ListTypes:
    """Made anew for each schema."""

    wheres: WhereTypes = field(default_factory=WhereTypes)
    orders: OrderTypes = field(default_factory=OrderTypes)

    def of(self, name: str, state: Iterable[StrawberryField], levels: Mapping[type, int] | None = None) -> ListInputs:
        """For the entities of a type with these fields of its state.

        `levels` says how many keys lead to each object type below them.
        """
        fields = list(state)
        where = self.wheres.of_entities(name, fields, levels or {})
        return ListInputs(where, self.orders.of_entities(name, fields, levels or {}))
