"""What the demo platform consists of: the apps, what they build, and where it runs."""

from dataclasses import dataclass
from datetime import datetime

from cli.demo.envelope import Entity
from cli.demo.hours import at
from cli.demo.people import CI_PIPELINE, GITHUB_ACTIONS, TEAMS, Actor


@dataclass(frozen=True)
class App:
    """`joined` is the day on which the app moved to the platform."""

    name: str
    id: str
    team: str
    tier: str
    domain: str
    joined_on: str

    @property
    def joined(self) -> datetime:
        return at(f"{self.joined_on}T00:00:00Z")

    @property
    def labels(self) -> dict[str, str]:
        return {"team": self.team, "tier": self.tier, "domain": self.domain}

    @property
    def author(self) -> Actor:
        return TEAMS[self.team][0]

    @property
    def approver(self) -> Actor:
        return TEAMS[self.team][1]


APPS = {
    app.name: app
    for app in (
        App("platform-modules", "09287", "platform", "tier-1", "infrastructure", "2026-05-01"),
        App("observability", "31029", "sre", "tier-2", "infrastructure", "2026-05-04"),
        App("edge-gateway", "31006", "platform", "tier-1", "infrastructure", "2026-05-05"),
        App("payments", "11402", "payments", "tier-1", "commerce", "2026-05-06"),
        App("checkout", "11418", "commerce", "tier-1", "commerce", "2026-05-11"),
        App("identity", "12055", "identity", "tier-1", "accounts", "2026-05-12"),
        App("catalog", "13391", "discovery", "tier-2", "commerce", "2026-05-18"),
        App("search", "13364", "discovery", "tier-2", "commerce", "2026-05-20"),
        App("billing", "15733", "payments", "tier-1", "finance", "2026-05-26"),
        App("notifications", "14820", "engagement", "tier-2", "accounts", "2026-06-02"),
        App("mobile-bff", "16208", "engagement", "tier-2", "experience", "2026-06-08"),
        App("data-lake", "20517", "data", "tier-2", "analytics", "2026-06-15"),
        App("ml-serving", "20544", "data", "tier-3", "analytics", "2026-06-22"),
    )
}


@dataclass(frozen=True)
class Artifact:
    """Released about every `days` days, from `version` on; `size` in bytes.

    `bumps` says how the first releases raise the version: `major`, `minor` or `patch`. The rest falls to chance.
    """

    app_name: str
    name: str
    kind: str
    version: str
    days: int
    size: int
    description: str
    bumps: tuple[str, ...] = ()

    @property
    def app(self) -> App:
        return APPS[self.app_name]

    @property
    def entity(self) -> Entity:
        return Entity("Artifact", self.app.id, self.name)

    @property
    def pipeline(self) -> Actor:
        return CI_PIPELINE if self.kind in ("terraform", "helm") else GITHUB_ACTIONS


MB = 1_000_000
ARTIFACTS = {
    artifact.name: artifact
    for artifact in (
        Artifact("platform-modules", "terraform-vpc-module", "terraform", "1.8.0", 22, 48_213,
                 "Networks, subnets and flow logs for one region.",
                 ("minor", "major", "minor", "patch", "minor", "patch", "minor")),
        Artifact("platform-modules", "terraform-postgres-module", "terraform", "3.2.1", 30, 61_870,
                 "A PostgreSQL cluster with backups and point-in-time recovery."),
        Artifact("platform-modules", "terraform-autoscaling-module", "terraform", "0.9.4", 40, 22_904,
                 "Virtual machine groups that follow the load. Superseded by helm-service-chart."),
        Artifact("platform-modules", "helm-service-chart", "helm", "4.0.2", 27, 35_447,
                 "The chart that every stateless service is deployed with."),
        Artifact("observability", "otel-collector-chart", "helm", "0.31.0", 32, 28_116,
                 "Collectors that sample, scrub and ship traces and metrics."),
        Artifact("edge-gateway", "edge-gateway", "image", "2.14.0", 20, 94 * MB,
                 "Terminates TLS, authenticates and routes public traffic."),
        Artifact("payments", "payments-api", "image", "5.3.1", 16, 182 * MB,
                 "Authorises, captures and refunds payments."),
        Artifact("checkout", "checkout-service", "image", "3.4.0", 14, 167 * MB,
                 "Turns a cart into an order."),
        Artifact("identity", "identity-api", "image", "7.0.3", 22, 151 * MB,
                 "Accounts, sessions and tokens."),
        Artifact("catalog", "catalog-api", "image", "2.8.2", 19, 173 * MB,
                 "Products, prices and availability."),
        Artifact("search", "search-api", "image", "1.19.0", 18, 240 * MB,
                 "Finds products by text, facet and likeness."),
        Artifact("billing", "billing-engine", "image", "4.1.0", 24, 203 * MB,
                 "Invoices, credit notes and the monthly close."),
        Artifact("notifications", "notification-worker", "image", "1.6.4", 20, 118 * MB,
                 "Sends mail, push and text messages."),
        Artifact("mobile-bff", "mobile-bff", "image", "0.22.0", 14, 136 * MB,
                 "The backend of the mobile apps."),
        Artifact("data-lake", "lakehouse-jobs", "archive", "2.3.0", 23, 412 * MB,
                 "Nightly jobs that fill the lake and compact its tables."),
        Artifact("ml-serving", "model-server", "image", "0.7.2", 20, 6_418 * MB,
                 "Serves ranking and fraud models on GPUs."),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Deployment:
    """`replicas` is 0 for infrastructure, which has none; `cpu` and `memory` are millicores and MiB per replica."""

    app_name: str
    stem: str
    environment: str
    artifact_name: str
    replicas: int = 0
    cpu: int = 0
    memory: int = 0
    strategy: str = "rolling"
    configs: tuple[str, ...] = ()
    region: str = "eu-central-1"

    @property
    def app(self) -> App:
        return APPS[self.app_name]

    @property
    def artifact(self) -> Artifact:
        return ARTIFACTS[self.artifact_name]

    @property
    def entity(self) -> Entity:
        return Entity("Deployment", self.app.id, f"{self.stem}-{self.environment}")

    @property
    def in_production(self) -> bool:
        return self.environment == "production"

    @property
    def follows_releases(self) -> bool:
        """Whether each release of its artifact goes there by itself; users of shared modules upgrade when they like."""
        return self.artifact.app == self.app and self.app_name != "platform-modules"


DEV, STAGE, PROD = "development", "staging", "production"
DEPLOYMENTS = {
    deployment.entity.name: deployment
    for deployment in (
        Deployment("platform-modules", "network", STAGE, "terraform-vpc-module", configs=("network-ranges",)),
        Deployment("platform-modules", "network", PROD, "terraform-vpc-module", configs=("network-ranges",)),
        Deployment("observability", "otel-collector", PROD, "otel-collector-chart", 6, 500, 1024,
                   configs=("otel-sampling", "alert-thresholds")),
        Deployment("edge-gateway", "edge-gateway", STAGE, "edge-gateway", 2, 500, 512, "rolling",
                   ("edge-routes", "otel-sampling")),
        Deployment("edge-gateway", "edge-gateway", PROD, "edge-gateway", 8, 1000, 1024, "canary",
                   ("edge-routes", "edge-rate-limits", "otel-sampling")),
        Deployment("payments", "payments-database", PROD, "terraform-postgres-module"),
        Deployment("payments", "payments", DEV, "payments-api", 1, 250, 512, "recreate"),
        Deployment("payments", "payments", STAGE, "payments-api", 2, 500, 1024, "rolling",
                   ("payments-staging-settings",)),
        Deployment("payments", "payments", PROD, "payments-api", 10, 1000, 2048, "canary",
                   ("payments-production-settings", "otel-sampling")),
        Deployment("checkout", "checkout", DEV, "checkout-service", 1, 250, 512, "recreate"),
        Deployment("checkout", "checkout", STAGE, "checkout-service", 2, 500, 1024, "rolling",
                   ("checkout-staging-settings",)),
        Deployment("checkout", "checkout", PROD, "checkout-service", 12, 1000, 1024, "canary",
                   ("checkout-production-settings", "otel-sampling")),
        Deployment("identity", "identity-database", PROD, "terraform-postgres-module"),
        Deployment("identity", "identity", STAGE, "identity-api", 2, 500, 768, "rolling",
                   ("identity-session-policy",)),
        Deployment("identity", "identity", PROD, "identity-api", 8, 750, 1024, "blueGreen",
                   ("identity-session-policy", "otel-sampling")),
        Deployment("catalog", "catalog", STAGE, "catalog-api", 1, 500, 1024),
        Deployment("catalog", "catalog", PROD, "catalog-api", 6, 750, 1536, "rolling",
                   ("catalog-settings", "otel-sampling")),
        Deployment("search", "search", PROD, "search-api", 6, 2000, 8192, "blueGreen",
                   ("search-relevance", "otel-sampling")),
        Deployment("billing", "billing", STAGE, "billing-engine", 1, 500, 1024, "recreate",
                   ("billing-tax-rates",)),
        Deployment("billing", "billing", PROD, "billing-engine", 3, 1000, 2048, "recreate",
                   ("billing-tax-rates", "billing-invoice-gateway")),
        Deployment("notifications", "notifications", PROD, "notification-worker", 4, 500, 512, "rolling",
                   ("notification-channels", "otel-sampling")),
        Deployment("mobile-bff", "mobile-bff", DEV, "mobile-bff", 1, 250, 512, "recreate"),
        Deployment("mobile-bff", "mobile-bff", PROD, "mobile-bff", 5, 500, 768, "rolling",
                   ("mobile-feature-flags", "mobile-bff-settings", "otel-sampling")),
        Deployment("data-lake", "data-lake-network", PROD, "terraform-vpc-module", region="eu-west-1"),
        Deployment("data-lake", "lakehouse-jobs", PROD, "lakehouse-jobs", 3, 4000, 16384, "recreate",
                   ("lake-retention",), "eu-west-1"),
        Deployment("data-lake", "batch-workers", PROD, "terraform-autoscaling-module", region="eu-west-1"),
        Deployment("ml-serving", "ml-serving", STAGE, "model-server", 1, 4000, 16384, "recreate",
                   ("ml-model-routing",), "eu-west-1"),
        Deployment("ml-serving", "ml-serving", PROD, "model-server", 4, 8000, 32768, "rolling",
                   ("ml-model-routing", "otel-sampling"), "eu-west-1"),
    )
}  # fmt: skip
