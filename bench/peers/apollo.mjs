// Apollo Server with its standalone HTTP server. node apollo.mjs MONGODB_URI DATABASE → prints its address
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { MongoClient } from "mongodb";
import { makeContext, resolvers, scalars } from "./resolvers.mjs";
import { typeDefs } from "./schema.mjs";

const [uri, name] = process.argv.slice(2);
const client = await new MongoClient(uri).connect();
const context = makeContext(client.db(name));
const server = new ApolloServer({ typeDefs, resolvers: { ...scalars, ...resolvers } });
const { url } = await startStandaloneServer(server, {
  listen: { host: "127.0.0.1", port: 0 },
  context: async () => context(),
});
console.log(`${url}graphql`);
