// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using Wfpatch.Core.Patches;

namespace Wfpatch.Cli.Views;

/// <summary>What a patch file holds. Pure.</summary>
internal static class InspectView
{
    public static InspectDocument Describe(Patch patch, int fileBytes) =>
        new("done", new PatchDocument(patch.Id, patch.Name), fileBytes, patch.Consistency.ToString().ToLowerInvariant(), patch.Replaces, [.. patch.Requires.Select(r => new PatchDocument(r.Id, r.Name))], [.. patch.Objects.Select(Describe)], []);

    public static string Render(InspectDocument document)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{document.Patch.Name}  id {document.Patch.Id}  {document.FileBytes} bytes");
        if (document.Consistency == "global")
        {
            text.AppendLine("its versions must not run side by side: all threads go over at once");
        }
        if (document.Replaces)
        {
            text.AppendLine("it takes the place of all patches that are in force");
        }
        foreach (var required in document.Requires)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"must be in force below it: {(required.Name.Length == 0 ? required.Id : $"{required.Name} {required.Id}")}");
        }
        foreach (var part in document.Objects)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"for {(part.Object.Length == 0 ? "the main program" : part.Object)}, build-id {part.BuildId ?? "any (the bytes decide)"}");
            foreach (var function in part.Functions)
            {
                string size = function.NewBytes > 0 ? $"{function.OldBytes} -> {function.NewBytes} bytes" : $"{function.OldBytes} bytes";
                text.AppendLine(CultureInfo.InvariantCulture, $"  {function.Role,-9} {function.Name,-40} {size}");
            }
            foreach (string added in part.Added)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  added     {added}");
            }
            text.AppendLine(CultureInfo.InvariantCulture, $"  new code {part.CodeBytes} bytes, constants {part.DataBytes}, unwind table {part.UnwindBytes}");
            text.AppendLine(CultureInfo.InvariantCulture, $"  needs {(part.Needs.Length == 0 ? "nothing" : string.Join(", ", part.Needs))}");
        }
        return text.ToString().TrimEnd();
    }

    private static InspectObjectDocument Describe(ObjectPatch part)
    {
        var replaced = part.Replacements.ToDictionary(r => r.OldFunction, r => part.Symbols[r.NewSymbol]);
        var functions = part.OldFunctions.Select((f, i) => new InspectFunctionDocument(
            f.Name, f.Unit, f.Role.ToString().ToLowerInvariant(), f.Bytes.Length, replaced.TryGetValue(i, out var symbol) ? (int)symbol.Size : 0));
        var replacing = part.Replacements.Select(r => r.NewSymbol).ToHashSet();
        var added = part.Symbols.Where((s, i) => s.IsDefinedByPatch && s.Kind == PatchSymbolKind.Function && !replacing.Contains(i)).Select(s => s.Name);
        int Bytes(PatchSectionKind kind) => part.Sections.Where(s => s.Kind == kind).Sum(s => s.Bytes.Length);
        var used = part.Sections.SelectMany(s => s.Relocations).Select(r => r.Symbol).ToHashSet();
        var needs = part.Symbols.Where((s, i) => !s.IsDefinedByPatch && used.Contains(i) && s.Kind != PatchSymbolKind.Constant).Select(s => s.Display);
        return new InspectObjectDocument(
            part.ObjectName, part.BuildId, [.. functions], [.. added], [.. needs.Order(StringComparer.Ordinal)],
            Bytes(PatchSectionKind.Code), Bytes(PatchSectionKind.ReadOnlyData), Bytes(PatchSectionKind.UnwindTable));
    }
}
