// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Wfpatch.Lab.Fuzz;

/// <summary>A source that csmith wrote, as far as edits need to know it.</summary>
internal sealed partial record CProgram(ImmutableArray<CItem> Items)
{
    /// <summary>What main is called here: the host has its own.</summary>
    internal const string Main = "unit_main";

    internal IEnumerable<CItem> Functions => Items.Where(i => i.Kind == ItemKind.Function);

    /// <summary>The functions and main: what statements are in.</summary>
    internal IEnumerable<CItem> Bodies => Items.Where(i => i.Kind is ItemKind.Function or ItemKind.Main);

    internal IEnumerable<CItem> Of(ItemKind kind) => Items.Where(i => i.Kind == kind);

    internal static CProgram Parse(string text)
    {
        string[] lines = text.Split('\n');
        var items = ImmutableArray.CreateBuilder<CItem>();
        for (int at = 0; at < lines.Length; at++)
        {
            string line = lines[at];
            if (at + 1 < lines.Length && lines[at + 1].StartsWith('{') && (Function().Match(line) is { Success: true } function))
            {
                int end = Array.IndexOf(lines, "}", at);
                bool isMain = function.Groups[1].Value == "main";
                ImmutableArray<string> body = [isMain ? $"int {Main}(void)" : line, .. lines[(at + 1)..(end + 1)]];
                items.Add(new CItem(isMain ? ItemKind.Main : ItemKind.Function, isMain ? Main : function.Groups[1].Value, body));
                at = end;
                continue;
            }
            var (kind, match) = Forward().Match(line) is { Success: true } forward ? (ItemKind.Forward, forward)
                : Global().Match(line) is { Success: true } global ? (ItemKind.Global, global) : (ItemKind.Other, Match.Empty);
            items.Add(new CItem(kind, match.Groups[1].Value, [line]));
        }
        return new CProgram(items.ToImmutable());
    }

    internal CProgram Replace(CItem item, CItem by) => new(Items.Replace(item, by));

    /// <summary>The same change to every line of the kinds of items that hold code.</summary>
    internal CProgram MapCode(Func<string, string> change) => new(
        [.. Items.Select(i => i.Kind is ItemKind.Other ? i : i with { Lines = [.. i.Lines.Select(change)] })]);

    /// <summary>Adds variables and helpers before the first function, and declarations where all others are.</summary>
    internal CProgram Add(IEnumerable<CItem> items)
    {
        int at = Items.IndexOf(Items.First(i => i.Kind == ItemKind.Forward));
        return new(Items.InsertRange(at, items));
    }

    public override string ToString() => string.Join('\n', Items.Select(i => i.Text));

    /// <summary>The items that are chosen, each with the number of the line that it has in the whole source.</summary>
    internal string ToText(Func<CItem, bool> isChosen)
    {
        var text = new StringBuilder();
        int line = 1;
        foreach (var item in Items)
        {
            if (isChosen(item))
            {
                text.Append($"#line {line}\n").Append(item.Text).Append('\n');
            }
            line += item.Lines.Length;
        }
        return text.ToString();
    }

    [GeneratedRegex(@"^(?:static|int|inline)\b.*?\b(func_\d+|main) ?\(.*\)$")]
    private static partial Regex Function();

    [GeneratedRegex(@"^(?:static|inline)\b.*?\b(func_\d+) ?\(.*\);$")]
    private static partial Regex Forward();

    [GeneratedRegex(@"^static\b[^=]*?\b(g_\d+)\b[^=]* = .*;$")]
    private static partial Regex Global();
}
