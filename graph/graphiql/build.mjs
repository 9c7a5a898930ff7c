// Builds the page's scripts, styles and workers, with a hash in every name, into the folder that the command line
// names, and writes assets.html there: the lines with which page.html loads them.
import { build } from "esbuild";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

const folder = process.argv[2];

/** Bundles each of `entryPoints` (name → module) and returns name → file name. */
async function bundle(entryPoints, options = {}) {
  const { metafile } = await build({
    entryPoints,
    outdir: folder,
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    bundle: true,
    format: "esm",
    jsx: "automatic",
    legalComments: "linked",
    metafile: true,
    minify: true,
    target: "es2022",
    ...options,
  });
  const files = Object.keys(metafile.outputs).map((path) => basename(path));
  const fileOf = (name) => files.find((file) => file.startsWith(`${name}-`) && !file.endsWith(".txt"));
  return Object.fromEntries(Object.keys(entryPoints).map((name) => [name, fileOf(name)]));
}

const workers = await bundle({
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
});
// GraphiQL's style.css already holds what the editor's modules import as CSS, so the scripts leave CSS out.
const { page } = await bundle(
  { page: "./page.jsx" },
  {
    keepNames: true, // GraphiQL calls its icons by the names of their functions
    define: { "process.env.NODE_ENV": '"production"', WORKERS: JSON.stringify(workers) },
    loader: { ".css": "empty" },
    splitting: true,
  },
);
const { style } = await bundle({ style: "./style.css" });

await writeFile(
  join(folder, "assets.html"),
  `<link rel="stylesheet" href="$root/graphiql/${style}">
<script type="module" src="$root/graphiql/${page}"></script>
`,
);
