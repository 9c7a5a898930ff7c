import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { getOperationAST, parse } from "graphql";
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

const send = createGraphiQLFetcher({ url: url.href, subscriptionUrl: socket.href, enableIncrementalDelivery: false });

/** What is sent says itself which operation it is: what GraphiQL tells of it may be of the tab that was open before. */
function fetcher(params, options) {
  let sent;
  try {
    sent = parse(params.query);
  } catch {
    return send(params, options); // the service says what is wrong
  }
  const operation = getOperationAST(sent, params.operationName) ?? getOperationAST(sent);
  return send({ ...params, operationName: operation?.name?.value }, { ...options, documentAST: sent });
}

createRoot(document.getElementById("page")).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={queries.map((query) => ({ query }))}
    defaultQuery=""
  >
    <GraphiQL.Logo>DSEL GraphQL</GraphiQL.Logo>
  </GraphiQL>,
);
