// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Experiments.Endurances;
using Wfpatch.Lab.Experiments.Fixes;
using Wfpatch.Lab.Experiments.Latencies;
using Wfpatch.Lab.Experiments.Overheads;
using Wfpatch.Lab.Experiments.Restarts;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>All that was measured on one machine, in the order of the servers.</summary>
/// <param name="Name">Of its folder.</param>
/// <param name="Unreadable">Files that are not what their names say, and why.</param>
internal sealed record ResultSet(
    string Name, ImmutableArray<KeptServer> Servers, ImmutableArray<LatencyRun> Latencies, ImmutableArray<OverheadRun> Overheads, ImmutableArray<EnduranceRun> Endurances, ImmutableArray<RestartRun> Restarts, ImmutableArray<FixesRun> Fixes,
    ImmutableArray<string> Unreadable)
{
    internal bool IsEmpty => Servers.IsEmpty && Latencies.IsEmpty && Overheads.IsEmpty && Endurances.IsEmpty && Restarts.IsEmpty && Fixes.IsEmpty;

    /// <summary>Reads a folder below lab/results; one that is not there holds nothing.</summary>
    internal static ResultSet Read(string folder)
    {
        List<string> unreadable = [];
        return new(
            Path.GetFileName(folder),
            Each("servers", ".json", KeptServer.Read), Each("latency", ".json.gz", LatencyFile.Read), Each("overhead", ".jsonl.gz", OverheadRun.Read), Each("endurance", ".jsonl.gz", EnduranceRun.Read),
            Each("restart", ".jsonl.gz", RestartRun.Read), Each("patches", ".json", FixesRun.Read),
            [.. unreadable]);

        ImmutableArray<T> Each<T>(string experiment, string ending, Func<string, T> read)
        {
            var found = ImmutableArray.CreateBuilder<T>();
            foreach (string file in ServersCommand.All.Select(server => Path.Combine(folder, $"{experiment}-{server.Name}{ending}")).Where(File.Exists))
            {
                try
                {
                    found.Add(read(file));
                }
                catch (Exception problem) when (problem is IOException or InvalidDataException)
                {
                    unreadable.Add($"{Path.GetFileName(file)}: {problem.Message}");
                }
            }
            return found.ToImmutable();
        }
    }
}
