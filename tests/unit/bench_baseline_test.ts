import type { Figure } from "../bench/figure.ts";
import { compare, readBaseline } from "../bench/baseline.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const ratio = (name: string, value: number): Figure => ({ name, value, unit: "× hello" });

Deno.test("compare() tells what is more than a quarter worse than its baseline", () => {
  const figures = [ratio("same", 1), ratio("slower", 1.24), ratio("slow", 1.26), { name: "ms", value: 9, unit: "ms" }];
  const found = compare(figures, { same: 1, slower: 1, slow: 1 });
  deepEqual(found.map(({ name, isWorse }) => [name, isWorse]), [["same", false], ["slower", false], ["slow", true]]);
});

Deno.test("compare() tells what was not measured, and what has no baseline", () => {
  const found = compare([ratio("new", 1)], { old: 1 });
  deepEqual(found.map(({ name, isWorse }) => [name, isWorse]), [["old", true], ["new", true]]);
});

Deno.test("readBaseline() knows the budgets' ratios", () => {
  const baseline = readBaseline();
  ok(Object.values(baseline).every((value) => value > 0.5 && value < 10));
  equal(typeof baseline["--version"], "number");
});
