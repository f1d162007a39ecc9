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
        _shell.WriteLine(string.Join(' ', command.Select(Quote)));
        string? status = await _shell.ReadLineAsync(cancel);
        if (status != "0")
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {status ?? "the shell"}");
        }
    }

    public ValueTask DisposeAsync() => _shell.DisposeAsync();

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
