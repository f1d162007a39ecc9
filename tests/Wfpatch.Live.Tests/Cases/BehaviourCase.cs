// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>How a case is compiled: a compiler and its flags.</summary>
/// <param name="Flags">Beside those that all have; the linker gets them too.</param>
public sealed record CaseBuild(string Name, bool IsClang, ImmutableArray<string> Flags);

/// <summary>
/// One folder of tests/cases/diff that has a driver: both versions as programs that a distribution could ship, stripped and without sections
/// for each function, and the patch between them, from objects that were compiled apart.
/// </summary>
public sealed class BehaviourCase
{
    private static readonly ImmutableArray<string> Always = ["-g", "-w", "-pthread", "-fmerge-constants"];

    private static readonly string[] Extensions = [".c", ".cc", ".s"];

    private readonly CaseBuild _build;
    private readonly string _folder;
    private readonly string _output;
    private readonly bool _isCxx;

    private BehaviourCase(string name, CaseBuild build)
    {
        _folder = RepositoryRoot.Combine("tests", "cases", "diff", name);
        _build = build;
        _output = Path.GetDirectoryName(ScratchFolder.NewFile("case"))!;
        using var expected = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "expect.json")));
        Refusal = expected.RootElement.TryGetProperty("RefusedIn", out var refused)
            ? refused.EnumerateArray().Select(r => r.GetString()!.Split(' ')).FirstOrDefault(r => r[0] == build.Name)?[1]
            : null;
        _isCxx = Directory.EnumerateFiles(_folder, "*.cc", SearchOption.AllDirectories).Any();
    }

    /// <summary>The cases that can be run.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateDirectories(RepositoryRoot.Combine("tests", "cases", "diff"))
        .Where(d => DriverIn(d) is not null).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    /// <summary>The code with which a target refuses this build of the case; null: it is applied.</summary>
    public string? Refusal { get; }

    public string OldProgram => Path.Combine(_output, "old");

    public string NewProgram => Path.Combine(_output, "new");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<BehaviourCase> BuildAsync(string name, CaseBuild build)
    {
        var made = new BehaviourCase(name, build);
        await Task.WhenAll(made.LinkAsync("old"), made.LinkAsync("new"));
        return made;
    }

    /// <summary>The patch, or why there is none.</summary>
    public async Task<(TestPatch? Patch, string Refusals)> PatchAsync()
    {
        foreach (string side in (ReadOnlySpan<string>)["old", "new"])
        {
            Directory.CreateDirectory(Path.Combine(_output, $"{side}-objects"));
        }
        await Task.WhenAll(((string[])["old", "new"]).SelectMany(side => Sources(side).Select(source => RunAsync(source,
            [.. Flags(source), "-ffunction-sections", "-fdata-sections", "-c", source, "-o", Path.Combine(_output, $"{side}-objects", UnitOf(source, side))]))));
        var result = TreeBuild.Run(Path.Combine(_output, "old-objects"), Path.Combine(_output, "new-objects"), new() { Name = Path.GetFileName(_folder) });
        if (result.Patch is not { } patch)
        {
            return (null, string.Join('\n', result.Refusals));
        }
        string file = Path.Combine(_output, "case.wfp");
        await File.WriteAllBytesAsync(file, result.Bytes, Cancel);
        return (new TestPatch(patch, file), "");
    }

    private static string? DriverIn(string folder) => Extensions.Select(e => Path.Combine(folder, "driver" + e)).FirstOrDefault(File.Exists);

    // One source a side has one unit name on both.
    private string UnitOf(string source, string side) =>
        Path.GetDirectoryName(source) == _folder ? "unit.o" : Path.ChangeExtension(Path.GetFileName(source), ".o");

    private async Task LinkAsync(string side)
    {
        string[] sources = [.. Sources(side), DriverIn(_folder)!, RepositoryRoot.Combine("tests", "cases", "host.c")];
        string[] objects = [.. sources.Select((s, i) => Path.Combine(_output, $"{side}-{i}.o"))];
        await Task.WhenAll(sources.Zip(objects, (source, target) => RunAsync(source, [.. Flags(source), "-c", source, "-o", target])));
        string linker = (_build.IsClang, _isCxx) switch { (true, true) => "clang++", (true, false) => "clang", (false, true) => "g++", _ => "gcc" };
        string program = Path.Combine(_output, side);
        string[] arguments = [.. objects, .. _build.Flags.Where(f => !f.StartsWith("-std", StringComparison.Ordinal)), "-pthread", "-Wl,-z,relro,-z,now,--no-as-needed", "-s", "-o", program];
        (await ChildProcess.RunAsync(new(linker, [.. arguments]), Cancel)).OrThrow();
    }

    private Task RunAsync(string source, string[] arguments) => RunCompilerAsync(
        (_build.IsClang, source.EndsWith(".cc", StringComparison.Ordinal)) switch { (true, true) => "clang++", (true, false) => "clang", (false, true) => "g++", _ => "gcc" }, arguments);

    private static async Task RunCompilerAsync(string compiler, string[] arguments) => (await ChildProcess.RunAsync(new(compiler, [.. arguments]), Cancel)).OrThrow();

    private string[] Flags(string source)
    {
        bool isCxx = source.EndsWith(".cc", StringComparison.Ordinal);
        string mark = $"-ffile-prefix-map={RepositoryRoot.Path}=.";
        return [mark, .. Always, .. _build.Flags.Where(f => !f.StartsWith("-std", StringComparison.Ordinal) || f.Contains("++", StringComparison.Ordinal) == isCxx)];
    }

    private IEnumerable<string> Sources(string side) => Directory.Exists(Path.Combine(_folder, side))
        ? Directory.EnumerateFiles(Path.Combine(_folder, side)).Where(f => Extensions.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal)
        : Extensions.Select(e => Path.Combine(_folder, side + e)).Where(File.Exists);
}
