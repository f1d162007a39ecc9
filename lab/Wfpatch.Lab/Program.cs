// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Lab.Baselines;
using Wfpatch.Lab.Bench;
using Wfpatch.Lab.Demo;
using Wfpatch.Lab.Experiments;
using Wfpatch.Lab.Experiments.Endurances;
using Wfpatch.Lab.Experiments.Fixes;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Experiments.Reports;
using Wfpatch.Lab.Experiments.Restarts;
using Wfpatch.Lab.Fuzz;

Option<bool> sampleOnly = new("--sample") { Description = "The sample server alone, without memcached." };
Option<bool> json = new("--json") { Description = "One JSON document on standard output; everything else on standard error." };
Option<string?> picture = new("--picture") { Description = "Writes the last picture to this file, as SVG." };
Option<string[]> only = new("--only")
{
    Description = $"Measures these alone: {Names(BenchCommand.All)}; and only when named: {Names(BenchCommand.Enduring(BenchLimits.Default))}.",
    AllowMultipleArgumentsPerToken = true,
};
Argument<string[]> these = new("names") { Description = "The same as --only.", Arity = ArgumentArity.ZeroOrMore };

Option<double> minutes = new("--minutes") { Description = "How long soak goes on.", DefaultValueFactory = _ => BenchLimits.Default.Minutes };
Option<int> count = new("--count") { Description = "How many controllers faults kills; how many cycles of one function.", DefaultValueFactory = _ => BenchLimits.Default.Count };

Option<string[]> packages = new("--package")
{
    Description = "Source packages whose fixes builder builds.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. BenchLimits.Default.Packages],
};

Command demo = new("demo", "Patches a sample server and the distribution's memcached, live and under load, and shows what happens.")
{
    sampleOnly, json, picture,
};
demo.SetAction((parsed, cancel) =>
    new DemoCommand(parsed.GetValue(sampleOnly), parsed.GetValue(json), parsed.GetValue(picture)).RunAsync(cancel));

Command bench = new("bench", "Measures each figure beside its baseline; prints a table and writes out/bench.json.")
{
    these, only, minutes, count, packages, json,
};
bench.SetAction((parsed, cancel) =>
    new BenchCommand([.. parsed.GetValue(these) ?? [], .. parsed.GetValue(only) ?? []], new(parsed.GetValue(minutes), parsed.GetValue(count), [.. parsed.GetValue(packages) ?? []]), parsed.GetValue(json)).RunAsync(cancel));

Option<double?> fuzzMinutes = new("--minutes") { Description = "How long it goes on; 5 where nothing is said." };
Option<long?> seed = new("--seed") { Description = "The first seed; alone: the only one." };
Option<long?> seeds = new("--count") { Description = "How many seeds." };
Command diff = new("diff", "Random C programs with random edits: a patched process must compute what the rebuilt program computes, or be refused. A seed that fails leaves its files in out/fuzz.")
{
    fuzzMinutes, seed, seeds, json,
};
diff.SetAction((parsed, cancel) => new FuzzCommand(parsed.GetValue(fuzzMinutes), parsed.GetValue(seed), parsed.GetValue(seeds), parsed.GetValue(json)).RunAsync(cancel));
Command fuzz = new("fuzz", "Looks for wrong patches with random input.") { diff };

Option<string[]> servers = new("--server")
{
    Description = $"These alone: {string.Join(", ", ServersCommand.All.Select(server => server.Name))}.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [],
};
Option<double> seconds = new("--seconds") { Description = "How long each server is measured.", DefaultValueFactory = _ => LatencyOptions.Default.Seconds };
Option<double> rate = new("--rate") { Description = "Requests a second.", DefaultValueFactory = _ => LatencyOptions.Default.RequestsPerSecond };
Option<ulong> order = new("--seed") { Description = "For the order of methods and the moments of patches; for the bootstrap.", DefaultValueFactory = _ => LatencyOptions.Default.Seed };
Option<string> results = new("--name") { Description = "The folder of lab/results in which it is kept.", DefaultValueFactory = _ => ServerSelection.DefaultName };
Command serversOf = new("servers", "Servers of the distribution, each started, loaded, patched while it serves, and taken back.") { servers, results, json };
serversOf.SetAction((parsed, cancel) => new ServersCommand(Selection(parsed), parsed.GetValue(json)).RunAsync(cancel));
Command latency = new("latency", "Latency of requests while a server is patched again and again, by each method, beside windows without patches.") { servers, seconds, rate, order, results, json };
latency.SetAction((parsed, cancel) => new LatencyCommand(
    Selection(parsed),
    LatencyOptions.Default with { Seconds = parsed.GetValue(seconds), RequestsPerSecond = parsed.GetValue(rate), Seed = parsed.GetValue(order) },
    parsed.GetValue(json)).RunAsync(cancel));

Option<int> patches = new("--patches") { Description = "How often each method applies a patch and takes it back.", DefaultValueFactory = _ => OverheadOptions.Default.Patches };
Command overhead = new("overhead", "What a patch costs a server under load, and how each kind of thread comes to it.") { servers, patches, order, results, json };
overhead.SetAction((parsed, cancel) => new OverheadCommand(
    Selection(parsed), OverheadOptions.Default with { Patches = parsed.GetValue(patches), Seed = parsed.GetValue(order) }, parsed.GetValue(json)).RunAsync(cancel));
Option<int?> cycles = new("--count") { Description = "Cycles of each server; 10,000 of memcached and 500 of each other where nothing is said." };
Command endurance = new("endurance", "Each server patched and taken back under load, many times: nothing fails, nothing grows.") { servers, cycles, results, json };
endurance.SetAction((parsed, cancel) => new EnduranceCommand(Selection(parsed), parsed.GetValue(cycles), parsed.GetValue(json)).RunAsync(cancel));
Command fixes = new("patches", "Each patch of C or C++ in a server's debian/patches: whether it becomes a patch file, and whether the running server takes it.") { servers, results, json };
fixes.SetAction((parsed, cancel) => new FixesCommand(Selection(parsed), parsed.GetValue(json)).RunAsync(cancel));
Option<int> times = new("--count") { Description = "How often each server is patched and restarted.", DefaultValueFactory = _ => RestartOptions.Default.Times };
Command restart = new("restart", "What requests notice of a restart, beside a patch.") { servers, times, results, json };
restart.SetAction((parsed, cancel) => new RestartCommand(Selection(parsed), RestartOptions.Default with { Times = parsed.GetValue(times) }, parsed.GetValue(json)).RunAsync(cancel));
Option<bool> docs = new("--docs") { Description = "The tables in docs/lab.md and README.md come from these results from now on." };
Command report = new("report", "Makes report.md, report.html and pictures of what was measured under a name.") { results, docs };
report.SetAction(parsed => new ReportCommand(parsed.GetValue(results)!, parsed.GetValue(docs)).Run());
Option<bool> quick = new("--quick") { Description = "Minutes instead of hours: whether all works, and not what it costs." };
Command all = new("all", "Each experiment on each server, and the report.") { servers, results, quick };
all.SetAction((parsed, cancel) => new AllCommand(Selection(parsed), parsed.GetValue(quick)).RunAsync(cancel));
Command lab = new("lab", "Experiments with the distribution's servers; without a name all of them, as `all`.") { all, serversOf, fixes, latency, overhead, endurance, restart, report };
foreach (Option option in all.Options)
{
    lab.Options.Add(option);
}
lab.SetAction((parsed, cancel) => new AllCommand(Selection(parsed), parsed.GetValue(quick)).RunAsync(cancel));

Option<int> target = new("--pid") { Required = true };
Option<string> patchFile = new("--patch") { Required = true };
Command baseline = new(BaselineProcess.Verb, "Patches a process as it is told on standard input, for `lab latency`.") { target, patchFile };
baseline.Hidden = true;
baseline.SetAction(parsed => BaselineHost.Run(parsed.GetValue(target), parsed.GetValue(patchFile)!, Console.In, Console.Out));

ServerSelection Selection(ParseResult parsed) => new([.. parsed.GetValue(servers) ?? []], parsed.GetValue(results)!);

static string Names(IEnumerable<IMeasurement> measurements) => string.Join(", ", measurements.Select(measurement => measurement.Name));

return await new RootCommand("The lab of wfpatch.") { demo, bench, fuzz, lab, baseline }.Parse(args).InvokeAsync();
