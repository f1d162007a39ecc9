// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Build.Compilers;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Units;

/// <summary>Reads a JSON compilation database: how each unit of a build is compiled. (Clang, "JSON Compilation Database Format
/// Specification".)</summary>
internal static class CompileDatabase
{
    private static readonly string[] Launchers = ["ccache", "distcc", "icecc", "sccache"];

    /// <summary>The calls that make one object each; a unit that stands there twice with the same call is one.</summary>
    public static (ImmutableArray<CompileRecord> Units, Refusal? Refusal) Read(string file)
    {
        string name = Path.GetFileName(file);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { AllowTrailingCommas = true });
            var units = new List<CompileRecord>();
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                if (Read(entry, Path.GetDirectoryName(Path.GetFullPath(file))!) is not { } unit)
                {
                    return ([], BuildRefusals.BadCompileCommands.About(name, $"An entry of {file} lacks \"directory\", or has neither \"command\" nor \"arguments\"."));
                }
                units.Add(unit);
            }
            ImmutableArray<CompileRecord> objects = [.. units.Where(u => u.MakesObject).DistinctBy(u => $"{u.Folder}\0{string.Join('\0', u.Arguments)}")];
            return objects.IsEmpty ? ([], BuildRefusals.BadCompileCommands.About(name, $"{file} has no command that compiles a unit (-c).")) : (objects, null);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return ([], BuildRefusals.BadCompileCommands.About(name, $"{file} is no compilation database: {failure.Message}"));
        }
    }

    private static CompileRecord? Read(JsonElement entry, string beside)
    {
        if (!entry.TryGetProperty("directory", out var folder))
        {
            return null;
        }
        ImmutableArray<string> words = entry.TryGetProperty("arguments", out var arguments) ? [.. arguments.EnumerateArray().Select(a => a.GetString() ?? "")]
            : entry.TryGetProperty("command", out var command) ? ShellWords.Split(command.GetString() ?? "")
            : [];
        while (words.Length > 1 && Launchers.Contains(Path.GetFileName(words[0])))
        {
            words = words.RemoveAt(0);
        }
        string place = folder.GetString() ?? "";
        return words.Append(place).Any(w => w.Contains('\0', StringComparison.Ordinal)) ? throw new JsonException("a name has a zero byte in it")
            : words.IsEmpty ? null
            : new CompileRecord(Path.GetFullPath(place, beside), words[0], words.RemoveAt(0));
    }
}
