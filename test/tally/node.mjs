// A reporter for `node --test` that prints the events of `go test -json`, so that
// one table counts the tests of both. TALLY_PACKAGE names what is tested.
import path from "node:path";

export default async function* (source) {
  const started = new Set();
  let failed = false;
  const line = (event) => JSON.stringify({ Package: process.env.TALLY_PACKAGE ?? "web", ...event }) + "\n";
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details.type === "suite") continue; // a group, counted by its members
    const test = `${path.basename(data.file ?? "web").replace(/\.test\.m?js$/, "")}/${data.name}`.replaceAll(" ", "_");
    if (!started.has(data.file)) {
      started.add(data.file);
      yield line({ Action: "start" });
    }
    if (type === "test:fail") {
      failed = true;
      yield line({ Action: "output", Test: test, Output: `${test}: ${data.details.error?.cause?.stack ?? data.details.error}\n` });
    }
    const action = data.skip !== undefined || data.todo !== undefined ? "skip" : type === "test:pass" ? "pass" : "fail";
    yield line({ Action: action, Test: test });
  }
  if (started.size > 0) yield line({ Action: failed ? "fail" : "pass" });
}
