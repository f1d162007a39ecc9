// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing;
using Wfpatch.Testing.Cases;
using Xunit;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>
/// One folder of tests/cases/diff that has a driver: both versions as programs that a distribution could ship, stripped and without sections
/// for each function, and the patch between them, from objects that were compiled apart.
/// </summary>
public sealed class BehaviourCase
{
    private static readonly string[] Sides = ["old", "new"];

    private static readonly string[] Extensions = [".c", ".cc", ".s"];

    private readonly CaseBuild _build;
    private readonly string _folder;
    private readonly string _output;
    private readonly bool _isCxx;
    private readonly bool _isLinkedBackwards;
    private readonly ImmutableArray<string> _flags;

    private BehaviourCase(string name, CaseBuild build)
    {
        _folder = RepositoryRoot.Combine("tests", "cases", "diff", name);
        _build = build;
        _output = Path.GetDirectoryName(ScratchFolder.NewFile("case"))!;
        var expected = CaseExpectation.Read(name);
        Refusal = expected.RefusalIn(build.Name);
        _flags = [.. expected.Flags.Where(f => !f.StartsWith("-fno-", StringComparison.Ordinal))];
        _isLinkedBackwards = expected.IsLinkedBackwards;
        _isCxx = Directory.EnumerateFiles(_folder, "*.cc", SearchOption.AllDirectories).Any();
    }

    /// <summary>The cases that can be run.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateDirectories(RepositoryRoot.Combine("tests", "cases", "diff"))
        .Where(d => DriverIn(d) is not null).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    /// <summary>The code with which this build of the case is refused; null: it is applied.</summary>
    public string? Refusal { get; }

    public string OldProgram => Path.Combine(_output, "old");

    public string NewProgram => Path.Combine(_output, "new");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<BehaviourCase> BuildAsync(string name, CaseBuild build)
    {
        var made = new BehaviourCase(name, build);
        made.CopySources();
        var host = await made.CompileHostAsync();
        await Task.WhenAll(made.LinkAsync("old", host), made.LinkAsync("new", host));
        return made;
    }

    /// <summary>The patch, or why there is none.</summary>
    public async Task<(TestPatch? Patch, ImmutableArray<Refusal> Refusals)> PatchAsync()
    {
        await Task.WhenAll(Sides.SelectMany(side => Sources(side).Select(source => CompileAsync(
            source, Path.Combine(_output, $"{side}-objects", Path.ChangeExtension(Path.GetFileName(source), ".o")), side, CaseBuild.SectionFlags))));
        // What did not change is in both trees, as in a real build: it tells where its functions are.
        string driver = Path.Combine(_output, "old-objects", "driver.o");
        await CompileAsync(DriverIn(_folder)!, driver, "", CaseBuild.SectionFlags);
        File.Copy(driver, Path.Combine(_output, "new-objects", "driver.o"));
        var result = TreeBuild.Run(Path.Combine(_output, "old-objects"), Path.Combine(_output, "new-objects"), new() { Name = Path.GetFileName(_folder) });
        if (result.Patch is not { } patch)
        {
            return (null, result.Refusals);
        }
        string file = Path.Combine(_output, "case.wfp");
        await File.WriteAllBytesAsync(file, result.Bytes, Cancel);
        return (new TestPatch(patch, file), []);
    }

    private static string? DriverIn(string folder) => Extensions.Select(e => Path.Combine(folder, "driver" + e)).FirstOrDefault(File.Exists);

    // A source has one name and, for the compiler, one path on both sides, as in two builds of one tree.
    private void CopySources()
    {
        foreach (string side in Sides)
        {
            Directory.CreateDirectory(Path.Combine(_output, $"{side}-objects"));
            string target = Directory.CreateDirectory(Path.Combine(_output, $"{side}-sources")).FullName;
            if (Directory.Exists(Path.Combine(_folder, side)))
            {
                foreach (string file in Directory.EnumerateFiles(Path.Combine(_folder, side)))
                {
                    File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
                }
                continue;
            }
            string single = Extensions.Select(e => Path.Combine(_folder, side + e)).First(File.Exists);
            File.Copy(single, Path.Combine(target, "unit" + Path.GetExtension(single)));
        }
    }

    private async Task<string[]> CompileHostAsync()
    {
        string[] sources = [DriverIn(_folder)!, RepositoryRoot.Combine("tests", "cases", "host.c")];
        string[] objects = [.. sources.Select(s => Path.Combine(_output, Path.GetFileName(s) + ".o"))];
        await Task.WhenAll(sources.Zip(objects, (source, target) => CompileAsync(source, target, "")));
        return objects;
    }

    private async Task LinkAsync(string side, string[] host)
    {
        string[] sources = [.. Sources(side)];
        string[] objects = [.. sources.Select((s, i) => Path.Combine(_output, $"{side}-{i}.o"))];
        await Task.WhenAll(sources.Zip(objects, (source, target) => CompileAsync(source, target, side)));
        await _build.LinkAsync([.. _isLinkedBackwards ? objects.Reverse() : objects, .. host], Path.Combine(_output, side), _isCxx, isStripped: true, Cancel);
    }

    private Task CompileAsync(string source, string target, string side, params ImmutableArray<string> more) =>
        _build.CompileAsync(source, target, Path.Combine(_output, side + "-sources"), [.. side.Length > 0 ? _flags : [], .. more], Cancel);

    private IEnumerable<string> Sources(string side) => Directory.EnumerateFiles(Path.Combine(_output, $"{side}-sources"))
        .Where(f => Extensions.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal);
}
