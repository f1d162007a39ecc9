// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Testing.Compilers;

/// <summary>
/// gcc or another compiler of C, and of C++ for sources that end in .cc, with results kept in out/compiled under the hash of all that they depend on: compiler, flags, and the content
/// of the sources and of the headers beside them. Several processes may compile the same at once: the last rename wins, and both are equal.
/// </summary>
public static class Compiler
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Identities = [];

    /// <summary>Links a program; gives its path.</summary>
    public static Task<string> ProgramAsync(string name, ImmutableArray<string> sources, CompileOptions options, CancellationToken cancel = default) =>
        CachedAsync("program", name, sources, options, async folder =>
        {
            string file = Path.Combine(folder, name);
            await CompileAsync(options, sources, [.. options.Flags, $"-DVERSION={options.Version}", "-o", file, .. sources, .. options.LinkFlags], cancel);
            if (options.Stripped)
            {
                (await ChildProcess.RunAsync(CommandLine.Of("strip", "--strip-all", "--remove-section=.comment", file), cancel)).OrThrow();
            }
        }, name, cancel);

    /// <summary>Links a shared library; gives its path.</summary>
    /// <param name="name">The file's name; no soname is written but what <see cref="CompileOptions.Flags"/> say.</param>
    public static Task<string> LibraryAsync(string name, ImmutableArray<string> sources, CompileOptions options, CancellationToken cancel = default) =>
        CachedAsync("library", name, sources, options, async folder =>
        {
            string file = Path.Combine(folder, name);
            await CompileAsync(options, sources, ["-shared", .. options.Flags, $"-DVERSION={options.Version}", "-o", file, .. sources], cancel);
            if (options.Stripped)
            {
                (await ChildProcess.RunAsync(CommandLine.Of("strip", "--strip-unneeded", "--remove-section=.comment", file), cancel)).OrThrow();
            }
        }, name, cancel);

    /// <summary>Compiles each source to an object with a section for each function and variable; gives the folder, which holds NAME.o for each NAME.c or NAME.cc.</summary>
    public static Task<string> ObjectsAsync(string name, ImmutableArray<string> sources, CompileOptions options, CancellationToken cancel = default) =>
        CachedAsync("objects", name, sources, options, async folder =>
        {
            foreach (string source in sources)
            {
                string file = Path.Combine(folder, Path.ChangeExtension(Path.GetFileName(source), ".o"));
                await CompileAsync(options, [source], [.. options.Flags, .. CompileOptions.SectionFlags, $"-DVERSION={options.Version}", "-c", "-o", file, source], cancel);
            }
        }, "", cancel);

    private static async Task CompileAsync(CompileOptions options, ImmutableArray<string> sources, ImmutableArray<string> arguments, CancellationToken cancel) =>
        (await ChildProcess.RunAsync(new(sources.Any(s => s.EndsWith(".cc", StringComparison.Ordinal)) ? options.CxxCompiler : options.Compiler, [$"-ffile-prefix-map={RepositoryRoot.Path}=.", .. arguments]), cancel)).OrThrow();

    private static async Task<string> CachedAsync(
        string kind, string name, ImmutableArray<string> sources, CompileOptions options, Func<string, Task> make, string result, CancellationToken cancel)
    {
        string folder = RepositoryRoot.Combine("out", "compiled", $"{name}-{kind}-{await KeyAsync(kind, sources, options, cancel)}");
        if (!Directory.Exists(folder))
        {
            string draft = $"{folder}.{Environment.ProcessId}.{Guid.NewGuid():N}";
            Directory.CreateDirectory(draft);
            await make(draft);
            try
            {
                Directory.Move(draft, folder);
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                Directory.Delete(draft, recursive: true); // somebody else made the same in the meantime
            }
        }
        return Path.Combine(folder, result);
    }

    private static Task<string> IdentityAsync(string compiler) => Identities.GetOrAdd(
        compiler, name => new(async () => (await ChildProcess.RunAsync(CommandLine.Of(name, "-v"))).OrThrow().Errors)).Value;

    private static async Task<string> KeyAsync(string kind, ImmutableArray<string> sources, CompileOptions options, CancellationToken cancel)
    {
        StringBuilder text = new(await IdentityAsync(options.Compiler));
        text.Append(kind).Append(options.Version).Append(options.Stripped).AppendJoin(' ', options.Flags)
            .AppendJoin(' ', CompileOptions.SectionFlags).AppendJoin(' ', options.LinkFlags);
        // Headers, and sources that a source includes, stand in the folders of the sources, and end in .h, .c or .cc.
        IEnumerable<string> files = sources
            .Select(source => Path.GetDirectoryName(Path.GetFullPath(source))!).Distinct()
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.?").Concat(Directory.EnumerateFiles(folder, "*.cc")))
            .Concat(sources.Select(Path.GetFullPath)).Distinct().Order(StringComparer.Ordinal);
        foreach (string file in files)
        {
            text.Append(file).Append('\n').Append(await File.ReadAllTextAsync(file, cancel));
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
