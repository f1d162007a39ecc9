// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;
using Wfpatch.Build.Caches;
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Processes;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Debian;

/// <summary>
/// A minimal system with one source's build dependencies and nothing else, made by mmdebstrap. What runs in it has no
/// network, is not root, sees no process of the host, and of the host's files the one working folder.
/// </summary>
internal sealed partial class Chroot : BuildPlace
{
    private const string Mount = "/build";
    private const string Nobody = "65534:65534";

    // Mounts go with the namespace, which goes with its first process. $1 is the root, $2 the folder, $3 the place to start in.
    private const string Enter = """
        set -e
        root=$1 work=$2 start=$3 user=$4
        shift 4
        mkdir -p "$root/build" "$root/proc" "$root/dev"
        mount --bind "$work" "$root/build"
        mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        exec chroot ${user:+"--userspec=$user"} "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$start" "$@"
        """;

    private readonly string _root;

    private Chroot(string root, string key)
    {
        _root = root;
        Key = key;
    }

    public override string Key { get; }

    /// <summary>The system for a source, made where it is not there yet. Exactly one of the results is not null.</summary>
    public static async Task<(Chroot? Chroot, Refusal? Refusal)> OpenAsync(BuildCache cache, InstalledPackage package, IProgress<BuildEvent>? progress, CancellationToken cancel)
    {
        string sources = HostSources.Read();
        string key = BuildCache.KeyOf("chroot", package.Source, package.SourceVersion, sources);
        string finished = cache.Folder("chroots", key);
        if (Directory.Exists(finished))
        {
            return (new Chroot(finished, key), null);
        }
        string unfinished = finished + ".unfinished";
        BuildCache.Remove(unfinished);
        Directory.CreateDirectory(unfinished);
        try
        {
            string log = cache.Log($"{package.Source}-chroot");
            progress?.Report(new BuildEvent(BuildStage.BuildDependencies, $"making a system with the build dependencies of {package.Source}", log));
            var refusal = await MakeAsync(unfinished, sources, package, log, cancel);
            if (refusal is not null)
            {
                return (null, refusal);
            }
            Directory.Move(Path.Combine(unfinished, "root"), finished);
            return (new Chroot(finished, key), null);
        }
        finally
        {
            BuildCache.Remove(unfinished);
        }
    }

    private static async Task<Refusal?> MakeAsync(string folder, string sources, InstalledPackage package, string log, CancellationToken cancel)
    {
        string list = Path.Combine(folder, "host.sources");
        string archive = Path.Combine(folder, "root.tar");
        string root = Path.Combine(folder, "root");
        await File.WriteAllTextAsync(list, sources, cancel);
        string dependencies = $"chroot \"$1\" apt-get -y --no-install-recommends -P nocheck,nodoc build-dep {package.Source}={package.SourceVersion}";
        var made = await new ToolRun(log, cancel).RunAsync(
            "mmdebstrap", "--variant=buildd", $"--customize-hook={dependencies}", HostSources.Suite ?? "stable", archive, list);
        if (Failure(made, package, log) is { } refusal)
        {
            return refusal;
        }
        Directory.CreateDirectory(root);
        // Devices come from the host when the place is entered.
        var unpacked = await new ToolRun(log, cancel).RunAsync("tar", "--extract", "--file", archive, "--directory", root, "--exclude=./dev/*");
        return Failure(unpacked, package, log);
    }

    private static Refusal? Failure(ToolResult result, InstalledPackage package, string log) => result.Missing is { } tool
        ? BuildRefusals.ToolMissing.About(tool, $"The program {tool} is not installed; install the package {(tool == "unshare" ? "util-linux" : tool)}, or say --host to build on this system.")
        : BuildFailure.Of(result, package.Source, $"A system with the build dependencies of {package.Source} could not be made", log, "tar");

    public override async Task PrepareAsync(string work, string log, CancellationToken cancel)
    {
        if (Environment.IsPrivilegedProcess)
        {
            await new ToolRun(log, cancel).RunAsync("chown", "-R", Nobody, work);
        }
    }

    public override string Inside(string work, string path) => Mount + path[work.Length..];

    public override CompileRecord Outside(string work, CompileRecord call) => Outside(_root, work, call);

    /// <summary>With the working folder's real place, and the headers of this system in place of the host's (--sysroot; a folder that
    /// begins with = is looked for there, GCC manual, "Options for Directory Search").</summary>
    internal static CompileRecord Outside(string root, string work, CompileRecord call) => new(
        Place().Replace(call.Folder, "$1" + work), call.Compiler, [$"--sysroot={root}", .. call.Arguments.Select((word, at) => Outside(work, word, at > 0 ? call.Arguments[at - 1] : ""))]);

    private static string Outside(string work, string word, string before)
    {
        string moved = Place().Replace(word, "$1" + work);
        return moved != word ? moved
            : word.StartsWith("-I/", StringComparison.Ordinal) ? "-I=" + word[2..]
            : before is "-I" or "-isystem" or "-idirafter" or "-iquote" && word.StartsWith('/') ? "=" + word
            : word;
    }

    // At the start of a word, of a value, or of what an option of one letter names; and nowhere within a path.
    [GeneratedRegex("^(|-[A-Za-z]|[^/]*=)/build(?=/|=|$)")]
    private static partial Regex Place();

    public override Task<ToolResult> RunAsync(string work, string tree, string log, IReadOnlyDictionary<string, string> environment, string[] command, CancellationToken cancel)
    {
        var run = new ToolRun(log, cancel).With("HOME", Mount).With("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        foreach (var (name, value) in environment)
        {
            run.With(name, value);
        }
        // root drops its rights in there; anyone else becomes the root of a namespace that has none outside.
        string[] rights = Environment.IsPrivilegedProcess ? [] : ["--map-root-user"];
        string user = Environment.IsPrivilegedProcess ? Nobody : "";
        return run.RunAsync(
            "unshare", [.. rights, "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", Enter, "sh", _root, work, Inside(work, tree), user, .. command]);
    }
}
