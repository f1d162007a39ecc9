// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Experiments.Fixes;

/// <summary>
/// Applies patch files to a running server under load, and takes them back. The shipped program has the fixes, so that these patch files take them out: the same functions, the other
/// way round.
/// </summary>
internal sealed class FixTrial(ILabProcess server) : IDisposable
{
    private const int Connections = 8;
    private const double RequestsPerSecond = 800;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500), Slot = TimeSpan.FromMilliseconds(100);

    private readonly LoadGenerator _load = new(server.Connect, Connections, RequestsPerSecond);

    /// <param name="patch">The bytes of a patch file.</param>
    internal async Task<FixResult> ApplyAsync(FixResult fix, ReadOnlyMemory<byte> patch, CancellationToken cancel)
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, patch, cancel);
            LoadWindow window = new(fix.Patch);
            ToolReport applied = await WfpatchTool.ApplyAsync(file, server.Process.Id, server.ApplyArguments, cancel);
            await WatchAsync(window, cancel);
            string said = applied.Summary;
            if (applied.Result is not "refused")
            {
                ToolReport reverted = await WfpatchTool.RevertAsync(server.Process.Id, cancel: cancel);
                said = reverted.IsDone ? said : $"{said}; revert: {reverted.Summary}";
                await WatchAsync(window, cancel);
            }
            return fix with { Applied = said, Requests = window.Counts.Requests, Failed = window.Counts.Errors };
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose() => _load.Dispose();

    private Task WatchAsync(LoadWindow window, CancellationToken cancel) => _load.WatchAsync(window, Window, Slot, _ => { }, cancel);
}
