// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Quiescence;

/// <summary>Reads a profile (TOML; docs/profiles.md gives the keys). Unknown keys are refused: a misspelt one must not be ignored.</summary>
public static class ProfileReader
{
    public static (Profile? Profile, Refusal? Refusal) Parse(string toml, string fileName)
    {
        try
        {
            return (Read(SyntaxParser.ParseStrict(toml, fileName)), null);
        }
        catch (Exception e) when (e is TomlException or FormatException)
        {
            return (null, FileRefusals.BadProfile.About(fileName, $"{fileName} is no profile: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}."));
        }
    }

    private static Profile Read(DocumentSyntax document)
    {
        var top = new Keys(document.KeyValues, "");
        var profile = new Profile(top.Text("name"), top.List("executables"), [.. document.Tables.Select(ReadPoint)], top.List("below"));
        top.RefuseOthers("name", "executables", "below");
        return profile.Points.IsEmpty ? throw new FormatException("it names no [[point]]") : profile;
    }

    private static ProfilePoint ReadPoint(TableSyntaxBase table)
    {
        if (table is not TableArraySyntax || table.Name?.ToString().Trim() != "point")
        {
            throw new FormatException($"the table {table.Name} is unknown");
        }
        var keys = new Keys(table.Items, "point");
        keys.RefuseOthers("function", "library", "reason", "optional");
        return new ProfilePoint(keys.Text("function"), keys.Text("library", ""), keys.Text("reason", "")) { IsOptional = keys.Flag("optional") };
    }

    private sealed class Keys
    {
        private readonly Dictionary<string, ValueSyntax?> _values = [];
        private readonly string _table;

        public Keys(IEnumerable<KeyValueSyntax> pairs, string table)
        {
            _table = table;
            foreach (var pair in pairs)
            {
                _values.Add(pair.Key?.ToString().Trim() ?? "", pair.Value);
            }
        }

        public string Text(string key, string? absent = null) => _values.GetValueOrDefault(key) switch
        {
            StringValueSyntax { Value: { } text } => text,
            null when absent is not null => absent,
            _ => throw new FormatException($"{_table} {key} must be a string"),
        };

        public ImmutableArray<string> List(string key) => _values.GetValueOrDefault(key) switch
        {
            ArraySyntax array => [.. array.Items.Select(i => (i.Value as StringValueSyntax)?.Value ?? throw new FormatException($"{key} must be a list of strings"))],
            null => [],
            _ => throw new FormatException($"{key} must be a list of strings"),
        };

        public bool Flag(string key) => _values.GetValueOrDefault(key) switch
        {
            BooleanValueSyntax { Value: var flag } => flag,
            null => false,
            _ => throw new FormatException($"{_table} {key} must be true or false"),
        };

        public void RefuseOthers(params string[] known)
        {
            if (_values.Keys.FirstOrDefault(k => !known.Contains(k)) is { } unknown)
            {
                throw new FormatException($"the key {unknown} is unknown; known are {string.Join(", ", known)}");
            }
        }
    }
}
