// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// The distribution's memcached, started by us on a free port of 127.0.0.1; one that runs on the machine already is never
/// touched. It ends with this object, and with us: setpriv(1) asks for a signal at the end of its parent, and gives up root
/// before memcached starts (memcached's own -u would lose that request again, prctl(2)).
/// </summary>
public sealed class MemcachedServer : IAsyncDisposable
{
    private MemcachedServer(ChildProcess process, int port)
    {
        Process = process;
        Port = port;
    }

    public ChildProcess Process { get; private set; }

    public int Port { get; }

    /// <summary>The command line without the wrapper, as one would type it.</summary>
    public static string Title(int threads) => $"memcached -t {threads}";

    /// <param name="options">More of memcached's own options.</param>
    public static async Task<MemcachedServer> StartAsync(int threads, CancellationToken cancel, params ImmutableArray<string> options)
    {
        for (int attempt = 0; ; attempt++)
        {
            int port = Loopback.FreePort();
            ChildProcess process = ChildProcess.Start(CommandFor(port, threads, options));
            if (await Loopback.IsListeningAsync(process, port, cancel))
            {
                return new(process, port);
            }
            string errors = process.Errors;
            await process.DisposeAsync();
            if (attempt == 4) // somebody else may have taken the port in between, but not five times
            {
                throw new InvalidOperationException($"memcached did not start: {errors}");
            }
        }
    }

    /// <summary>Ends it and starts it again, on the same port. It has nothing then.</summary>
    /// <exception cref="InvalidOperationException">It does not end, or does not start.</exception>
    public async Task RestartAsync(CancellationToken cancel) => Process = await ServerRestart.RunAsync(Process, Port, cancel);

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static CommandLine CommandFor(int port, int threads, ImmutableArray<string> options)
    {
        ImmutableArray<string> identity = Environment.IsPrivilegedProcess
            ? ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
            : [];
        return new("setpriv",
            [.. identity, "--pdeathsig", "KILL", "memcached", "-l", "127.0.0.1", "-p", $"{port}", "-U", "0", "-t", $"{threads}", "-m", "64", .. options],
            Folder: "/");
    }
}
