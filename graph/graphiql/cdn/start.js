// Starts the GraphiQL that assets.html loads from the CDN: the last release that comes as one script (5.x does not).
const root = document.getElementById("page");

function start() {
  const { endpoint, queries } = JSON.parse(document.getElementById("page-data").textContent);
  const url = new URL(endpoint, location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol.replace("http", "ws");
  const props = {
    fetcher: GraphiQL.createFetcher({ url: url.href, subscriptionUrl: socket.href, enableIncrementalDelivery: false }),
    defaultTabs: queries.map((query) => ({ query })),
    defaultQuery: "",
  };
  const logo = React.createElement(GraphiQL.Logo, null, "DSEL GraphQL");
  ReactDOM.createRoot(root).render(React.createElement(GraphiQL, props, logo));
}

if (globalThis.GraphiQL) start();
else root.firstElementChild.textContent = "GraphiQL comes from a CDN that cannot be reached. Install npm and run `make install`.";
