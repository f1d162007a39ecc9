// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Build;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// Debian's Node.js with an HTTP server of a few lines. What is patched is its library libuv, in which a part of CVE-2024-24806 is brought back
/// (uv__idna_toascii): a name of a host that is too long is looked up though it has no end.
/// </summary>
internal sealed class NodeServer : ILabServer
{
    private const string Version = "18.20.4+dfsg-1~deb12u2", LibraryVersion = "1.44.2-1+deb12u1", Library = "libuv.so.1";

    private static readonly ImmutableArray<string> Packages =
    [
        $"nodejs={Version}", $"libnode108={Version}", $"libuv1={LibraryVersion}", "libc-ares2", "libbrotli1", "libnghttp2-14", "libicu72", "node-acorn", "node-cjs-module-lexer",
        "node-undici",
    ];

    private static readonly UnitRecipe Recipe = new(
        "libuv1", "dh_auto_configure", "$(MAKE) -n -k -w VERBOSE=1 -C obj-$(DEB_HOST_MULTIARCH) uv", Library, ["libuv1"])
    {
        Changes = [UnitPatch.Source("nodejs", "bug")],
    };

    /// <summary>Of a handler that is busy for long, some 20 ms, in which node does nothing else.</summary>
    private const int Rounds = 20_000_000;

    // The host's name is nobody's business: what matters is what the patch puts in.
    private const string Script = """
        const names = require('os'), lookUp = require('dns').lookup;
        const work = () => { let sum = 0; for (let i = 0; i < ROUNDS; i++) sum = (Math.imul(sum, 31) + i) | 0; return sum; };
        const long = Array(6).fill('a'.repeat(50)).join('.');
        require('http').createServer((request, response) => {
          if (request.url === '/work') response.end(String(work()));
          else if (request.url === '/long') lookUp(long, problem => response.end(problem ? problem.code : 'found'));
          else response.end(names.hostname().replace(/[^~]/g, 'h'));
        }).listen(PORT, '127.0.0.1');
        """;

    public string Name => "nodejs";

    public async Task<ServerKit> PrepareAsync(CancellationToken cancel)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new InvalidOperationException("Debian's Node.js reads modules at /usr/share/nodejs; to mount them there one must be root.");
        }
        string root = await PackageRoot.GetAsync(Name, Packages, cancel);
        UnitSources sources = await UnitPatch.PrepareAsync(Recipe, LibraryVersion, cancel);
        string library = await FaultyModule.LinkAsync(sources, Path.Combine(UnitPatch.Folder(Name), Library), [], cancel, $"-Wl,-soname,{Library}", "-lpthread", "-ldl", "-lrt");
        string visible = await UnitPatch.BuildAsync(sources, Name, "visible", library, cancel);
        string fix = await UnitPatch.BuildAsync(sources, Name, "fix", library, cancel);
        return new($"node {Version}", visible, fix, "CVE-2024-24806, uv__idna_toascii", "EINVAL", async stop => new Running(await StartAsync(root, library, stop)))
        {
            EndsUnpatched = false,
            MakesCode = true,
        };
    }

    // What libnode loads at its start lies at a fixed place; only this process sees it there.
    private static Task<ServerProcess> StartAsync(string root, string library, CancellationToken cancel) => ServerProcess.StartAsync(
        $"{Path.GetDirectoryName(library)}:{PackageRoot.Libraries(root)}",
        async (folder, port) =>
        {
            await File.WriteAllTextAsync($"{folder}/serve.js", Script.Replace("PORT", $"{port}", StringComparison.Ordinal).Replace("ROUNDS", $"{Rounds}", StringComparison.Ordinal), cancel);
            return [$"{root}/usr/bin/node", $"{folder}/serve.js"];
        },
        cancel,
        "unshare", "--mount", "--propagation", "private", "sh", "-c", $"mount --bind '{root}/usr/share' /usr/share && exec \"$@\"", "sh");

    /// <summary>What that handler answers.</summary>
    private static string Work()
    {
        int sum = 0;
        for (int i = 0; i < Rounds; i++)
        {
            sum = unchecked((sum * 31) + i);
        }
        return sum.ToString(CultureInfo.InvariantCulture);
    }

    private sealed class Running(ServerProcess server) : ILabProcess
    {
        private static readonly HttpDialogue LongDialogue = new("/work", "", null, null, Work(), Work());

        private readonly string _oldName = PageClient.Ask(server.Port, "/").Body;

        public ChildProcess Process => server.Process;

        public ILoadClient Connect(int number) => new PageClient(server.Port, new("/", "", null, null, _oldName, $"~{_oldName[1..]}"));

        public LongWork? LongWork => new("handlers that compute for some 20 ms", RequestsPerSecond: 2, _ => new PageClient(server.Port, LongDialogue));

        public string Ask() => PageClient.Ask(server.Port, "/").Body;

        public string Provoke() => PageClient.Ask(server.Port, "/long").Body;

        public Task RestartAsync(CancellationToken cancel) => server.RestartAsync(cancel);

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
