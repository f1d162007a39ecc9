// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>
/// OpenLDAP's slapd as Debian ships it, with the module rwm.so in which the double free of ITS#8964 is brought back (rwm_op_rollback): a search whose
/// base the overlay refuses to rewrite is answered, and ends the server.
/// </summary>
internal sealed class OpenLdapServer : ILabServer
{
    private const string Version = "2.5.13+dfsg-5", OldRoot = "OpenLDAProotDSE", NewRoot = "patchedRootDSE";

    private static readonly ImmutableArray<string> Packages =
        [$"slapd={Version}", $"libldap-2.5-0={Version}", "libltdl7", "libodbc2", "libsasl2-2", "libwrap0", "libargon2-1", "libperl5.36"];

    /// <summary>Entries that a long search looks at; on the machine where this was written that takes some tens of milliseconds.</summary>
    private const int Scanned = 20_000;

    /// <summary>Of the folder in which its rules build.</summary>
    private const string Tree = "debian/build";

    private static readonly UnitRecipe Recipe = new(
        "openldap",
        $"dh_update_autotools_config && dh_autoreconf && DH_OPTIONS=--builddirectory={Tree} $(MAKE) -f debian/rules override_dh_auto_configure && $(MAKE) -C {Tree}/include",
        $"$(MAKE) -n -k -w -C {Tree}/servers/slapd root_dse.o; $(MAKE) -n -k -w -C {Tree}/servers/slapd/overlays rwm.la",
        "slapd", ["slapd"])
    {
        Changes = [UnitPatch.Source("openldap", "bug")],
    };

    public string Name => "openldap";

    public async Task<ServerKit> PrepareAsync(CancellationToken cancel)
    {
        string root = await PackageRoot.GetAsync(Name, Packages, cancel);
        UnitSources sources = await UnitPatch.PrepareAsync(Recipe, Version, cancel);
        string module = await FaultyModule.LinkAsync(sources, Path.Combine(UnitPatch.Folder(Name), "rwm.so"), ["rwm.c", "rwmconf.c", "rwmdn.c", "rwmmap.c"], cancel);
        string visible = await UnitPatch.BuildAsync(sources, Name, "visible", $"{root}/usr/sbin/slapd", cancel);
        string fix = await UnitPatch.BuildAsync(sources, Name, "fix", module, cancel);
        return new($"slapd {Version}", visible, fix, "ITS#8964, rwm_op_rollback frees twice", "53 searchDN massage error",
            async stop => new Running(await StartAsync(root, module, stop)));
    }

    private static Task<ServerProcess> StartAsync(string root, string module, CancellationToken cancel)
    {
        string libraries = PackageRoot.Libraries(root);
        return ServerProcess.StartAsync(libraries, async (folder, port) =>
        {
            string configuration = $"{folder}/slapd.conf", schema = $"{root}/etc/ldap/schema";
            await File.WriteAllTextAsync(configuration, $"""
                include {schema}/core.schema
                include {schema}/cosine.schema
                include {schema}/inetorgperson.schema
                pidfile {folder}/pid
                argsfile {folder}/args
                threads 4
                modulepath {root}/usr/lib/ldap
                moduleload back_mdb
                moduleload {module}
                database mdb
                suffix dc=test
                directory {folder}
                maxsize 268435456
                index objectClass,uid eq
                overlay rwm
                rwm-rewriteEngine on
                rwm-rewriteContext searchDN
                rwm-rewriteRule "^ou=bad,(.*)$" "$1" "#"

                """, cancel);
            await File.WriteAllTextAsync($"{folder}/people.ldif", LdapClient.Directory + ScanClient.Directory(Scanned), cancel);
            await ServerProcess.RunAsync(libraries, folder, [$"{root}/usr/sbin/slapd", "-T", "add", "-q", "-f", configuration, "-l", $"{folder}/people.ldif"], cancel);
            return [$"{root}/usr/sbin/slapd", "-h", $"ldap://127.0.0.1:{port}", "-f", configuration, "-d", "0"];
        }, cancel);
    }

    private sealed class Running(ServerProcess server) : ILabProcess
    {
        public ChildProcess Process => server.Process;

        public ILoadClient Connect(int number) => new LdapClient(server.Port, OldRoot, NewRoot);

        public LongWork? LongWork => new($"searches through {Scanned} entries", RequestsPerSecond: 2, _ => new ScanClient(server.Port));

        public string Ask()
        {
            using LdapClient client = new(server.Port, OldRoot, NewRoot);
            return client.ReadRoot();
        }

        public string Provoke()
        {
            using LdapClient client = new(server.Port, OldRoot, NewRoot);
            return client.Search("ou=bad,dc=test");
        }

        public Task RestartAsync(CancellationToken cancel) => server.RestartAsync(cancel);

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
