// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Demo;

/// <summary>
/// The distribution's memcached, as it is installed: the patch changes what `version` answers and repairs a crash. Shown
/// afterwards: the request that kills memcached is answered by the patched one, under load, and kills one that is not.
/// </summary>
internal sealed class MemcachedDemo : IDemoTarget
{
    private const int Workers = 4;
    private static readonly TimeSpan CrashLimit = TimeSpan.FromSeconds(20);
    private readonly MemcachedServer _server;
    private readonly byte[] _oldVersion;

    private MemcachedDemo(MemcachedServer server)
    {
        _server = server;
        _oldVersion = Encoding.ASCII.GetBytes(Ask());
    }

    public string Name => "memcached";

    public string Title => $"the distribution's {MemcachedServer.Title(Workers)}, stripped (pid {Pid})";

    public int Pid => _server.Process.Id;

    /// <summary>None: its profile is shipped and found by the program's name.</summary>
    public ImmutableArray<string> ApplyArguments => [];

    public static async Task<IDemoTarget> StartAsync(CancellationToken cancel) => new MemcachedDemo(await MemcachedServer.StartAsync(Workers, cancel));

    public async Task<string> BuildPatchAsync(CancellationToken cancel)
    {
        string file = RepositoryRoot.Combine("out", "demo", "memcached.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await WfpatchTool.BuildDebAsync("memcached", RepositoryRoot.Combine("tests", "cases", "memcached", "demo.patch"), file, cancel);
        return file;
    }

    public ILoadClient Connect(int number) => new MemcachedClient(_server.Port, number, _oldVersion);

    public string Ask()
    {
        using LineConnection connection = new(_server.Port);
        connection.Send("version\r\n"u8);
        return Encoding.ASCII.GetString(connection.ReadLine());
    }

    public async Task<DemoAftermath> AfterAsync(CancellationToken cancel)
    {
        string patched;
        bool survived;
        using (MemcachedCrash crash = new(_server.Port))
        {
            survived = crash.SendDeadlySet() && !_server.Process.HasEnded;
            patched = survived
                ? "a SET of 2 MB with a watcher: the patched memcached answers 'too large' and serves on"
                : "a SET of 2 MB with a watcher: the patched memcached did NOT survive it";
        }
        return new([patched, await KillUnpatchedAsync(cancel)], survived ? 0 : 1, Mixed: 0);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>The same request to a second memcached of our own that nobody has patched.</summary>
    private static async Task<string> KillUnpatchedAsync(CancellationToken cancel)
    {
        await using MemcachedServer unpatched = await MemcachedServer.StartAsync(Workers, cancel);
        using MemcachedCrash crash = new(unpatched.Port);
        if (crash.SendDeadlySet())
        {
            return "the same request to an unpatched memcached: this build of it survives, too";
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(CrashLimit);
        ExitStatus end = await unpatched.Process.WaitForExitAsync(limit.Token);
        return $"the same request to an unpatched memcached: it is dead ({end})";
    }
}
