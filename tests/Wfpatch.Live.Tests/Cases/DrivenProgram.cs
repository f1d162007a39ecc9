// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>A running program of a case (tests/cases/host.c).</summary>
public sealed class DrivenProgram : IAsyncDisposable
{
    private const int MostStarts = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _process;

    private DrivenProgram(ChildProcess process) => _process = process;

    public int Id => _process.Id;

    public static async Task<DrivenProgram> StartAsync(string program)
    {
        var driven = new DrivenProgram(ChildProcess.Start(new(program, [])));
        try
        {
            Assert.Equal("ready", await driven.ReadLineAsync());
            return driven;
        }
        catch
        {
            await driven.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it until it has room for the patch: where a jump of one byte leads depends on the run (see PatchableTarget).</summary>
    public static async Task<DrivenProgram> StartPatchableAsync(string path, TestPatch patch)
    {
        for (int start = 1; ; start++)
        {
            var program = await StartAsync(path);
            var check = await InProcess.CheckAsync(program.Id, patch);
            if (start == MostStarts || check.Outcome != Outcome.Refused || check.Refusals.Any(r => r.Code is not "WF404"))
            {
                return program;
            }
            await program.DisposeAsync();
        }
    }

    /// <summary>What a program prints that is driven once.</summary>
    public static async Task<string> RunOnceAsync(string program)
    {
        await using var driven = await StartAsync(program);
        return await driven.DriveAsync();
    }

    /// <summary>Has it driven once more; gives all lines that it printed for that.</summary>
    public async Task<string> DriveAsync()
    {
        _process.WriteLine("drive");
        var lines = new List<string>();
        for (; ; )
        {
            string line = await ReadLineAsync();
            if (line == "done")
            {
                return string.Join('\n', lines);
            }
            lines.Add(line);
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<string> ReadLineAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return await _process.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException($"the program ended: {await _process.WaitForExitAsync(limit.Token)} {_process.Errors}");
    }
}
