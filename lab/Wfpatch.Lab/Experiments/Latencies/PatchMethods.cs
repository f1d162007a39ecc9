// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Baselines;
using Wfpatch.Lab.Bench;
using Wfpatch.Lab.Servers;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>All methods for one running server, and the processes that they need. Disposing ends those.</summary>
internal sealed class PatchMethods : IAsyncDisposable
{
    /// <summary>Their names, in the order of the table.</summary>
    internal static readonly ImmutableArray<string> Names = [NoMethod.Of, "points", "stack", "global", "barrier", "stop", "probe"];

    private readonly Starter _starter = new();
    private readonly BaselineProcess _host;
    private readonly string _report = Path.GetTempFileName();

    /// <param name="patch">A patch file.</param>
    /// <param name="limit">How long a method may take.</param>
    internal PatchMethods(ILabProcess server, string patch, TimeSpan limit)
    {
        int process = server.Process.Id;
        _host = new(process, patch);
        StartedTool tool = new(_starter, process, _report);
        All =
        [
            new NoMethod(),
            Tool("points", ["--policy", "points"], ["--policy", "points"]),
            Tool("stack", ["--policy", "stack"], ["--policy", "stack"]),
            Tool("global", ["--policy", "points", "--consistency", "global"], ["--policy", "points"]),
            // As the paper's barrier: who is there waits until all are.
            Tool("barrier", ["--policy", "points", "--consistency", "global", .. MaxWait(limit)], ["--policy", "points", .. MaxWait(limit)]),
            new BaselineMethod("stop", _host, BaselineKind.Stop),
            new BaselineMethod("probe", _host, BaselineKind.Probe),
        ];

        ToolMethod Tool(string name, ImmutableArray<string> more, ImmutableArray<string> moreOfRevert) =>
            new(name, tool, patch, [.. server.ApplyArguments, .. more], moreOfRevert);
    }

    internal ImmutableArray<IPatchMethod> All { get; }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _starter.DisposeAsync();
        File.Delete(_report);
    }

    private static ImmutableArray<string> MaxWait(TimeSpan limit) => ["--max-wait", StartedTool.Milliseconds(limit)];
}
