import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

// WORKERS (label → file name) is put in by build.mjs; the workers lie beside this script.
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) =>
    new Worker(new URL(WORKERS[label] ?? WORKERS.editor, import.meta.url), { type: "module", name: label }),
};

const { endpoint, queries } = JSON.parse(document.getElementById("page-data").textContent);
const url = new URL(endpoint, location.href);
const socket = new URL(url);
socket.protocol = url.protocol.replace("http", "ws");

createRoot(document.getElementById("page")).render(
  <GraphiQL
    fetcher={createGraphiQLFetcher({ url: url.href, subscriptionUrl: socket.href, enableIncrementalDelivery: false })}
    defaultTabs={queries.map((query) => ({ query }))}
    defaultQuery=""
  >
    <GraphiQL.Logo>DSEL GraphQL</GraphiQL.Logo>
  </GraphiQL>,
);
