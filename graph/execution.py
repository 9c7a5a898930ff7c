"""From the text of a query to its result, with one schema. Everything cached lives and dies with the engine."""

import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    located_error,
)
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from domain.errors import DselError
from graph.consistency import RecentAnswers
from graph.introspections import Introspections
from graph.limits import Limits, excesses, invalidities, parsed
from graph.plans.shelf import Planned, Shelf

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client sent. Nothing in it has been checked against the schema."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One operation of a valid document."""

    document: DocumentNode
    operation: OperationDefinitionNode
    is_introspection: bool  # asks for the schema alone and without variables: always the same answer
    shelf: Shelf = field(default_factory=Shelf)

    @property
    def type(self) -> OperationType:
        return self.operation.operation


@dataclass(frozen=True, slots=True)
class Result:
    """`executed` is False when the request failed before any field ran: then the response has no `data` entry."""

    data: dict[str, Any] | None
    errors: list[GraphQLError]
    extensions: dict[str, Any] | None = None
    executed: bool = True

    @classmethod
    def refused(cls, errors: list[GraphQLError]) -> "Result":
        return cls(None, errors, executed=False)


def mask(error: GraphQLError) -> GraphQLError:
    """What the caller may know of an error that a field raised: ours and deliberate ones in full, others nothing."""
    cause = _cause(error)
    if isinstance(cause, DselError):
        return _restated(error, str(cause), _explained(cause))
    if isinstance(cause, GraphQLError) and cause.extensions and "code" in cause.extensions:
        return _restated(error, cause.message, cause.extensions)
    if isinstance(cause, GraphQLError) and any(not isinstance(node, FieldNode) for node in cause.nodes or ()):
        return _restated(error, cause.message, {"code": "BAD_USER_INPUT"})  # graphql-core points at an argument
    return _restated(error, "Internal error", {"code": "INTERNAL"})


class Engine:
    """Runs queries on one schema. Make a new engine for a new schema and drop the old one.

    `to_error` says what a caller sees of an error that a field raised; what it gives the code INTERNAL is logged.
    `execution_context_class` replaces how fields are executed, by the protocol of graphql-core's `Executor`. `counts`
    goes on counting what the plans of others have counted, see `Planned`.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        execution_context_class: type[Executor[Any]] | None = None,
        to_error: Callable[[GraphQLError], GraphQLError] = mask,
        counts: Counter[str] | None = None,
    ) -> None:
        self.schema = schema
        self.limits = limits
        self.documents = DocumentCache()
        self.recent = RecentAnswers()
        self.planned = Planned(counts=counts)
        self._plans_queries = execution_context_class is None
        self._executor_class = execution_context_class or PlainExecutor
        self.to_error = to_error
        self._introspections = Introspections()

    def prepare(self, query: str, operation_name: str | None) -> Prepared | list[GraphQLError]:
        """The operation to run, parsed and validated, or what is wrong with the query. Remembers valid documents."""
        operations = self.documents.get(query)
        if operations is None:
            found = self._read(query)
            if isinstance(found, list):
                return found
            operations = found
            self.documents.put(query, operations)
        prepared = operations.get(operation_name or None)  # the protocol lets "" stand for none
        return prepared or [_unknown_operation(operation_name, operations)]

    def remembered(self, query: str, operation_name: str | None) -> Prepared | None:
        """What `prepare` would give, if it is no work."""
        operations = self.documents.known(query)
        return operations.get(operation_name or None) if operations else None

    def take_over(self, before: "Engine", doubtful: bool) -> None:
        """Remembers the documents of the engine that this one replaces, which must not be asked for them all at once.

        What is `doubtful` is validated again. That takes its time; everything else takes none.
        """
        for query, document in before.documents.documents():
            if not doubtful or not invalidities(self.schema, document):
                self.documents.put(query, _operations(document))

    async def execute(self, request: GraphQLRequest, context: Any) -> Result:
        """Prepare and run. Errors are in the result, never raised."""
        prepared = self.prepare(request.query, request.operation_name)
        if isinstance(prepared, list):
            return Result.refused(prepared)
        return await self.run(prepared, request, context)

    async def run(self, prepared: Prepared, request: GraphQLRequest, context: Any) -> Result:
        """Run a query or a mutation that `prepare` gave for this request."""
        if prepared.type is OperationType.SUBSCRIPTION:
            message = "A subscription has many answers: ask over a websocket, or with Accept: text/event-stream."
            return Result.refused([GraphQLError(message, prepared.operation, extensions={"code": "BAD_REQUEST"})])
        if not prepared.is_introspection:
            return await self._run(prepared, request, context)
        executor = self._executor(prepared, request, context)
        if isinstance(executor, Result):
            return executor
        return Result(await self._introspections.answer(prepared, lambda: _introspected(executor)), [])

    async def subscribe(
        self, prepared: Prepared, request: GraphQLRequest, context: Any
    ) -> AsyncGenerator[Result, None]:
        """A result for each notice of the root field, from the notice's instant; the last one is refused.

        A notice has `view`, `instant` and `cursor`; the context answers `at(instant)` with a fresh one.
        """
        executor = self._executor(prepared, request, context)
        if isinstance(executor, Result):
            yield executor
            return
        source = create_source_event_stream(executor)
        if isinstance(source, ExecutionResult):
            yield Result.refused(self._shown(source.errors or [], context))
            return
        async with aclosing(cast(AsyncGenerator[Any, None], source)) as notices:
            try:
                async for notice in notices:
                    yield await self._notify(prepared, request, context.at(notice.instant), notice)
            except Exception as error:  # noqa: BLE001 - what a field may raise, its source may too
                yield Result.refused(self._shown([_located(error, prepared)], context))

    async def _notify(self, prepared: Prepared, request: GraphQLRequest, context: Any, notice: Any) -> Result:
        result = await self._run(prepared, request, context, notice.view)
        extensions = context.response_extensions()
        if notice.cursor is not None:
            extensions["dsel"]["cursor"] = notice.cursor
        return replace(result, extensions=extensions)

    async def _run(self, prepared: Prepared, request: GraphQLRequest, context: Any, root: Any = None) -> Result:
        executor = self._executor(prepared, request, context, root)
        if isinstance(executor, Result):
            return executor
        if self._plans_queries and prepared.type is OperationType.QUERY:
            answer = await self.planned.answer(prepared.shelf, executor)
            if answer is not None:
                data, errors = answer
                return Result(data, self._shown(errors, context))
        outcome: Any = executor.execute_operation()
        if optimized_is_awaitable(outcome):
            outcome = await outcome
        return Result(outcome.data, self._shown(outcome.errors, context) if outcome.errors else [])

    def _executor(
        self, prepared: Prepared, request: GraphQLRequest, context: Any, root: Any = None
    ) -> Executor[Any] | Result:
        """Or the refusal of the variables."""
        name = prepared.operation.name
        executor = self._executor_class.build(
            self.schema,
            prepared.document,
            root,
            context,
            request.variables,
            name.value if name else None,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        )
        if isinstance(executor, list):
            return Result.refused([_coded(error, "BAD_USER_INPUT") for error in executor])
        return executor

    def _read(self, query: str) -> "Operations | list[GraphQLError]":
        try:
            document = parsed(query, self.limits)
        except GraphQLError as error:
            return [error]
        errors = excesses(document, self.limits) or invalidities(self.schema, document)
        if errors:
            return [_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors]
        return _operations(document)

    def _shown(self, errors: Iterable[GraphQLError], context: Any) -> list[GraphQLError]:
        correlation_id = getattr(context, "correlation_id", None)
        shown = []
        logged: set[int] = set()
        for error in errors:
            seen = self.to_error(error)
            if seen.extensions and seen.extensions.get("code") == "INTERNAL":
                seen.extensions = {**seen.extensions, "correlationId": correlation_id}
                cause = _cause(error)
                if id(cause) not in logged:  # a failed batch gives one cause to many fields
                    logged.add(id(cause))
                    logger.error("Internal error at %s, correlation %s", error.path, correlation_id, exc_info=cause)
            shown.append(seen)
        return shown


def is_invalid(prepared: Prepared | list[GraphQLError]) -> bool:
    """Whether a query was refused because it does not agree with the schema."""
    return isinstance(prepared, list) and any(
        (each.extensions or {}).get("code") == "GRAPHQL_VALIDATION_FAILED" for each in prepared
    )


class PlainExecutor(Executor[Any]):
    """graphql-core's executor, giving resolvers the plain variables that Strawberry expects."""

    def build_resolve_info(
        self, field_def: GraphQLField, field_nodes: list[FieldNode], parent_type: GraphQLObjectType, path: Path
    ) -> GraphQLResolveInfo[Any]:
        info = super().build_resolve_info(field_def, field_nodes, parent_type, path)
        return info._replace(variable_values=self.variable_values.coerced)  # type: ignore[arg-type]


Operations = dict[str | None, Prepared]  # by name; None is the only operation of its document


class DocumentCache:
    """The documents used last, by their text, bounded by their number and by the sum of their characters.

    A document takes 40 to 150 bytes of memory for each character. One that needs more than a tenth of the room is
    not kept.
    """

    def __init__(self, max_documents: int = 1_000, max_characters: int = 400_000) -> None:
        self.max_documents = max_documents
        self.max_characters = max_characters
        self.characters = 0
        self.hits = 0
        self.misses = 0
        self._documents: OrderedDict[str, Operations] = OrderedDict()

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, query: str) -> Operations | None:
        operations = self.known(query)
        if operations is None:
            self.misses += 1
        return operations

    def known(self, query: str) -> Operations | None:
        """The same, when there is somebody else to ask who will count the miss."""
        operations = self._documents.get(query)
        if operations is not None:
            self.hits += 1
            self._documents.move_to_end(query)
        return operations

    def documents(self) -> list[tuple[str, DocumentNode]]:
        """The queries and their documents, those used last at the end."""
        return [(query, next(iter(each.values())).document) for query, each in self._documents.items() if each]

    def put(self, query: str, operations: Operations) -> None:
        if len(query) * 10 > self.max_characters:
            return
        if query not in self._documents:
            self.characters += len(query)
        self._documents[query] = operations
        while len(self._documents) > self.max_documents or self.characters > self.max_characters:
            oldest, _ = self._documents.popitem(last=False)
            self.characters -= len(oldest)


def _operations(document: DocumentNode) -> Operations:
    found = [
        Prepared(document, node, _is_introspection(node))
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    operations: Operations = {one.operation.name.value: one for one in found if one.operation.name}
    if len(found) == 1:
        operations[None] = found[0]
    return operations


def _is_introspection(operation: OperationDefinitionNode) -> bool:
    fields = {node.name.value if isinstance(node, FieldNode) else "" for node in operation.selection_set.selections}
    return (
        operation.operation is OperationType.QUERY
        and not operation.variable_definitions
        and fields <= {"__schema", "__type", "__typename"}
        and fields != {"__typename"}  # which is no work
    )


def _introspected(executor: Executor[Any]) -> dict[str, Any]:
    """What the schema says of itself, which graphql-core alone answers: there is no failure and nothing to wait for."""
    outcome: Any = executor.execute_operation()
    data: dict[str, Any] = outcome.data
    return data


def _unknown_operation(name: str | None, operations: Operations) -> GraphQLError:
    names = ", ".join(f"'{known}'" for known in operations if known) or "one without a name"
    problem = f"The query has no operation '{name}'" if name else "The query has several operations: name one"
    return GraphQLError(f"{problem}; it has {names}.", extensions={"code": "BAD_USER_INPUT"})


def _located(error: Exception, prepared: Prepared) -> GraphQLError:
    return located_error(
        error, [node for node in prepared.operation.selection_set.selections if isinstance(node, FieldNode)]
    )


def _cause(error: GraphQLError) -> Exception:
    """The exception at the root of an error: what a resolver or a scalar raised, or graphql-core's own."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error:
        cause = cause.original_error
    return cause


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    """An error that the request itself caused, with its code and, where one of our scalars objected, its hint."""
    cause = _cause(error)
    if isinstance(cause, DselError):
        error.extensions = _explained(cause)
    elif "code" not in (error.extensions or {}):
        error.extensions = {**(error.extensions or {}), "code": code}
    return error


def _explained(error: DselError) -> dict[str, Any]:
    extensions = {**error.details, "code": error.code}
    if error.hint:
        extensions["hint"] = error.hint
    if error.retryable:
        extensions["retryable"] = True
    return extensions


def _restated(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)
