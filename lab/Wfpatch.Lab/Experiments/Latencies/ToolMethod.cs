// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>The command line as users run it, a program for each patch.</summary>
/// <param name="more">For apply.</param>
/// <param name="moreOfRevert">For revert.</param>
internal sealed class ToolMethod(string name, StartedTool tool, string patch, ImmutableArray<string> more, ImmutableArray<string> moreOfRevert) : IPatchMethod
{
    public string Name => name;

    public async Task<MethodOutcome> ApplyAsync(TimeSpan limit, CancellationToken cancel)
    {
        ToolReport told = await tool.RunAsync(["apply", patch, .. more], limit, cancel);
        return Outcome(told, StartedTool.Stands(told)) with { IsImpossible = StartedTool.IsImpossible(told) };
    }

    public async Task<MethodOutcome> RevertAsync(TimeSpan limit, CancellationToken cancel)
    {
        ToolReport told = await tool.RunAsync(["revert", .. moreOfRevert], limit, cancel);
        return Outcome(told, stands: !told.IsDone);
    }

    private static MethodOutcome Outcome(ToolReport told, bool stands) => new(
        told.IsDone, stands, told.Threads.Length, Math.Max(told.LongestStopUs, told.LongestWaitUs), told.TransitionUs, told.IsDone ? "" : StartedTool.Why(told));
}
