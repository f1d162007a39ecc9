// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Processes;

namespace Wfpatch.Live.Tests.Memcached;

/// <summary>
/// The distribution's load generator (memcslap of libmemcached-tools), run again and again until it is told to stop. Each run
/// sets its own keys and then gets all of them on every connection; it must end well and find every key.
/// </summary>
/// <param name="connections">Threads of memcslap, each with a connection.</param>
/// <param name="keys">Set in each run, and got by each connection.</param>
public sealed class MemcslapLoad(int port, int connections, int keys)
{
    private volatile bool _stopping;

    public int Runs { get; private set; }

    public async Task RunUntilStoppedAsync(CancellationToken cancel)
    {
        while (!_stopping)
        {
            await RunOnceAsync(cancel);
        }
    }

    /// <summary>Sets 20,000 keys with up to 5 KB each.</summary>
    public Task SetOnceAsync(CancellationToken cancel) => RunAsync("set", 1, 20_000, cancel);

    public async Task RunOnceAsync(CancellationToken cancel)
    {
        var result = await RunAsync("get", connections, keys, cancel);
        // Time to get           13201 keys by    4 threads: ...
        string[] words = result.Output.Split('\n').Single(l => l.StartsWith("Time to get ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((connections * keys, ""), (int.Parse(words[3]), result.Errors));
        Runs++;
    }

    public void Stop() => _stopping = true;

    private async Task<CommandResult> RunAsync(string test, int concurrency, int count, CancellationToken cancel) => (await ChildProcess.RunAsync(
        new("memcslap", [$"--servers=127.0.0.1:{port}", $"--concurrency={concurrency}", $"--execute-number={count}", $"--test={test}"]), cancel)).OrThrow();
}
