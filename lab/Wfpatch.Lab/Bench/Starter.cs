// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Bench;

/// <summary>
/// A small shell that starts commands for us. Where latencies are measured in this process, starting a program from here would
/// show in them: a command that does nothing made memcached's p99.9 two to four times what it was without.
/// </summary>
internal sealed class Starter : IAsyncDisposable
{
    private readonly ChildProcess _shell = ChildProcess.Start(new("sh", ["-c", "while read -r line; do eval \"$line\" >/dev/null 2>&1; echo $?; done"]));

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    internal async Task RunAsync(ImmutableArray<string> command, CancellationToken cancel)
    {
        if (await TryRunAsync(command, null, cancel) is var status and not 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {status}");
        }
    }

    /// <summary>Runs a command to its end, and gives its exit code.</summary>
    /// <param name="output">A file that gets its standard output; null: nobody wants it.</param>
    /// <exception cref="InvalidOperationException">The shell has ended.</exception>
    internal async Task<int> TryRunAsync(ImmutableArray<string> command, string? output, CancellationToken cancel)
    {
        _shell.WriteLine(string.Join(' ', command.Select(Quote)) + (output is null ? "" : $" >{Quote(output)}"));
        return int.TryParse(await _shell.ReadLineAsync(cancel), out int status) ? status : throw new InvalidOperationException($"the shell that starts {command[0]} has ended");
    }

    public ValueTask DisposeAsync() => _shell.DisposeAsync();

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
