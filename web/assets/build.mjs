// Bundles the browser side: every top-level file of src/ is an entry, static/ gets files named by their content
// and a manifest.json from the plain name to the hashed one. Run through build.py, which finds Node and
// installs the packages of the lock file.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const output = join(here, "static");
const fresh = join(here, ".static-new");

const BUNDLED = new Set([".js", ".css"]);
const COPIED = new Set([".svg", ".png", ".ico", ".webmanifest"]);
const FONT_LICENCES = "bootstrap-italia/dist/fonts";

function hashed(name, content) {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  return `${basename(name, extname(name))}-${digest}${extname(name)}`;
}

function copy(path, manifest, name = basename(path)) {
  const content = readFileSync(path);
  manifest[name] = hashed(name, content);
  writeFileSync(join(fresh, manifest[name]), content);
}

function packageFolder(input) {
  const parts = input.split("node_modules/");
  if (parts.length === 1) return null;
  const [scope, name] = parts.at(-1).split("/");
  return join(here, parts.slice(0, -1).join("node_modules/"), "node_modules", scope.startsWith("@") ? join(scope, name) : scope);
}

function licences(inputs) {
  const folders = new Set(inputs.map(packageFolder).filter(Boolean));
  const texts = [...folders].sort().map((folder) => {
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${about.license}`;
    return `${about.name} ${about.version} (${about.license})\n\n${text}\n`;
  });
  for (const family of readdirSync(join(here, "node_modules", FONT_LICENCES)).sort()) {
    const folder = join(here, "node_modules", FONT_LICENCES, family);
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".txt")))
      texts.push(`${family.replace("_", " ")} (font)\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(100)}\n\n`);
}

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const files = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(source, entry.name));
const result = await build({
  entryPoints: files.filter((file) => BUNDLED.has(extname(file))),
  outdir: fresh,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  format: "iife",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  metafile: true,
  absWorkingDir: here,
  loader: { ".woff2": "file", ".woff": "file", ".svg": "file", ".png": "file" },
  logLevel: "warning",
});

const manifest = {};
for (const [path, made] of Object.entries(result.metafile.outputs)) {
  if (!made.entryPoint) continue;
  const name = basename(made.entryPoint);
  const claim = (key, file) => {
    if (manifest[key]) throw new Error(`two sources give ${key}: rename one of them in src/`);
    manifest[key] = basename(file);
  };
  claim(name, path);
  if (made.cssBundle) claim(name.replace(/\.js$/, ".css"), made.cssBundle);
}
for (const file of files.filter((path) => COPIED.has(extname(path)))) copy(file, manifest);
copy(join(here, "node_modules/bootstrap-italia/dist/svg/sprites.svg"), manifest);

writeFileSync(join(fresh, "THIRD-PARTY-LICENSES.txt"), licences(Object.keys(result.metafile.inputs)));
writeFileSync(join(fresh, "manifest.json"), `${JSON.stringify(manifest, Object.keys(manifest).sort(), 2)}\n`);
if (existsSync(output)) rmSync(output, { recursive: true });
renameSync(fresh, output);

for (const [name, file] of Object.entries(manifest).sort())
  console.log(`${name.padEnd(16)} ${file} ${(readFileSync(join(output, file)).length / 1024).toFixed(0)} KB`);
