// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using Wfpatch.Core.Diffing;

namespace Wfpatch.Core.Tests.Diffing;

/// <summary>What expect.json of a case says. Names are "name" for a global and "name@unit" for a local symbol.</summary>
public sealed record DiffExpectation
{
    /// <summary>Why the case is there.</summary>
    public required string About { get; init; }

    /// <summary>Compiler flags beside -O2; "-fno-function-sections" and the like take back what every case has.</summary>
    public string[] Flags { get; init; } = [];

    public string[] Points { get; init; } = [];

    public string[] Replaced { get; init; } = [];

    public string[] Parts { get; init; } = [];

    public string[] Anchors { get; init; } = [];

    /// <summary>Inline functions of which units have other copies, once for each.</summary>
    public string[] Copies { get; init; } = [];

    /// <summary>Names of functions that are new.</summary>
    public string[] Added { get; init; } = [];

    /// <summary>Names of data that come along, merged strings aside.</summary>
    public string[] Data { get; init; } = [];

    /// <summary>Names of variables that are new.</summary>
    public string[] Variables { get; init; } = [];

    /// <summary>Names of variables that the new build does without.</summary>
    public string[] Removed { get; init; } = [];

    /// <summary>Some of what new code refers to: "function -> running name" or "function -> patch name".</summary>
    public string[] Refers { get; init; } = [];

    /// <summary>Strings that the patch must bring.</summary>
    public string[] Strings { get; init; } = [];

    /// <summary>The only compiler that knows the language of the case, "gcc" or "clang"; null: both.</summary>
    public string? Compiler { get; init; }

    /// <summary>Whether the running programs are linked from their units in the order of their names turned round: of inline functions the last unit's copy runs.</summary>
    public bool IsLinkedBackwards { get; init; }

    /// <summary>"build code": where the running case (Live.Tests) is compiled so, it is refused with that code by the build or by the target; "*" is every build.</summary>
    public string[] RefusedIn { get; init; } = [];

    /// <summary>Every refusal as "name-of-code subject".</summary>
    public string[] Refusals { get; init; } = [];

    /// <summary>Every note as "name-of-code subject"; layouts that nothing tells aside, since most cases have no debug information.</summary>
    public string[] Notes { get; init; } = [];

    /// <summary>Where refusals and notes say that their subject is, as "subject file:line".</summary>
    public string[] Places { get; init; } = [];
}

/// <summary>One folder of tests/cases/diff: old and new sources (old.c and new.c, or folders old and new of several units) and expect.json.</summary>
public sealed class DiffCase
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true, UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    private static readonly JsonSerializerOptions Written = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutWhatIsEmpty } },
    };

    private static readonly string[] SourceExtensions = [".c", ".s", ".cc"];

    private DiffCase(string folder) => Folder = folder;

    public string Folder { get; }

    public DiffExpectation Expected => JsonSerializer.Deserialize<DiffExpectation>(File.ReadAllText(Path.Combine(Folder, "expect.json")), Json)!;

    public static IEnumerable<string> Names => Directory.EnumerateDirectories(Repository.Path("tests/cases/diff")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    /// <summary>Writes expect.json with what came (WFPATCH_ACCEPT=1).</summary>
    public void Accept(DiffExpectation came) => File.WriteAllText(Path.Combine(Folder, "expect.json"), JsonSerializer.Serialize(came, Written) + "\n");

    public static DiffCase Open(string name) => new(Repository.Path("tests/cases/diff", name));

    /// <summary>Compiles one side ("old" or "new"); unit name to object file.</summary>
    public Dictionary<string, string> Compile(string side, string output)
    {
        var objects = new Dictionary<string, string>();
        foreach (string source in Sources(side))
        {
            bool isSingle = Path.GetDirectoryName(source) == Folder;
            string unit = isSingle ? "unit.o" : Path.ChangeExtension(Path.GetFileName(source), ".o");
            string target = Path.Combine(output, $"{side}-{unit}");
            Compiler.Compile(source, target, [.. Expected.Flags]);
            objects.Add(unit, target);
        }
        return objects;
    }

    public static DiffResult Diff(Dictionary<string, string> old, Dictionary<string, string> @new, DiffOptions options) => ObjectDiffer.Diff(
        [.. old.Keys.Union(@new.Keys).Order(StringComparer.Ordinal).Select(unit => new UnitPair(unit, Read(old, unit), Read(@new, unit)))], options);

    private static void LeaveOutWhatIsEmpty(System.Text.Json.Serialization.Metadata.JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            property.ShouldSerialize = (_, value) => value is not (null or false or Array { Length: 0 });
        }
    }

    private static Core.Elf.ElfFile? Read(Dictionary<string, string> objects, string unit) =>
        objects.TryGetValue(unit, out string? path) ? Compiler.ReadElf(path) : null;

    private IEnumerable<string> Sources(string side) => Directory.Exists(Path.Combine(Folder, side))
        ? Directory.EnumerateFiles(Path.Combine(Folder, side)).Order(StringComparer.Ordinal)
        : SourceExtensions.Select(e => Path.Combine(Folder, side + e)).Where(File.Exists);
}
