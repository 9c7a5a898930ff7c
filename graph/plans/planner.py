"""From an operation to its plan: for each object type that it selects from, one generated function."""

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args, get_origin

from graphql import (
    Executor,
    GraphQLAbstractType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from graphql.execution.collect_fields import GroupedFieldSet, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

from graph.batching import batch_of
from graph.definitions import DocumentField
from graph.fitting import fit
from graph.plans import leaves, values
from graph.plans.code import Body, Code
from graph.plans.later import (
    Batched,
    Later,
    Single,
    graphql_arguments,
    graphql_call,
    resolver_arguments,
    resolver_call,
)
from graph.plans.plan import Place, Plan, Selected, Selection, UnusualError
from graph.plans.run import Run

DEFINITION = "strawberry-definition"


def plan(executor: Executor[Any], conditions: Sequence[str]) -> Plan:
    """Of the operation that the executor is about to run. `conditions` are the variables of `@skip` and `@include`."""
    planner = _Planner(executor, conditions)
    root, function = planner.root()
    planner.code.compile()
    return Plan(root, function, planner.code)


class _Planner:
    """Lives as long as its plan: behind an interface, types are planned when the first object of them appears."""

    def __init__(self, executor: Executor[Any], conditions: Sequence[str]) -> None:
        self.code = Code()
        self._schema = executor.schema
        self._fragments = executor.fragments
        self._operation = executor.operation
        self._variables = _only(executor.variable_values, conditions)
        self._made: dict[Any, tuple[Selection, str]] = {}

    def root(self) -> tuple[Selection, str]:
        type_ = self._schema.query_type
        assert type_ is not None
        fields = collect_fields(self._schema, self._fragments, self._variables, type_, self._operation)
        return self._object(type_, fields.grouped_field_set, None)

    def selection(self, type_: GraphQLObjectType, place: Place) -> tuple[Selection, str]:
        """What the fields of a place select of one type, and the function that makes objects of it."""
        key = (type_.name, *(id(each.node) for each in place.details))
        known = self._made.get(key)
        if known is None:
            fields = collect_subfields(
                self._schema, self._fragments, self._variables, self._operation, type_, place.details
            )
            known = self._made[key] = self._object(type_, fields.grouped_field_set, place.path)
        return known

    def _object(self, type_: GraphQLObjectType, fields: GroupedFieldSet, path: Path | None) -> tuple[Selection, str]:
        selection, function, body = Selection(), self.code.name("object"), Body()
        entries: list[str] = []
        for key, details in fields.items():
            definition = self._schema.get_field(type_, details[0].node.name.value)
            if definition is not None:
                place = Place(definition, type_, details, Path(path, key, type_.name))
                entries.append(f"{key!r}: {self._field(place, selection, body)}")
        body.lines.append(f"    made = {{{', '.join(entries)}}}")
        self.code.write("\n".join([f"def {function}(source, run):", *body.lines, *self._ending(selection)]))
        return selection, function

    def _ending(self, selection: Selection) -> list[str]:
        """Objects with later fields are gathered."""
        if not selection.later:
            return ["    return made"]
        name, key = self.code.bind("selection", selection), id(selection)
        return [
            f"    waiting = run.waiting.get({key})",
            "    if waiting is None:",
            f"        waiting = run.waiting[{key}] = ({name}, [], [])",
            "    waiting[1].append(source)",
            "    waiting[2].append(made)",
            "    return made",
        ]

    def _field(self, place: Place, selection: Selection, body: Body) -> str:
        """Python for what the response shows, null where the field is resolved later."""
        definition = place.definition
        below: dict[str, Selection] = {}
        selection.fields[place.key] = Selected(definition.type, below)
        if place.details[0].node.name.value == "__typename":
            return repr(place.parent_type.name)
        field = definition.extensions.get(DEFINITION)
        shape = field.shape if isinstance(field, DocumentField) else None
        value = self._value(definition.type, place, shape, below)
        source = self._source(field, body)
        if source is not None:
            return value.replace("{0}", source)
        selection.later.append(self._later(place, field, value))
        return "None"

    def _source(self, field: Any, body: Body) -> str | None:
        """The local that holds what is read from the source; None when more than the source is needed."""
        if not isinstance(field, StrawberryField) or field.extensions or field.arguments:
            return None
        if isinstance(field, DocumentField):
            if field.path is not None:
                return body.keep(f"{body.document(field.path)}.get({field.name!r})")
            return body.keep(f"{self.code.bind('read', field.read)}(source)")
        resolver = field.base_resolver
        if resolver is None:
            is_plain = type(field).get_result is StrawberryField.get_result
            return body.keep(f"{self.code.bind('read', _reader(field))}(source)") if is_plain else None
        path = getattr(resolver.wrapped_func, "path", None)
        if path is not None:
            return body.attribute(path)
        call = None if resolver.is_async else self._plain_call(resolver)
        return body.keep(call) if call else None

    def _plain_call(self, resolver: Any) -> str | None:
        parameters = resolver.signature.parameters
        if resolver.root_parameter is None or len(parameters) != 1:
            return None
        return f"{self.code.bind('resolve', resolver.wrapped_func)}(source)"

    def _later(self, place: Place, field: Any, value: str) -> Later:
        function = self.code.name("complete")
        shown = value.replace("{0}", "answer")
        self.code.write(
            f"def {function}(answers, objects, run):\n"
            "    for answer, made in zip(answers, objects, strict=True):\n"
            f"        made[{place.key!r}] = {shown}"
        )
        if not _is_simple(field):
            return Single(function, graphql_call(place), graphql_arguments(place))
        arguments = resolver_arguments(place, field)
        batch = batch_of(field.base_resolver.wrapped_func)
        if batch is not None:
            return Batched(function, place, field, batch, arguments)
        return Single(function, resolver_call(place, field), arguments)

    def _value(self, type_: GraphQLOutputType, place: Place, shape: Any, below: dict[str, Selection]) -> str:
        """Python for {0} as the response shows it: the usual values right here, the others by a call."""
        inner = get_nullable_type(type_)
        if is_list_type(inner):
            test, shown, rest = self._list(inner, place, shape, below)
        elif is_leaf_type(inner):
            test, shown, rest = self._leaf(inner, place)
        elif is_object_type(inner):
            test, shown, rest = self._object_value(inner, place, shape, below)
        else:
            test, shown, rest = "False", "None", self._abstract(cast(GraphQLAbstractType, inner), place, below)
        fitting = fit(shape) if shape is not None else None
        unusual = values.Unusual(place, inner is not type_, fitting, rest)
        call = f"{self.code.bind('unusual', unusual)}({{0}}, run)"
        null = "" if inner is not type_ else "None if {0} is None else "
        return f"({shown} if {test} else {null}{call})"

    def _list(
        self, type_: GraphQLList[Any], place: Place, shape: Any, below: dict[str, Selection]
    ) -> tuple[str, str, values.Rest]:
        item = self._value(type_.of_type, place, _item(shape), below).replace("{0}", "item")
        function = self.code.name("items")
        self.code.write(f"def {function}(values, run):\n    return [{item} for item in values]")
        return "{0}.__class__ is list", f"{function}({{0}}, run)", values.items(self._call(function))

    def _leaf(self, type_: GraphQLLeafType, place: Place) -> tuple[str, str, values.Rest]:
        quick = leaves.quick(type_)
        rest = values.leaf(type_, place)
        if quick is None:
            return "False", "None", rest
        self.code.names.update(quick.names)
        return quick.test, quick.shown, rest

    def _object_value(
        self, type_: GraphQLObjectType, place: Place, shape: Any, below: dict[str, Selection]
    ) -> tuple[str, str, values.Rest]:
        below[type_.name], function = self.selection(type_, place)
        seen: set[type] = set() if shape is None else {dict}
        rest = values.object_(type_, place, seen, self._call(function))
        return f"{{0}}.__class__ in {self.code.bind('seen', seen)}", f"{function}({{0}}, run)", rest

    def _abstract(self, type_: GraphQLAbstractType, place: Place, below: dict[str, Selection]) -> values.Rest:
        known: dict[str, tuple[GraphQLObjectType, values.Rest]] = {}

        def made(value: Any, run: Run) -> Any:
            resolve = type_.resolve_type or run.executor.type_resolver
            name: Any = resolve(value, run.info(place), type_)
            if name not in known:
                known[name] = self._learnt(type_, name, place, below)
            concrete, complete = known[name]
            if not values.is_of(concrete, value, place, run):
                raise UnusualError
            return complete(value, run)

        return made

    def _learnt(
        self, type_: GraphQLAbstractType, name: Any, place: Place, below: dict[str, Selection]
    ) -> tuple[GraphQLObjectType, values.Rest]:
        concrete = self._schema.get_type(name) if isinstance(name, str) else None
        if not is_object_type(concrete) or not self._schema.is_sub_type(type_, concrete):
            raise UnusualError
        below[name], function = self.selection(concrete, place)
        self.code.compile()
        return concrete, self._call(function)

    def _call(self, function: str) -> Any:
        """A function that is not compiled yet."""
        return lambda value, run: self.code.names[function](value, run)


def _is_simple(field: Any) -> bool:
    """Whether Strawberry does no more than to call the resolver with its arguments."""
    if not isinstance(field, StrawberryField) or field.extensions or field.is_subscription:
        return False
    resolver = field.base_resolver
    if resolver is None or type(field).get_result is not StrawberryField.get_result:
        return False
    return resolver.self_parameter is None and resolver.parent_parameter is None


def _reader(field: StrawberryField) -> Any:
    return lambda source: field.default_resolver(source, field.python_name)


def _item(shape: Any) -> Any:
    """The shape of the items of a list."""
    if shape is None:
        return None
    while get_origin(shape) is not list:
        shape = get_args(shape)[0]
    return get_args(shape)[0]


def _only(variables: VariableValues, names: Sequence[str]) -> VariableValues:
    """Nothing else of a request stays in a plan."""
    sources: Mapping[str, Any] = variables.sources
    coerced: Mapping[str, Any] = variables.coerced
    return VariableValues(
        {name: sources[name] for name in names if name in sources},
        {name: coerced[name] for name in names if name in coerced},
    )
