// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// A server's process, started by us, not as root, with a folder of its own, on a free port of 127.0.0.1. It ends with this object, and with us
/// (setpriv(1), --pdeathsig).
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int Attempts = 5;

    private readonly DirectoryInfo _folder;

    private ServerProcess(ChildProcess process, DirectoryInfo folder, int port)
    {
        Process = process;
        _folder = folder;
        Port = port;
    }

    internal ChildProcess Process { get; private set; }

    internal int Port { get; }

    /// <summary>What comes before a command that shall not run as root, and not outlive us.</summary>
    internal static ImmutableArray<string> Wrapper { get; } = Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--pdeathsig", "KILL"]
        : ["setpriv", "--pdeathsig", "KILL"];

    /// <param name="libraries">LD_LIBRARY_PATH; empty: none.</param>
    /// <param name="prepareAsync">Given folder and port, writes what the server reads; gives its command line.</param>
    /// <param name="around">What starts all of it, as the user that we are.</param>
    internal static async Task<ServerProcess> StartAsync(string libraries, Func<string, int, Task<ImmutableArray<string>>> prepareAsync, CancellationToken cancel, params ImmutableArray<string> around)
    {
        for (int attempt = 1; ; attempt++)
        {
            DirectoryInfo folder = Directory.CreateTempSubdirectory("wfpatch-lab-");
            ChildProcess? process = null;
            try
            {
                (await ChildProcess.RunAsync(CommandLine.Of("chmod", "777", folder.FullName), cancel)).OrThrow(); // the server is nobody
                int port = Loopback.FreePort();
                ImmutableArray<string> command = [.. around, .. Wrapper, .. await prepareAsync(folder.FullName, port)];
                process = ChildProcess.Start(new(command[0], command[1..], folder.FullName, EnvironmentOf(libraries)));
                if (await Loopback.IsListeningAsync(process, port, cancel))
                {
                    return new(process, folder, port);
                }
                if (attempt == Attempts) // somebody else may have taken the port in between, but not each time
                {
                    throw new InvalidOperationException($"{Path.GetFileName(command[around.Length + Wrapper.Length])} did not start: {process.Errors.Trim()}");
                }
            }
            catch
            {
                await EndAsync(process, folder);
                throw;
            }
            await EndAsync(process, folder);
        }
    }

    /// <summary>Runs a tool of the server to its end, as the server itself runs.</summary>
    internal static async Task RunAsync(string libraries, string folder, ImmutableArray<string> command, CancellationToken cancel)
    {
        ImmutableArray<string> all = [.. Wrapper, .. command];
        (await ChildProcess.RunAsync(new(all[0], all[1..], folder, EnvironmentOf(libraries)), cancel)).OrThrow();
    }

    /// <summary>Ends it and starts it again, in the same folder, on the same port.</summary>
    /// <exception cref="InvalidOperationException">It does not end, or does not start.</exception>
    internal async Task RestartAsync(CancellationToken cancel) => Process = await ServerRestart.RunAsync(Process, Port, cancel);

    public async ValueTask DisposeAsync() => await EndAsync(Process, _folder);

    private static ImmutableDictionary<string, string> EnvironmentOf(string libraries) => libraries.Length == 0
        ? ImmutableDictionary<string, string>.Empty
        : ImmutableDictionary<string, string>.Empty.Add("LD_LIBRARY_PATH", libraries);

    private static async Task EndAsync(ChildProcess? process, DirectoryInfo folder)
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }
        folder.Delete(recursive: true);
    }
}
