"""What the list of a domain type takes: its `where` and its `orderBy`."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from strawberry.types.field import StrawberryField

from graph.order_types import OrderTypes
from graph.where_types import WhereTypes


@dataclass(frozen=True, slots=True)
class ListInputs:
    where: type
    order: type
    names: tuple[str, ...]
    """Of the types below them."""


@dataclass(slots=True)
class ListTypes:
    """Made anew for each schema."""

    wheres: WhereTypes = field(default_factory=WhereTypes)
    orders: OrderTypes = field(default_factory=OrderTypes)

    def of(self, name: str, state: Iterable[StrawberryField]) -> ListInputs:
        """For the entities of a type with these fields of its state."""
        fields = list(state)
        where, below_where = self.wheres.of_entities(name, fields)
        order, below_order = self.orders.of_entities(name, fields)
        return ListInputs(where, order, (*below_where, *below_order))
