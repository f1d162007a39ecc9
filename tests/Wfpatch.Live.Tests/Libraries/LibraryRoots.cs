// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Live.Tests.Libraries;

/// <summary>
/// The C library of other suites of the distribution, and sources of its packages, downloaded by package name and unpacked into out/libraries/SUITE; nothing is installed.
/// Several processes may do it at once: the last rename wins, and both are equal.
/// </summary>
public static class LibraryRoots
{
    private const string Machine = "x86_64-linux-gnu";
    private static readonly ImmutableArray<string> Folders = ["lib", "usr/lib"];

    /// <summary>The folder that stands for /; or null and why there is none.</summary>
    /// <param name="name">The folder's name.</param>
    public static Task<(string? Root, string Why)> GetAsync(string name, string suite, params ImmutableArray<string> packages) => GetAsync(name, suite, areSources: false, packages);

    private static async Task<(string? Root, string Why)> GetAsync(string name, string suite, bool areSources, ImmutableArray<string> packages)
    {
        string folder = RepositoryRoot.Combine("out", "libraries", name);
        if (Directory.Exists(folder))
        {
            return (folder, "");
        }
        string draft = $"{folder}.{Environment.ProcessId}";
        try
        {
            return await DownloadAsync(suite, areSources, packages, draft) is { } why ? (null, why) : (Keep(draft, folder), "");
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }
    }

    /// <summary>The archives (*.orig.tar.*) of source packages, in a folder; or null and why there is none.</summary>
    /// <param name="name">The folder's name.</param>
    public static Task<(string? Root, string Why)> GetSourcesAsync(string name, string suite, params ImmutableArray<string> packages) => GetAsync(name, suite, areSources: true, packages);

    /// <summary>The library's file below a root: libraries moved from /lib to /usr/lib in trixie.</summary>
    public static string Find(string root, string file) =>
        Folders.Select(l => Path.Combine(root, l, Machine, file)).First(File.Exists);

    /// <summary>Flags that make a program run on a root's library.</summary>
    public static ImmutableArray<string> RunFlags(string root) =>
    [
        $"-Wl,--dynamic-linker={Find(root, "ld-linux-x86-64.so.2")}",
        // Not the newer kind of path, which what is loaded later (libgcc_s) would not be looked for in.
        $"-Wl,--disable-new-dtags,-rpath,{root}/lib/{Machine}:{root}/usr/lib/{Machine}",
    ];

    /// <summary>Flags that compile for a root's library, for one that is older than the machine's.</summary>
    public static ImmutableArray<string> CompileFlags(string root) =>
        [$"--sysroot={root}", $"-B{root}/usr/lib/{Machine}/", "-isystem", $"{root}/usr/include/{Machine}", $"-L{root}/usr/lib/{Machine}", $"-L{root}/lib/{Machine}"];

    private static async Task<string?> DownloadAsync(string suite, bool areSources, ImmutableArray<string> packages, string draft)
    {
        string apt = Path.Combine(draft, "apt");
        Directory.CreateDirectory(Path.Combine(apt, "lists", "partial"));
        var archives = await ChildProcess.RunAsync(CommandLine.Of("apt-get", "indextargets", "--format", "$(REPO_URI)", "Component: main", "Origin: Debian"));
        string? archive = archives.Output.Split('\n').FirstOrDefault(u => u.TrimEnd('/').EndsWith("/debian", StringComparison.Ordinal));
        if (archive is null)
        {
            return "no archive of the distribution is configured here";
        }
        await File.WriteAllTextAsync(Path.Combine(apt, "sources.list"), $"{(areSources ? "deb-src" : "deb")} [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {archive} {suite} main\n");
        await File.WriteAllTextAsync(Path.Combine(apt, "status"), "");
        ImmutableArray<string> options =
        [
            "-q", "-o", $"Dir::Etc::sourcelist={apt}/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null", "-o", $"Dir::State::lists={apt}/lists",
            "-o", $"Dir::Cache={apt}", "-o", $"Dir::State::status={apt}/status", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none",
        ];
        var update = await ChildProcess.RunAsync(new("apt-get", [.. options, "update"]));
        var download = await ChildProcess.RunAsync(new("sh", ["-c", "cd \"$0\" && exec apt-get \"$@\"", apt, .. options, .. (string[])(areSources ? ["source", "--download-only"] : ["download"]), .. packages]));
        if (!download.Status.IsSuccess)
        {
            return $"apt-get cannot download {string.Join(", ", packages)} of {suite}: {update.Errors.Trim()} {download.Errors.Trim()}";
        }
        foreach (string sources in Directory.EnumerateFiles(apt, "*.orig.tar.*z*"))
        {
            File.Move(sources, Path.Combine(draft, Path.GetFileName(sources)));
        }
        foreach (string package in Directory.EnumerateFiles(apt, "*.deb"))
        {
            (await ChildProcess.RunAsync(CommandLine.Of("dpkg-deb", "-x", package, draft))).OrThrow();
        }
        Directory.Delete(apt, recursive: true);
        return null;
    }

    private static string Keep(string draft, string folder)
    {
        foreach (var link in new DirectoryInfo(draft).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(f => f.LinkTarget?.StartsWith('/') == true).ToList())
        {
            string target = folder + link.LinkTarget; // it means the file below the root
            link.Delete();
            File.CreateSymbolicLink(link.FullName, target);
        }
        try
        {
            Directory.Move(draft, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // somebody else did the same
        }
        return folder;
    }
}
