// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>A server of the distribution that a test started on a free port of 127.0.0.1, not as root, with a folder of its own. It ends with
/// this object, and with us.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private const string Libraries = "usr/lib/x86_64-linux-gnu";

    private readonly ChildProcess _process;
    private readonly DirectoryInfo _folder;

    private RunningServer(ChildProcess process, DirectoryInfo folder, int port, Dialogue dialogue)
    {
        _process = process;
        _folder = folder;
        Port = port;
        Dialogue = dialogue;
    }

    public int Port { get; }

    public Dialogue Dialogue { get; }

    /// <summary>The process to patch; of postgres and smbd one that serves a connection.</summary>
    public int Id => new ProcFs(_process.Id).ReadExecutableName() is "postgres" or "smbd" ? FindBackend() : _process.Id;

    private static ImmutableArray<string> Identity =>
        Environment.IsPrivilegedProcess ? ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] : [];

    /// <summary>Skips the test where the server cannot be had.</summary>
    public static async Task<RunningServer> StartAsync(string name)
    {
        string root = "/";
        if (name is not ("node" or "postgres"))
        {
            Assert.SkipUnless(name != "libnode" || Environment.IsPrivilegedProcess, "its modules must be mounted at /usr/share/nodejs, for which one must be root");
            var (unpacked, why) = await (name == "libnode" ? ServerPackages.GetNodeAsync() : ServerPackages.GetAsync());
            Assert.SkipWhen(unpacked is null, why);
            root = unpacked!;
        }
        var folder = Directory.CreateTempSubdirectory("wfpatch-server-");
        (await ChildProcess.RunAsync(CommandLine.Of("chmod", "777", folder.FullName))).OrThrow(); // the server is nobody
        int port = ServerLoad.FreePort();
        var (command, dialogue) = await DescribeAsync(name, root, folder.FullName, port);
        Assert.SkipWhen(command is [], $"{name} is not installed");
        var environment = ImmutableDictionary<string, string>.Empty;
        if (root != "/")
        {
            environment = environment.Add("LD_LIBRARY_PATH", $"{root}/{Libraries}:{root}/{Libraries}/samba");
        }
        ImmutableArray<string> start = ["setpriv", .. Identity, "--pdeathsig", "KILL", .. command];
        if (name == "libnode")
        {
            // What libnode loads at its start lies at a fixed place; only this process sees it there.
            start = ["unshare", "--mount", "--propagation", "private", "sh", "-c", $"mount --bind '{root}/usr/share' /usr/share && exec \"$@\"", "sh", .. start];
        }
        var process = ChildProcess.Start(new(start[0], start[1..], folder.FullName, environment));
        RunningServer server = new(process, folder, port, dialogue);
        try
        {
            await Until.TrueAsync(() => process.HasEnded || ServerLoad.IsServed(port, dialogue));
            Assert.False(process.HasEnded, $"{name} did not start: {process.Errors}");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task<(ImmutableArray<string> Command, Dialogue Dialogue)> DescribeAsync(string name, string root, string folder, int port)
    {
        const string Page = "served\n";
        var http = Ask("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n" + Page);
        await WriteAsync(folder, "page", Page);
        switch (name)
        {
            case "httpd-event" or "httpd-worker":
                string mpm = name["httpd-".Length..];
                // One process: children of a server that is killed would outlive it.
                await WriteAsync(folder, "httpd.conf", $"""
                    ServerRoot {folder}
                    ServerName localhost
                    DocumentRoot {folder}
                    Listen 127.0.0.1:{port}
                    Mutex pthread
                    DefaultRuntimeDir {folder}
                    PidFile {folder}/pid
                    ErrorLog {folder}/log
                    MaxKeepAliveRequests 0
                    LoadModule mpm_{mpm}_module {root}/usr/lib/apache2/modules/mod_mpm_{mpm}.so
                    LoadModule authz_core_module {root}/usr/lib/apache2/modules/mod_authz_core.so
                    StartServers 1
                    ServerLimit 1
                    ThreadsPerChild 8
                    MaxRequestWorkers 8
                    MinSpareThreads 8
                    MaxSpareThreads 8

                    """);
                return ([$"{root}/usr/sbin/apache2", "-f", $"{folder}/httpd.conf", "-X"], http);
            case "nginx":
                await WriteAsync(folder, "nginx.conf", $$"""
                    daemon off; master_process off; pid {{folder}}/pid; error_log {{folder}}/log;
                    events { worker_connections 64; }
                    http {
                      access_log off; keepalive_requests 1000000000;
                      client_body_temp_path {{folder}}/b; proxy_temp_path {{folder}}/p; fastcgi_temp_path {{folder}}/f;
                      uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
                      server { listen 127.0.0.1:{{port}}; root {{folder}}; }
                    }
                    """);
                return ([$"{root}/usr/sbin/nginx", "-p", folder, "-c", $"{folder}/nginx.conf", "-e", $"{folder}/log"], http);
            case "redis-server":
                return ([$"{root}/usr/bin/redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder], Ask("SET key value\r\nGET key\r\n", "+OK\r\n", "$5\r\nvalue\r\n"));
            case "slapd":
                await WriteAsync(folder, "slapd.conf", $"threads 4\npidfile {folder}/pid\nargsfile {folder}/args\n");
                // A search of the root entry, with all of its attributes (RFC 4511, 4.5.1).
                // It ends with the result: success, for no name, without a message.
                return ([$"{root}/usr/sbin/slapd", "-h", $"ldap://127.0.0.1:{port}", "-f", $"{folder}/slapd.conf", "-d", "0"], new(
                    Convert.FromHexString("30250201016320" + "04000a01000a0100020100020100010100" + "870b6f626a656374436c617373" + "3000"),
                    new([0x30], Convert.FromHexString("300c02010165070a010004000400"))));
            case "mariadbd" or "mariadbd-pool":
                string handling = name == "mariadbd" ? "one-thread-per-connection" : "pool-of-threads";
                return (
                    [
                        $"{root}/usr/sbin/mariadbd", "--no-defaults", $"--datadir={folder}", $"--lc-messages-dir={root}/usr/share/mysql", "--skip-grant-tables", $"--thread-handling={handling}",
                        "--bind-address=127.0.0.1", $"--port={port}", $"--socket={folder}/socket", $"--pid-file={folder}/pid", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M",
                    ],
                    // One column; the row with the text 1, and the end.
                    new([9, 0, 0, 0, 3, .. "select 1"u8], new([1, 0, 0, 1, 1], [2, 0, 0, 4, 1, (byte)'1', 5, 0, 0, 5, 0xfe, 0, 0, 2, 0])) { Greets = true, Hello = (MariaDbHello(), []) });
            case "node" or "libnode":
                await WriteAsync(folder, "serve.js", $"require('http').createServer((q, s) => s.end('served\\n')).listen({port}, '127.0.0.1');");
                string node = $"{root.TrimEnd('/')}/usr/bin/node";
                return (File.Exists(node) ? [node, $"{folder}/serve.js"] : [], http);
            case "smbd":
                foreach (string state in (ImmutableArray<string>)["private", "lock", "state", "cache", "pid", "ncalrpc"])
                {
                    (await ChildProcess.RunAsync(CommandLine.Of("install", "-d", "-m", "777", $"{folder}/{state}"))).OrThrow();
                }
                await WriteAsync(folder, "smb.conf", $"""
                    [global]
                    server role = standalone
                    smb ports = {port}
                    interfaces = 127.0.0.1/8
                    bind interfaces only = yes
                    private dir = {folder}/private
                    lock directory = {folder}/lock
                    state directory = {folder}/state
                    cache directory = {folder}/cache
                    pid directory = {folder}/pid
                    ncalrpc dir = {folder}/ncalrpc
                    log file = {folder}/log
                    disable spoolss = yes
                    disable netbios = yes
                    load printers = no
                    rpc start on demand helpers = no

                    """);
                return ([$"{root}/usr/sbin/smbd", "-F", "--no-process-group", "-s", $"{folder}/smb.conf"], Smb2.Echoes());
            case "postgres":
                string? programs = Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").Max() : null;
                if (programs is null)
                {
                    return ([], http);
                }
                (await ChildProcess.RunAsync(new("setpriv", [.. Identity, $"{programs}/bin/initdb", "-N", "-A", "trust", "-U", "test", "-D", $"{folder}/data"], folder))).OrThrow();
                return ([$"{programs}/bin/postgres", "-D", $"{folder}/data", "-p", $"{port}", "-h", "127.0.0.1", "-k", folder, "-F"], new(
                    [(byte)'Q', 0, 0, 0, 13, .. "select 1\0"u8],
                    new([(byte)'T'], [(byte)'D', 0, 0, 0, 11, 0, 1, 0, 0, 0, 1, (byte)'1', (byte)'C', 0, 0, 0, 13, .. "SELECT 1\0Z"u8, 0, 0, 0, 5, (byte)'I']))
                {
                    Hello = (WithLength([0, 0, 0, 0, 0, 3, 0, 0, .. "user\0test\0database\0postgres\0\0"u8]), [(byte)'Z', 0, 0, 0, 5, (byte)'I']),
                });
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "no such server");
        }
    }

    private static byte[] WithLength(byte[] message)
    {
        message[3] = (byte)message.Length;
        return message;
    }

    // Protocol 4.1, secure connection, named plugin; maximum packet, character set, 23 zeros, user, no password.
    private static byte[] MariaDbHello()
    {
        byte[] body = [0x00, 0x82, 0x08, 0x00, 0, 0, 0, 1, 33, .. new byte[23], .. "root\0"u8, 0, .. "mysql_native_password\0"u8];
        return [(byte)body.Length, 0, 0, 1, .. body];
    }

    private static Dialogue Ask(string request, string begins, string ends) =>
        new(Encoding.ASCII.GetBytes(request), new(Encoding.ASCII.GetBytes(begins), Encoding.ASCII.GetBytes(ends)));

    private static Task WriteAsync(string folder, string name, string text) => File.WriteAllTextAsync(Path.Combine(folder, name), text);

    // A child of postgres that serves a client says so in its title; those of smbd that do something else have another name.
    private int FindBackend() => Children()
        .Where(p => File.ReadAllText($"/proc/{p}/comm") == "smbd\n" || File.ReadAllText($"/proc/{p}/cmdline").Contains("127.0.0.1", StringComparison.Ordinal)).Max();

    private IEnumerable<int> Children() => Directory.EnumerateDirectories("/proc").Select(d => Path.GetFileName(d)).Where(d => int.TryParse(d, out _)).Select(int.Parse)
        .Where(p => new ProcFs(p).ReadStatus("PPid") == $"{_process.Id}");
}
