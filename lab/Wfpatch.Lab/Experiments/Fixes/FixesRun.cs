// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;

namespace Wfpatch.Lab.Experiments.Fixes;

/// <summary>What became of a server's debian/patches.</summary>
/// <param name="Version">Of the source package.</param>
public sealed record FixesRun(string Server, string Package, string Version, DateTimeOffset Began, string Kernel, int Processors, string Wfpatch, ImmutableArray<FixResult> Fixes)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>None is wrong, each that changes code alone was made or is refused by name, and no request failed.</summary>
    public bool IsGood => Fixes.All(fix => fix.Outcome != "wrong" && fix.Failed == 0);

    internal int Count(Func<FixResult, bool> isMeant) => Fixes.Count(isMeant);

    internal void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, JsonSerializer.Serialize(this, Options) + "\n");
    }

    internal static string ToJson(ImmutableArray<FixesRun> runs) => JsonSerializer.Serialize(new { servers = runs }, Options);

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    internal static FixesRun Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<FixesRun>(File.ReadAllText(file), Options) ?? throw new JsonException("null");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException(problem.Message, problem);
        }
    }
}
