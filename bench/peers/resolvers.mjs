// Resolvers as a careful user of the official driver writes them: one batched call per level, only the selected fields.
import DataLoader from "dataloader";
import { GraphQLScalarType, Kind } from "graphql";

const HEADER = ["entity", "version", "timestamp", "kind", "actor"];

export function makeContext(database) {
  const latest = database.collection("latest");
  const events = database.collection("events");
  return () => {
    const loaders = new Map();
    // One loader for each field with its arguments, alive for one request.
    const loader = (key, batch) => {
      if (!loaders.has(key)) loaders.set(key, new DataLoader(batch));
      return loaders.get(key);
    };
    return { database, latest, events, loader };
  };
}

export const scalars = {
  Instant: new GraphQLScalarType({
    name: "Instant",
    serialize: (value) => value.toISOString(),
    parseValue: (text) => new Date(text),
    parseLiteral: (node) => (node.kind === Kind.STRING ? new Date(node.value) : undefined),
  }),
  Long: new GraphQLScalarType({ name: "Long", serialize: Number }),
};

export const resolvers = {
  Query: {
    artifact: async (_, { name, appId }, { latest }, info) => {
      const projection = projected(info, "current", ["version", "at.version", "at.timestamp"]);
      const found = await latest.findOne({ _id: `Artifact/${appId}/${name}`, live: true }, { projection });
      return found && entity(found);
    },
    artifacts: async (_, { appId, first }, { latest }, info) => {
      const prefix = `Artifact/${appId}`;
      const projection = projected(info, "current", ["version", "at.version", "at.timestamp"]);
      const nodes = await latest
        .find({ live: true, _id: { $gte: `${prefix}/`, $lt: `${prefix}0` } }, { projection })
        .sort({ _id: 1 })
        .limit(first)
        .toArray();
      return { nodes: nodes.map(entity) };
    },
  },
  Artifact: {
    current: (root) => root.current,
    asOf: (root, { time }, context, info) => {
      const batch = (keys) => statesAsOf(context, keys, time, projected(info, null, HEADER.slice(0, 3)));
      return context.loader(`asOf ${+time}`, batch).load(root.key);
    },
    events: (root, { first }, context) =>
      context.loader(`events ${first}`, (keys) => timelines(context, keys, first)).load(root.key),
  },
};

function entity(document) {
  const current = { ...document.state, version: document.at.version, validFrom: document.at.timestamp };
  return { key: document._id, name: document._id.split("/")[2], current };
}

async function statesAsOf({ events }, keys, time, projection) {
  const paths = Object.fromEntries(Object.keys(projection).map((path) => [`first.${path}`, 1]));
  const rows = await events
    .aggregate([
      { $match: { stateful: true, entity: { $in: keys }, timestamp: { $lte: time } } },
      { $sort: { entity: 1, timestamp: -1, version: -1 } },
      { $group: { _id: "$entity", first: { $first: "$$ROOT" } } },
      { $project: { ...paths, "first.deletes": 1 } },
    ])
    .toArray();
  const found = new Map(rows.filter((row) => !row.first.deletes).map((row) => [row._id, row.first]));
  return keys.map((key) => {
    const event = found.get(key);
    return event ? { ...event.state, version: event.version, validFrom: event.timestamp } : null;
  });
}

async function timelines({ database }, keys, first) {
  const rows = await database
    .aggregate([
      { $documents: keys.map((entity) => ({ entity })) },
      {
        $lookup: {
          from: "events",
          localField: "entity",
          foreignField: "entity",
          pipeline: [
            { $sort: { timestamp: -1, version: -1 } },
            { $limit: first },
            { $project: Object.fromEntries(HEADER.map((path) => [path, 1])) },
          ],
          as: "events",
        },
      },
    ])
    .toArray();
  const found = new Map(rows.map((row) => [row.entity, row.events]));
  return keys.map((key) => ({ nodes: (found.get(key) ?? []).map((each) => ({ ...each, id: each._id })) }));
}

// What to fetch of the states below `field` (or of the field itself): the paths that are selected there.
function projected(info, field, header) {
  const paths = new Set(header);
  const visit = (selectionSet, path) => {
    for (const node of selectionSet?.selections ?? []) {
      if (!node.selectionSet) paths.add(path.length ? path.join(".") + "." + node.name.value : node.name.value);
      else visit(node.selectionSet, [...path, node.name.value]);
    }
  };
  for (const node of selections(info.fieldNodes, field)) visit(node.selectionSet, ["state"]);
  paths.delete("state.version");
  paths.delete("state.validFrom");
  return Object.fromEntries([...paths].map((path) => [path, 1]));
}

function* selections(nodes, field) {
  for (const node of nodes) {
    if (field === null || node.name.value === field) yield node;
    else yield* selections(node.selectionSet?.selections ?? [], field);
  }
}
