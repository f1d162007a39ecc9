// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Wfpatch.Lab.Bench;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>The command line as users run it, a program for each patch.</summary>
/// <param name="starter">Starts it.</param>
/// <param name="process">The server's id.</param>
/// <param name="report">A file for its reports.</param>
/// <param name="more">For apply.</param>
/// <param name="moreOfRevert">For revert.</param>
internal sealed class ToolMethod(
    string name, Starter starter, string patch, int process, string report, ImmutableArray<string> more, ImmutableArray<string> moreOfRevert) : IPatchMethod
{
    /// <summary>It waited in vain for an instant in which all threads are outside of changed code.</summary>
    private const string NotGathered = "WF721";

    public string Name => name;

    public async Task<MethodOutcome> ApplyAsync(TimeSpan limit, CancellationToken cancel)
    {
        ToolReport told = await RunAsync(["apply", patch, .. more], limit, cancel);
        return Outcome(told, stands: told.IsDone || told.Result == "pending");
    }

    public async Task<MethodOutcome> RevertAsync(TimeSpan limit, CancellationToken cancel)
    {
        ToolReport told = await RunAsync(["revert", .. moreOfRevert], limit, cancel);
        return Outcome(told, stands: !told.IsDone);
    }

    private async Task<ToolReport> RunAsync(ImmutableArray<string> arguments, TimeSpan limit, CancellationToken cancel)
    {
        string timeout = string.Create(CultureInfo.InvariantCulture, $"{(int)limit.TotalMilliseconds}ms");
        int code = await starter.TryRunAsync([WfpatchTool.Path, .. arguments, "--pid", $"{process}", "--timeout", timeout, "--json"], report, cancel);
        try
        {
            return ToolReport.Read(await File.ReadAllTextAsync(report, cancel));
        }
        catch (JsonException problem)
        {
            throw new InvalidOperationException($"wfpatch {arguments[0]} ended with {code}, and without a report: {problem.Message}");
        }
    }

    private static MethodOutcome Outcome(ToolReport told, bool stands) => new(
        told.IsDone, stands, told.Threads.Length, Math.Max(told.LongestStopUs, told.LongestWaitUs), told.TransitionUs, told.IsDone ? "" : Why(told))
    {
        IsImpossible = !told.IsDone && told.Result != "pending" && told.Refusals.All(refusal => refusal.Code != NotGathered),
    };

    private static string Why(ToolReport told) => told.Refusals is [var first, ..]
        ? $"{first.Code} {first.Sentence}"
        : $"{told.Result}: {told.Threads.Count(thread => thread.IsPending)} of {told.Threads.Length} threads are not there";
}
