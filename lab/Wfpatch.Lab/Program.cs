// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Lab.Bench;
using Wfpatch.Lab.Demo;

Option<bool> sampleOnly = new("--sample") { Description = "The sample server alone, without memcached." };
Option<bool> json = new("--json") { Description = "One JSON document on standard output; everything else on standard error." };
Option<string?> picture = new("--picture") { Description = "Writes the last picture to this file, as SVG." };
Option<string[]> only = new("--only")
{
    Description = $"Measures these alone: {string.Join(", ", BenchCommand.All.Select(measurement => measurement.Name))}.",
    AllowMultipleArgumentsPerToken = true,
};
Argument<string[]> these = new("names") { Description = "The same as --only.", Arity = ArgumentArity.ZeroOrMore };

Command demo = new("demo", "Patches a sample server and the distribution's memcached, live and under load, and shows what happens.")
{
    sampleOnly, json, picture,
};
demo.SetAction((parsed, cancel) =>
    new DemoCommand(parsed.GetValue(sampleOnly), parsed.GetValue(json), parsed.GetValue(picture)).RunAsync(cancel));

Command bench = new("bench", "Measures each figure beside its baseline; prints a table and writes out/bench.json.")
{
    these, only, json,
};
bench.SetAction((parsed, cancel) =>
    new BenchCommand([.. parsed.GetValue(these) ?? [], .. parsed.GetValue(only) ?? []], parsed.GetValue(json)).RunAsync(cancel));

return await new RootCommand("The lab of wfpatch.") { demo, bench }.Parse(args).InvokeAsync();
