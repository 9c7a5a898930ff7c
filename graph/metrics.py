"""`/metrics`: what a Prometheus collects from one process, read when it asks."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.quota import Quota

EXECUTIONS = ("planned", "unplanned", "unusual")


class Metrics(Collector):
    """`executions` counts queries by one of EXECUTIONS, `shared` says how many needed no execution of their own."""

    def __init__(self, executions: Mapping[str, int], shared: Callable[[], int], quotas: Sequence[Quota]) -> None:
        self._executions = executions
        self._shared = shared
        self._quotas = quotas

    def collect(self) -> Iterator[Metric]:
        text = "Queries by who executed them: a plan, or graphql-core for want of one or for something unusual."
        executed = CounterMetricFamily("dsel_queries_executed", text, labels=["execution"])
        for name in EXECUTIONS:
            executed.add_metric([name], self._executions.get(name, 0))
        yield executed
        text = "Queries that were answered by the execution of an equal one."
        yield CounterMetricFamily("dsel_queries_shared", text, value=self._shared())
        for quota in self._quotas:
            yield GaugeMetricFamily(f"dsel_{quota.noun}_open", f"The {quota.noun} that are open.", value=quota.open)


def route(metrics: Metrics) -> Route:
    registry = CollectorRegistry()
    registry.register(metrics)
    ProcessCollector(registry=registry)

    async def shown(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    return Route("/metrics", shown)
