"""The indexes that domain types declare: made while the service runs, and what they are used for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from domain.backlink import Backlink, Home, Link
from domain.conditions import All, At, Compare, Condition, OneOf, Operator, Some
from domain.entity import Entity
from domain.ordering import Ordering, Position, place
from domain.reference import Reference
from examples import Hands, artifact, draft
from guarded import ROOT, guarded
from plans import Plan, Reads, explain
from repository import indexes
from repository.driver import Database, Driver, connect
from repository.event_log import Append, EntityFilter, EntityPage, Seek
from repository.fields import HEADER
from repository.mongo_event_log import MongoEventLog
from repository.role import create_service_user

VERSION, NAMES = ("spec", "version"), ("spec", "bundles", "name")
AT_VERSION, AT_BUNDLES = ("state", *VERSION), ("state", "spec", "bundles")


class Measured:
    def __init__(self, database: Database, reads: Reads) -> None:
        self.database, self.reads = database, reads
        self.log = MongoEventLog(database, Hands(), most_examined=1000)

    async def plan(self, condition: Condition, order: tuple[Ordering, ...] = (), after: Position | None = None) -> Plan:
        self.reads.take()
        found = await self.log.entities(EntityPage(self.where(condition), 10, after, order), HEADER)
        assert len(found) == 10
        *_, command = self.reads.take()
        return await explain(self.database, command)

    def where(self, condition: Condition) -> EntityFilter:
        return EntityFilter("Artifact", "app-1", (), condition)


@pytest.fixture(scope="module")
async def measured(mongodb_uri: str) -> AsyncIterator[Measured]:
    """Three hundred artifacts with a version each, and as many of a type that declares nothing."""
    reads = Reads()
    database = connect(mongodb_uri, f"declared_{uuid4().hex}", Driver.PYMONGO, listeners=[reads])
    await indexes.ensure(database)
    made = Measured(database, reads)
    for type_ in ("Artifact", "Other"):
        entities = [Entity(type_, "app-1", f"{number:03}") for number in range(300)]
        states = [
            artifact(each, version=f"{int(each.name) % 20:02}", bundles=[{"name": f"b{int(each.name) % 20}"}, {}])
            for each in entities
        ]
        await made.log.append(
            [Append(draft(one, "Applied", state)) for one, state in zip(entities, states, strict=True)]
        )
    made.log.declared.want({"Artifact": [VERSION, NAMES], "Other": []})
    await made.log.declared.make()
    yield made
    await database.command({"dropDatabase": 1})
    await database.close()


async def test_an_index_holds_the_living_of_its_type_alone(measured: Measured) -> None:
    stats = await measured.database.aggregate("latest", [{"$indexStats": {}}])
    [spec] = [each["spec"] for each in stats if each["name"] == "Artifact:state.spec.version"]
    assert spec["partialFilterExpression"] == {"live": True, "_id": {"$gte": "Artifact/", "$lt": "Artifact0"}}
    assert not [each for each in stats if each["name"].startswith("Other")]


CONDITIONS: dict[str, tuple[Condition, str]] = {
    "equality": (At(AT_VERSION, OneOf(("07",))), "version"),
    "one of": (At(AT_VERSION, OneOf(("07", "08"))), "version"),
    "beginning": (At(AT_VERSION, Compare(Operator.STARTS_WITH, "1")), "version"),
    "range": (At(AT_VERSION, All((Compare(Operator.GTE, "07"), Compare(Operator.LT, "09")))), "version"),
    "member of a list": (At(AT_BUNDLES, Some(At(("name",), OneOf(("b7",))))), "bundles.name"),
}


@pytest.mark.parametrize("name", CONDITIONS)
async def test_a_declared_index_answers_a_condition(measured: Measured, name: str) -> None:
    condition, field = CONDITIONS[name]
    plan = await measured.plan(condition)
    assert plan.indexes == {f"Artifact:state.spec.{field}"}
    assert not plan.collection_scans
    assert plan.documents <= 150
    if name in ("equality", "member of a list"):
        assert plan.documents <= 15  # of three hundred


@pytest.mark.parametrize("descending", [False, True])
async def test_a_page_in_the_order_of_a_declared_index_reads_no_more_than_itself(
    measured: Measured, descending: bool
) -> None:
    order = (Ordering(AT_VERSION, descending),)
    after = Position("Artifact/app-1/100", (place("10"),))
    for start, keys in ((None, 40), (after, 40)):
        plan = await measured.plan(All(()), order, start)
        assert plan.indexes == {"Artifact:state.spec.version"} | (plan.indexes & {"live"})
        assert plan.documents <= keys


async def test_who_refers_is_looked_up_by_name_for_all_entities_at_once(measured: Measured) -> None:
    reference = Reference.model_validate({"path": "/spec/bundles/*", "type": "Bundle"})
    link = Backlink("Artifact", (Link(reference, Home.BARE),), (NAMES,))
    assert await measured.log.can_seek(link)
    assert not await measured.log.can_seek(replace(link, paths=()))
    targets = [Entity("Bundle", "app-1", f"b{number}") for number in range(10)]
    measured.reads.take()
    found = await measured.log.referring(link, [Seek(each, link.names(each)) for each in targets], 5, HEADER)
    assert [len(found[each.key]) for each in targets] == [5] * 10
    assert [each.entity.name for each in found[targets[3].key]] == ["003", "023", "043", "063", "083"]
    [command] = measured.reads.take()
    plan = await explain(measured.database, command)
    assert plan.indexes == {"Artifact:state.spec.bundles.name"}
    assert plan.keys <= 60
    assert not plan.collection_scans


async def test_a_user_who_may_not_make_indexes_is_told_and_everything_goes_on(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        guarded(tmp_path_factory.mktemp("guarded")) as uri,
        AsyncMongoClient[dict[str, object]](uri, username=ROOT, password=ROOT) as admin,
    ):
        await create_service_user(admin, "dsel", "service", "secret")
        privilege = {"resource": {"db": "dsel", "collection": "latest"}, "actions": ["createIndex"]}
        allowed = uri.replace("mongodb://", "mongodb://service:secret@") + "&authSource=dsel"
        database = connect(allowed, "dsel", Driver.PYMONGO)
        log = MongoEventLog(database, Hands())
        log.declared.want({"Artifact": [VERSION]})
        await log.declared.make()
        assert log.declared.made("Artifact") == {VERSION}
        await admin["dsel"].command("revokePrivilegesFromRole", "dselService", privileges=[privilege])
        log.declared.want({"Artifact": [VERSION, NAMES]})
        await log.declared.make()
        assert log.declared.made("Artifact") == {VERSION}
        assert "the indexes of Artifact cannot be made" in caplog.text
        assert await log.entities(EntityPage(EntityFilter("Artifact"), 1), HEADER) == []
        await database.close()
