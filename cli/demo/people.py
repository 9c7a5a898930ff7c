"""Who acts on the demo platform: a few people, the pipelines that write for them, and controllers that never sleep."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`id` as it stands in `meta.userId`; `type` is HUMAN, SERVICE or CONTROLLER."""

    id: str
    type: str


def _human(name: str) -> Actor:
    return Actor(f"{name}@example.com", "HUMAN")


ANNA, TOMASZ = _human("anna.keller"), _human("tomasz.nowak")
PRIYA, DANIEL = _human("priya.raman"), _human("daniel.okafor")
LENA, MARCO = _human("lena.fischer"), _human("marco.bianchi")
SOFIA, JONAS = _human("sofia.almeida"), _human("jonas.lindqvist")
CLAIRE, ETHAN = _human("claire.dubois"), _human("ethan.brooks")
MEI, OMAR = _human("mei.tanaka"), _human("omar.haddad")

# Per team: who changes things, and who approves them.
TEAMS: dict[str, tuple[Actor, Actor]] = {
    "platform": (TOMASZ, ANNA),
    "sre": (DANIEL, PRIYA),
    "commerce": (LENA, MARCO),
    "payments": (JONAS, SOFIA),
    "identity": (MEI, ANNA),
    "discovery": (CLAIRE, MARCO),
    "engagement": (ETHAN, CLAIRE),
    "data": (OMAR, MEI),
}

GITHUB_ACTIONS = Actor("github-actions", "SERVICE")
CI_PIPELINE = Actor("ci-pipeline@example.com", "SERVICE")
CONFIG_SYNC = Actor("config-sync", "SERVICE")

ARGO_RECONCILER = Actor("argo-reconciler", "CONTROLLER")
DRIFT_CONTROLLER = Actor("drift-controller", "CONTROLLER")
COST_ALLOCATOR = Actor("cost-allocator", "CONTROLLER")
POLICY_ENGINE = Actor("policy-engine", "CONTROLLER")
