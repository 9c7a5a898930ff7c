// Mercurius with its just-in-time compiler on Fastify. node mercurius.mjs MONGODB_URI DATABASE → prints its address
import Fastify from "fastify";
import mercurius from "mercurius";
import { MongoClient } from "mongodb";
import { makeContext, resolvers, scalars } from "./resolvers.mjs";
import { typeDefs } from "./schema.mjs";

const [uri, name] = process.argv.slice(2);
const client = await new MongoClient(uri).connect();
const context = makeContext(client.db(name));
const app = Fastify();
app.register(mercurius, { schema: typeDefs, resolvers: { ...scalars, ...resolvers }, context, jit: 1 });
console.log(`${await app.listen({ host: "127.0.0.1", port: 0 })}/graphql`);
