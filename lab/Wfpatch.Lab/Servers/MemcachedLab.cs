// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Servers;

/// <summary>memcached as it is installed, with a crash of its own (<see cref="MemcachedCrash"/>).</summary>
internal sealed class MemcachedLab : ILabServer
{
    /// <summary>Connections go round: with one more than a load of ours has, each has a worker of its own, and long gets stand in nobody's way.</summary>
    private const int Workers = 9;

    /// <summary>Keys in one line; on the machine where this was written a worker answers them in some tens of milliseconds.</summary>
    private const int LongGets = 40_000;

    public string Name => "memcached";

    public async Task<ServerKit> PrepareAsync(CancellationToken cancel)
    {
        string installed = (await ChildProcess.RunAsync(CommandLine.Of("dpkg-query", "--show", "--showformat", "${Version}", "memcached"), cancel)).OrThrow().Output;
        return new($"memcached {installed.Trim()}", await BuildAsync("visible", cancel), await BuildAsync("fix", cancel), "binary SET of 2 MB while a client watches", Running.Refused,
            async stop => new Running(await MemcachedServer.StartAsync(Workers, stop)));
    }

    private async Task<string> BuildAsync(string name, CancellationToken cancel)
    {
        string file = Path.Combine(UnitPatch.Folder(Name), $"memcached-{name}.wfp");
        await WfpatchTool.BuildDebAsync("memcached", UnitPatch.Source(Name, name), file, cancel);
        return file;
    }

    private sealed class Running(MemcachedServer server) : ILabProcess
    {
        internal const string Refused = "too large";

        private readonly byte[] _oldVersion = Encoding.ASCII.GetBytes(Ask(server.Port));

        public ChildProcess Process => server.Process;

        public ILoadClient Connect(int number) => new MemcachedClient(server.Port, number, _oldVersion);

        public LongWork? LongWork => new($"gets of {LongGets} keys", RequestsPerSecond: 5, _ => new MultiGetClient(server.Port, LongGets));

        public string Ask() => Ask(server.Port);

        public string Provoke()
        {
            using MemcachedCrash crash = new(server.Port);
            return crash.SendDeadlySet() ? Refused : "connection lost";
        }

        public Task RestartAsync(CancellationToken cancel) => server.RestartAsync(cancel);

        public ValueTask DisposeAsync() => server.DisposeAsync();

        private static string Ask(int port)
        {
            using LineConnection connection = new(port);
            connection.Send("version\r\n"u8);
            return Encoding.ASCII.GetString(connection.ReadLine());
        }
    }
}
