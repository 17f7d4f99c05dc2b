// Prints what Redocly's linter says of the OpenAPI document on standard input; ends with 1 if that
// is anything. Run by tools/openapi_linter, with its node_modules elsewhere.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , modules, rules] = process.argv;
const require = createRequire(`${modules}/`);
const { createConfig, lintFromString } = await import(
  pathToFileURL(require.resolve("@redocly/openapi-core"))
);

const config = await createConfig(readFileSync(rules, "utf8"));
const problems = await lintFromString({ source: readFileSync(0, "utf8"), config });
for (const { ruleId, severity, message, location } of problems) {
  console.log(`${severity} ${ruleId} ${location.map((each) => each.pointer).join(" ")}\n  ${message}`);
}
process.exit(problems.length ? 1 : 0);
