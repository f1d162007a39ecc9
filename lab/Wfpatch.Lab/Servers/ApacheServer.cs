// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// Apache httpd (MPM event) as Debian ships it, in one process, with the module mod_session.so in which CVE-2021-26690 is brought back
/// (session_identity_decode): a cookie whose value has an empty name ends the server.
/// </summary>
internal sealed class ApacheServer : ILabServer
{
    private const string Version = "2.4.68-1~deb12u1", Page = "served by the lab\n", Session = "Cookie: session=";
    private const string OldServer = "Apache/2.4.68 (Debian)", NewServer = "Apache/2.4.68 (patched)";

    private static readonly ImmutableArray<string> Packages = [$"apache2-bin={Version}", "libapr1", "libaprutil1"];

    private static readonly UnitRecipe Recipe = new(
        "apache2",
        "dh_update_autotools_config && dh_autoreconf && $(MAKE) -f debian/rules override_dh_auto_configure",
        "$(MAKE) -n -k -w -C server core.lo; $(MAKE) -n -k -w -C modules/session mod_session.slo",
        "apache2", ["apache2-bin"])
    {
        Changes = [UnitPatch.Source("apache", "bug")],
    };

    /// <summary>Of the file that is downloaded slowly: 32 MiB in about two seconds, more than sockets hold.</summary>
    private const int Pieces = 4096;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(0.5);

    private static readonly HttpDialogue Dialogue = new("/page", Session + "a=1&b=2\r\n", OldServer, NewServer, Page, Page);

    public string Name => "apache";

    public async Task<ServerKit> PrepareAsync(CancellationToken cancel)
    {
        string root = await PackageRoot.GetAsync(Name, Packages, cancel);
        UnitSources sources = await UnitPatch.PrepareAsync(Recipe, Version, cancel);
        string module = await FaultyModule.LinkAsync(sources, Path.Combine(UnitPatch.Folder(Name), "mod_session.so"), ["mod_session.c"], cancel);
        string visible = await UnitPatch.BuildAsync(sources, Name, "visible", $"{root}/usr/sbin/apache2", cancel);
        string fix = await UnitPatch.BuildAsync(sources, Name, "fix", module, cancel);
        return new($"apache2 {Version}", visible, fix, "CVE-2021-26690, session_identity_decode", "HTTP/1.1 200 OK", async stop => new Running(await StartAsync(root, module, stop)));
    }

    private static Task<ServerProcess> StartAsync(string root, string module, CancellationToken cancel) => ServerProcess.StartAsync(PackageRoot.Libraries(root), async (folder, port) =>
    {
        await File.WriteAllTextAsync($"{folder}/page", Page, cancel);
        WriteLargeFile($"{folder}/large");
        string modules = $"{root}/usr/lib/apache2/modules";
        await File.WriteAllTextAsync($"{folder}/httpd.conf", $"""
            ServerRoot {folder}
            ServerName localhost
            DocumentRoot {folder}
            Listen 127.0.0.1:{port}
            Mutex pthread
            DefaultRuntimeDir {folder}
            PidFile {folder}/pid
            ErrorLog {folder}/log
            MaxKeepAliveRequests 0
            LoadModule mpm_event_module {modules}/mod_mpm_event.so
            LoadModule authz_core_module {modules}/mod_authz_core.so
            LoadModule session_module {module}
            LoadModule session_cookie_module {modules}/mod_session_cookie.so
            Session On
            SessionCookieName session path=/
            StartServers 1
            ServerLimit 1
            ThreadsPerChild 12
            MaxRequestWorkers 12
            MinSpareThreads 12
            MaxSpareThreads 12

            """, cancel);
        return [$"{root}/usr/sbin/apache2", "-f", $"{folder}/httpd.conf", "-X"];
    }, cancel);

    private static void WriteLargeFile(string path)
    {
        using FileStream file = File.Create(path);
        byte[] piece = new byte[DownloadClient.PieceLength];
        for (int number = 0; number < Pieces; number++)
        {
            DownloadClient.Write(number, piece);
            file.Write(piece);
        }
    }

    private sealed class Running(ServerProcess server) : ILabProcess
    {
        public LongWork? LongWork => new("downloads of 32 MiB, slowly", RequestsPerSecond: 0.3, _ => new DownloadClient(server.Port, "/large", Pieces, Pause));

        public ChildProcess Process => server.Process;

        public ILoadClient Connect(int number) => new PageClient(server.Port, Dialogue);

        public string Ask() => PageClient.Ask(server.Port, Dialogue.Path).Server;

        public string Provoke() => PageClient.Ask(server.Port, Dialogue.Path, Session + "=\r\n").Status;

        public Task RestartAsync(CancellationToken cancel) => server.RestartAsync(cancel);

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
