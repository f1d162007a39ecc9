// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Diffing;

/// <summary>Every folder of tests/cases/diff: the real compiler makes the objects, the real linker judges the result.</summary>
public sealed class DiffCaseTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("wfpatch-diff-").FullName;

    public static TheoryData<string> Cases => [.. DiffCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_gives_what_it_expects(string name)
    {
        var @case = DiffCase.Open(name);
        var expected = @case.Expected;
        var old = @case.Compile("old", _output);
        var @new = @case.Compile("new", _output);
        var result = DiffCase.Diff(old, @new, new DiffOptions { PointNames = [.. expected.Points] });

        if (Environment.GetEnvironmentVariable("WFPATCH_ACCEPT") == "1")
        {
            @case.Accept(Came(expected, result));
            return;
        }
        Assert.Equal(expected.Refusals.Order(), result.Refusals.Select(r => $"{r.Kind.Name} {r.Subject}").Order());
        Assert.Equal(expected.Notes.Order(), Notes(result));
        Assert.Equal(expected.Places.Order(), Places(result));
        Assert.All(result.Refusals, r => Assert.EndsWith(".", r.Sentence, StringComparison.Ordinal));
        Assert.Equal(result.Refusals.IsEmpty, result.Patch is not null);
        if (result.Patch is { } patch)
        {
            CheckContent(expected, result, patch);
            CheckRoundTrip(patch);
            var before = new LinkJudge(Compiler.Link(InOrder(expected, old), Path.Combine(_output, "old")));
            before.CheckOld(patch);
            var after = new LinkJudge(Compiler.Link(InOrder(expected, @new), Path.Combine(_output, "new")));
            after.CheckNew(patch);
        }
    }

    public void Dispose() => Directory.Delete(_output, recursive: true);

    private static void CheckContent(DiffExpectation expected, DiffResult result, ObjectPatch patch)
    {
        string[] Role(OldFunctionRole role) => [.. patch.OldFunctions.Where(f => f.Role == role).Select(f => Label(f.Name, f.Unit)).Order()];
        Assert.Equal(expected.Replaced.Order(), Role(OldFunctionRole.Replaced));
        Assert.Equal(expected.Parts.Order(), Role(OldFunctionRole.Part));
        Assert.Equal(expected.Anchors.Order(), Role(OldFunctionRole.Anchor));
        Assert.Equal(expected.Copies.Order(), Role(OldFunctionRole.Copy));
        Assert.Equal(expected.Added.Order(), result.Changes.Where(c => c.Kind == ChangeKind.Added).Select(c => c.Name).Order());
        Assert.Equal(expected.Data.Order(), result.Changes.Where(c => c.Kind == ChangeKind.Data).Select(c => c.Name).Order());
        Assert.Equal(expected.Variables.Order(), result.Changes.Where(c => c.Kind == ChangeKind.Variable).Select(c => c.Name).Order());
        Assert.Equal(expected.Removed.Order(), result.Changes.Where(c => c.Kind == ChangeKind.Removed).Select(c => c.Name).Order());
        var refers = References(patch).ToHashSet();
        Assert.All(expected.Refers, r => Assert.Contains(r, refers));
        string[] strings = [.. patch.Sections.Where(s => s.Kind == PatchSectionKind.ReadOnlyData).SelectMany(s => Encoding.UTF8.GetString(s.Bytes.Span).Split('\0'))];
        Assert.All(expected.Strings, s => Assert.Contains(s, strings));
        CheckUnwindTable(patch);
    }

    private static IEnumerable<string> InOrder(DiffExpectation expected, Dictionary<string, string> objects) => expected.IsLinkedBackwards ? objects.Values.Reverse() : objects.Values;

    private static DiffExpectation Came(DiffExpectation expected, DiffResult result)
    {
        string[] Role(OldFunctionRole role) => [.. (result.Patch?.OldFunctions ?? []).Where(f => f.Role == role).Select(f => Label(f.Name, f.Unit)).Order()];
        string[] Kind(ChangeKind kind) => result.Patch is null ? [] : [.. result.Changes.Where(c => c.Kind == kind).Select(c => c.Name).Order()];
        return expected with
        {
            Replaced = Role(OldFunctionRole.Replaced), Parts = Role(OldFunctionRole.Part), Anchors = Role(OldFunctionRole.Anchor), Copies = Role(OldFunctionRole.Copy), Added = Kind(ChangeKind.Added),
            Data = Kind(ChangeKind.Data), Variables = Kind(ChangeKind.Variable), Removed = Kind(ChangeKind.Removed),
            Notes = Notes(result), Places = Places(result), Refusals = [.. result.Refusals.Select(r => $"{r.Kind.Name} {r.Subject}").Order()],
        };
    }

    private static string[] Notes(DiffResult result) =>
        [.. result.Notes.Where(n => n.Kind != Core.Refusals.DiffRefusals.TypeLayoutChanged).Select(n => $"{n.Kind.Name} {n.Subject}").Order()];

    private static string[] Places(DiffResult result) =>
        [.. result.Refusals.Concat(result.Notes).Where(r => r.Place is not null).Select(r => $"{r.Subject} {Path.GetFileName(r.Place!.File)}:{r.Place.Line}").Order()];

    private static IEnumerable<string> References(ObjectPatch patch) =>
        from symbol in patch.Symbols
        where symbol.IsDefinedByPatch
        from relocation in patch.Sections[symbol.Section].Relocations
        let target = patch.Symbols[relocation.Symbol]
        select $"{symbol.Name} -> {(target.IsDefinedByPatch ? "patch" : "running")} {Label(target.Name, target.Unit)}";

    private static void CheckUnwindTable(ObjectPatch patch)
    {
        var described = patch.Sections.Where(s => s.Kind == PatchSectionKind.UnwindTable).SelectMany(s => s.Relocations).Select(r => r.Symbol)
            .Where(s => patch.Symbols[s].Kind == PatchSymbolKind.Function).Order();
        var code = patch.Symbols.Index().Where(s => s.Item is { IsDefinedByPatch: true, Kind: PatchSymbolKind.Function }).Select(s => s.Index);
        Assert.Equal(code, described);
    }

    private static void CheckRoundTrip(ObjectPatch patch)
    {
        var (written, bytes) = PatchWriter.Encode([patch], "case");
        var (read, refusal) = PatchReader.Decode(bytes, "case.wfp");
        Assert.Null(refusal);
        Assert.Equal(written.Id, read!.Id);
        Assert.Equal(bytes, PatchWriter.Encode(read.Objects, read.Name).Bytes);
    }

    private static string Label(string name, string unit) => unit.Length == 0 ? name : $"{name}@{unit}";
}
