// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Bench;

/// <summary>What ten replaced functions cost the distribution's memcached in memory.</summary>
internal sealed class MemoryAdded : IMeasurement
{
    private const int Threads = 4;

    public string Name => "added-memory";

    public async Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel)
    {
        string patch = RepositoryRoot.Combine("out", "demo", "ten-functions.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(patch)!);
        await WfpatchTool.BuildDebAsync("memcached", RepositoryRoot.Combine("tests", "cases", "memcached", "ten-functions.patch"), patch, cancel);
        await using MemcachedServer server = await MemcachedServer.StartAsync(Threads, cancel);
        TargetSize before = TargetSize.Of(server.Process.Id);
        ToolReport report = (await WfpatchTool.ApplyAsync(patch, server.Process.Id, cancel: cancel)).OrThrow();
        TargetSize added = TargetSize.Of(server.Process.Id) - before;
        return
        [
            new($"memory added by {report.Functions.Length} functions", "KiB", added.ResidentKiB, 0, "without a patch", 64,
                $"memcached; resident code {added.CodeKiB}, page tables {added.PageTablesKiB}, mapped {added.MappedKiB}", []),
        ];
    }
}
