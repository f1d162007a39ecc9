// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Wfpatch.Lab.Bench;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments;

/// <summary>The command line for one process, as users run it, started by somebody else: where requests are measured, starting a program would show in them.</summary>
/// <param name="starter">Starts it.</param>
/// <param name="report">A file for its reports.</param>
internal sealed class StartedTool(Starter starter, int process, string report)
{
    /// <summary>It waited in vain for an instant in which all threads are outside of changed code.</summary>
    private const string NotGathered = "WF721";

    /// <param name="limit">How long it may wait for threads.</param>
    /// <exception cref="InvalidOperationException">It left no report.</exception>
    internal async Task<ToolReport> RunAsync(ImmutableArray<string> arguments, TimeSpan limit, CancellationToken cancel)
    {
        int code = await starter.TryRunAsync([WfpatchTool.Path, .. arguments, "--pid", $"{process}", "--timeout", Milliseconds(limit), "--json"], report, cancel);
        try
        {
            return ToolReport.Read(await File.ReadAllTextAsync(report, cancel));
        }
        catch (JsonException problem)
        {
            throw new InvalidOperationException($"wfpatch {arguments[0]} ended with {code}, and without a report: {problem.Message}");
        }
    }

    /// <summary>A time as an option of wfpatch.</summary>
    internal static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMilliseconds}ms");

    /// <summary>Whether an apply has left something to be taken back.</summary>
    internal static bool Stands(ToolReport applied) => applied.IsDone || applied.Result == "pending";

    /// <summary>It is not that an apply took too long: it will never be done.</summary>
    internal static bool IsImpossible(ToolReport applied) => !Stands(applied) && applied.Refusals.All(refusal => refusal.Code != NotGathered);

    /// <summary>Why an apply or revert is not done.</summary>
    internal static string Why(ToolReport told) => told.Refusals is [var first, ..]
        ? $"{first.Code} {first.Sentence}"
        : $"{told.Result}: {told.Threads.Count(thread => thread.IsPending)} of {told.Threads.Length} threads are not there";
}
