// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Processes;

namespace Wfpatch.Testing.Cases;

/// <summary>A running program of tests/cases/host.c.</summary>
public sealed class DrivenProgram : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly TimeSpan _limit;

    private DrivenProgram(ChildProcess process, TimeSpan limit) => (_process, _limit) = (process, limit);

    /// <summary>A time limit that only a failure reaches.</summary>
    public static TimeSpan Ample { get; } = TimeSpan.FromSeconds(30);

    public int Id => _process.Id;

    /// <param name="limit">For each of its lines.</param>
    public static async Task<DrivenProgram> StartAsync(CommandLine program, TimeSpan limit, CancellationToken cancel)
    {
        var driven = new DrivenProgram(ChildProcess.Start(program), limit);
        try
        {
            string line = await driven.ReadLineAsync(cancel);
            return line == "ready" ? driven : throw new InvalidOperationException($"{program} began with: {line}");
        }
        catch
        {
            await driven.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has it driven once more; gives all lines that it printed for that.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    /// <exception cref="TimeoutException">A line did not come in time.</exception>
    public async Task<string> DriveAsync(CancellationToken cancel)
    {
        _process.WriteLine("drive");
        var lines = new List<string>();
        for (; ; )
        {
            string line = await ReadLineAsync(cancel);
            if (line == "done")
            {
                return string.Join('\n', lines);
            }
            lines.Add(line);
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<string> ReadLineAsync(CancellationToken cancel)
    {
        string? line = await _process.ReadLineAsync(cancel).WaitAsync(_limit, cancel);
        return line ?? throw new InvalidOperationException($"the program ended: {await _process.WaitForExitAsync(cancel)} {_process.Errors}");
    }
}
