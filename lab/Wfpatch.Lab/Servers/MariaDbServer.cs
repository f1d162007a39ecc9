// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// MariaDB as Debian ships it, with a bug that it has: JSON_NORMALIZE of a text in another character set ends at a zero byte, so that what is no
/// JSON passes. Only the one unit of the fix is compiled.
/// </summary>
internal sealed class MariaDbServer : ILabServer
{
    private const string Version = "10.11.18-0+deb12u1", SourceVersion = $"1:{Version}";
    private const string Shown = "select json_normalize('{\"a\":1}')", Old = "{\"a\":1.0E0}", New = "{\"a\":1.0e0}";
    private const string Long = "select concat('slept ', sleep(0.4))", LongAnswer = "slept 0";
    private const string NoJson = "select json_normalize(convert(concat('{\"a\":1}', char(0), 'junk') using latin1))";

    private static readonly ImmutableArray<string> Packages =
        [$"mariadb-server-core={SourceVersion}", "libaio1", "libnuma1", "libpmem1", "libndctl6", "libdaxctl1", "libsnappy1v5", "liburing2", "libpcre2-8-0"];

    /// <summary>CMake's makefiles stop a dry run at what is not made yet; how they compile a unit of strings/ stands in a file that a makefile can read.</summary>
    private const string Trace = """
        printf 'include builddir/strings/CMakeFiles/strings.dir/flags.make\nall:\n\t/usr/bin/cc $$(C_DEFINES) $$(C_INCLUDES) $$(C_FLAGS) -c strings/json_normalize.c\n' | $(MAKE) -n -w -f -
        """;

    private static readonly UnitRecipe Recipe = new("mariadb", "$(MAKE) -f debian/rules override_dh_auto_configure", Trace, "mariadbd", ["mariadb-server-core"]);

    public string Name => "mariadb";

    public async Task<ServerKit> PrepareAsync(CancellationToken cancel)
    {
        string root = await PackageRoot.GetAsync(Name, Packages, cancel);
        UnitSources sources = await UnitPatch.PrepareAsync(Recipe, SourceVersion, cancel);
        string visible = await UnitPatch.BuildAsync(sources, Name, "visible", $"{root}/usr/sbin/mariadbd", cancel);
        string fix = await UnitPatch.BuildAsync(sources, Name, "fix", $"{root}/usr/sbin/mariadbd", cancel);
        return new($"mariadbd {Version}", visible, fix, "JSON_NORMALIZE takes what is no JSON", "NULL", async stop => new Running(await StartAsync(root, stop)))
        {
            EndsUnpatched = false,
        };
    }

    private static Task<ServerProcess> StartAsync(string root, CancellationToken cancel) => ServerProcess.StartAsync(
        PackageRoot.Libraries(root),
        (folder, port) => Task.FromResult<ImmutableArray<string>>(
        [
            $"{root}/usr/sbin/mariadbd", "--no-defaults", $"--datadir={folder}", $"--lc-messages-dir={root}/usr/share/mysql", "--skip-grant-tables", "--bind-address=127.0.0.1",
            $"--port={port}", $"--socket={folder}/socket", $"--pid-file={folder}/pid", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M",
        ]),
        cancel);

    private sealed class Running(ServerProcess server) : ILabProcess
    {
        public ChildProcess Process => server.Process;

        public ILoadClient Connect(int number) => new MariaDbClient(server.Port, Shown, Old, New);

        public LongWork? LongWork => new("statements that sleep for 0.4 s", RequestsPerSecond: 2, _ => new StatementClient(server.Port, Long, LongAnswer));

        public string Ask() => Ask(Shown);

        public string Provoke() => Ask(NoJson);

        public Task RestartAsync(CancellationToken cancel) => server.RestartAsync(cancel);

        public ValueTask DisposeAsync() => server.DisposeAsync();

        private string Ask(string statement)
        {
            using MariaDbClient client = new(server.Port, Shown, Old, New);
            return client.Ask(statement);
        }
    }
}
