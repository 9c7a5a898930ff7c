"""The configurations of the demo platform, and the values that each setting wanders through."""

from dataclasses import dataclass

from cli.demo.envelope import Entity
from cli.demo.inventory import APPS, PROD, STAGE, App


@dataclass(frozen=True)
class Config:
    """`data` holds the values of each setting in the order in which changes step through them.

    `limits` are requests per second, timeout in seconds, and the largest body in bytes. It changes about every `days`
    days, with 0 never.
    """

    app_name: str
    name: str
    environment: str
    format: str
    days: int
    data: dict[str, tuple[str, ...]]
    limits: tuple[int, float, int] | None = None

    @property
    def app(self) -> App:
        return APPS[self.app_name]

    @property
    def entity(self) -> Entity:
        return Entity("Config", self.app.id, self.name)


CONFIGS = {
    config.name: config
    for config in (
        Config("platform-modules", "network-ranges", PROD, "json", 0, {
            "cidr.eu-central-1": ("10.16.0.0/14",), "cidr.eu-west-1": ("10.20.0.0/14",),
            "cidr.us-east-1": ("10.32.0.0/14",), "flowLogs": ("enabled",)}),
        Config("observability", "otel-sampling", PROD, "yaml", 24, {
            "traces.ratio": ("0.05", "0.10", "0.08", "0.12"), "traces.keepErrors": ("true",),
            "logs.level": ("info", "warn", "info")}),
        Config("observability", "alert-thresholds", PROD, "yaml", 19, {
            "errorRate.page": ("5%", "3%", "2%"), "latency.p99.page": ("1500ms", "1200ms", "1000ms"),
            "burnRate.window": ("1h", "30m")}),
        Config("edge-gateway", "edge-routes", PROD, "yaml", 21, {
            "/checkout": ("checkout-production",), "/search": ("search-production",),
            "/mobile": ("mobile-bff-production",), "http3": ("off", "10%", "on"),
            "tls.minimum": ("1.2", "1.3")}, (20_000, 30.0, 10_485_760)),
        Config("edge-gateway", "edge-rate-limits", PROD, "yaml", 17, {
            "anonymous.perMinute": ("600", "480", "720"), "partner.perMinute": ("6000", "9000", "12000"),
            "burst": ("50", "80", "100")}, (20_000, 30.0, 10_485_760)),
        Config("payments", "payments-staging-settings", STAGE, "env", 20, {
            "PROVIDER_URL": ("https://sandbox.psp.example.com",), "CAPTURE_DELAY_MINUTES": ("5", "1", "10"),
            "THREE_DS_MODE": ("frictionless", "challenge")}, (100, 10.0, 1_048_576)),
        Config("payments", "payments-production-settings", PROD, "env", 18, {
            "PROVIDER_URL": ("https://api.psp.example.com",), "CAPTURE_DELAY_MINUTES": ("30", "45", "60"),
            "THREE_DS_MODE": ("frictionless", "challenge"), "REFUND_WORKERS": ("4", "6", "8")},
            (1_200, 10.0, 1_048_576)),
        Config("checkout", "checkout-staging-settings", STAGE, "env", 16, {
            "PAYMENT_TIMEOUT_MS": ("3000",), "CART_TTL_MINUTES": ("30", "45", "60"),
            "EXPRESS_CHECKOUT": ("on", "off")}, (100, 3.0, 1_048_576)),
        Config("checkout", "checkout-production-settings", PROD, "env", 14, {
            "PAYMENT_TIMEOUT_MS": ("3000",), "PAYMENT_RETRIES": ("2",), "CART_TTL_MINUTES": ("30", "45", "60"),
            "EXPRESS_CHECKOUT": ("off", "10%", "50%", "on"), "ORDER_DB_POOL_SIZE": ("40", "60", "80")},
            (800, 3.0, 1_048_576)),
        Config("identity", "identity-session-policy", PROD, "json", 25, {
            "session.idleMinutes": ("60", "45", "30"), "session.maxHours": ("24", "12"),
            "passkeys": ("optional", "preferred"), "lockout.attempts": ("10", "8", "5")}),
        Config("catalog", "catalog-settings", PROD, "yaml", 20, {
            "cache.ttl": ("300s", "600s", "120s"), "images.format": ("webp", "avif"),
            "price.refresh": ("15m", "5m")}, (2_500, 2.5, 262_144)),
        Config("search", "search-relevance", PROD, "json", 12, {
            "boost.title": ("3.0", "3.5", "4.0"), "boost.brand": ("1.5", "1.8", "2.0"),
            "synonyms.revision": ("112", "118", "121", "127", "133"), "vector.weight": ("0.20", "0.30", "0.35")}),
        Config("billing", "billing-tax-rates", PROD, "json", 40, {
            "DE.standard": ("0.19",), "DE.reduced": ("0.07",), "FR.standard": ("0.20",), "FI.standard": ("0.255",),
            "EE.standard": ("0.24",), "revision": ("2026-05", "2026-07", "2026-08", "2026-10")}),
        Config("billing", "billing-invoice-gateway", PROD, "properties", 0, {
            "gateway.url": ("https://invoices.legacy.example.com/soap",), "gateway.protocol": ("soap-1.1",),
            "gateway.retries": ("3",)}, (20, 60.0, 5_242_880)),
        Config("notifications", "notification-channels", PROD, "yaml", 15, {
            "email.sender": ("no-reply@example.com",), "push.batchSize": ("500", "1000", "750"),
            "sms.enabled": ("true", "false"), "quietHours": ("22:00-07:00", "21:00-08:00")}),
        Config("mobile-bff", "mobile-feature-flags", PROD, "json", 9, {
            "newOnboarding": ("off", "5%", "25%", "on"), "applePay": ("off", "on"),
            "offlineCart": ("off", "5%", "50%", "on"), "ratingPrompt": ("on", "off")}),
        Config("mobile-bff", "mobile-bff-settings", PROD, "env", 22, {
            "CACHE_SECONDS": ("30", "60", "45"), "MINIMUM_APP_VERSION": ("8.2", "8.4", "8.6")},
            (1_500, 4.0, 524_288)),
        Config("data-lake", "lake-retention", PROD, "yaml", 30, {
            "raw.days": ("90", "60", "45"), "curated.days": ("730",),
            "compaction.targetBytes": ("268435456", "536870912")}),
        Config("ml-serving", "ml-model-routing", PROD, "json", 13, {
            "ranking.model": ("ranker-2026-05", "ranker-2026-07", "ranker-2026-08", "ranker-2026-10"),
            "fraud.model": ("fraud-v11", "fraud-v12", "fraud-v13"), "shadow.share": ("0%", "5%", "10%")},
            (300, 1.5, 8_589_934_592)),
    )
}  # fmt: skip
