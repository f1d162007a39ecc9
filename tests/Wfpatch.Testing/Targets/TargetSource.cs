// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Compilers;

namespace Wfpatch.Testing.Targets;

/// <summary>The sources of a program of tests/targets or of the sample server, and what is made of them.</summary>
/// <param name="Sources">Full paths; the first is the one with main.</param>
public sealed record TargetSource(string Name, ImmutableArray<string> Sources)
{
    private const string WithMark = "* with:";

    /// <summary>The sample server of the lab.</summary>
    public static TargetSource Sample { get; } =
        new("sample", [RepositoryRoot.Combine("lab", "sample", "sample.c"), RepositoryRoot.Combine("lab", "sample", "steps.c")]);

    /// <summary>The profile that stands beside the source with main: quiescence points for `--profile`. Null: there is none.
    /// A test program that is made of the sample has the sample's.</summary>
    public string? Profile => Sources.Select(source => Path.Combine(Path.GetDirectoryName(source)!, (source == Sources[0] ? Name : "sample") + ".toml")).FirstOrDefault(File.Exists);

    /// <summary>The program tests/targets/NAME.c (or NAME.cc) with what its comment names after "with:"; "sample" is the sample server.</summary>
    public static TargetSource Find(string name)
    {
        if (name == Sample.Name)
        {
            return Sample;
        }
        string plain = RepositoryRoot.Combine("tests", "targets", name + ".c");
        string main = File.Exists(plain) ? plain : Path.ChangeExtension(plain, ".cc");
        string folder = Path.GetDirectoryName(main)!;
        string? with = File.ReadLines(main).Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(WithMark, StringComparison.Ordinal));
        IEnumerable<string> more = with?[WithMark.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return new(name, [main, .. more.Select(file => Path.GetFullPath(file, folder))]);
    }

    /// <summary>The program, as a distribution ships it; gives its path.</summary>
    public Task<string> ProgramAsync(CompileOptions? options = null, CancellationToken cancel = default) =>
        Compiler.ProgramAsync(Name, Sources, options ?? CompileOptions.Debian, cancel);

    /// <summary>A folder of objects of one version: <c>wfpatch build --old (version 1) --new (version N)</c> makes a patch of two.</summary>
    public Task<string> ObjectsAsync(int version, CompileOptions? options = null, CancellationToken cancel = default) =>
        Compiler.ObjectsAsync(Name, Sources, (options ?? CompileOptions.Debian) with { Version = version }, cancel);
}
