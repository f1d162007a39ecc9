// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Tests.Linking;

/// <summary>Makes a patch whose new code is all code and constants of an object file; the patch's symbols are the object's, by index.</summary>
internal static class NewObject
{
    public static ObjectPatch Of(ElfFile file)
    {
        var sections = file.Sections.Where(s => KindOf(s) is not null && s.Bytes.Length > 0).ToList();
        return new ObjectPatch
        {
            ObjectName = "",
            BuildId = null,
            Symbols = [.. file.Symbols.Select(s => Translate(s, sections.FindIndex(x => x.Index == s.SectionIndex)))],
            OldFunctions = [],
            Sections =
            [
                .. sections.Select(s => new PatchSection(s.Name, KindOf(s)!.Value, (uint)Math.Max(1, s.Alignment), s.Bytes,
                    [.. file.RelocationsOf(s.Index).Select(r => new PatchRelocation((uint)r.Offset, r.Type, r.Symbol, r.Addend))])),
            ],
            Replacements = [],
        };
    }

    private static PatchSymbol Translate(ElfSymbol symbol, int section)
    {
        var kind = symbol.Kind switch
        {
            SymbolKind.Function => PatchSymbolKind.Function,
            SymbolKind.Object => PatchSymbolKind.Data,
            SymbolKind.ThreadLocal => PatchSymbolKind.ThreadLocal,
            _ => PatchSymbolKind.Unknown,
        };
        return new PatchSymbol(symbol.Name, symbol.IsLocal ? "new.c" : "", kind, section, section >= 0 ? symbol.Value : 0, symbol.Size, null);
    }

    private static PatchSectionKind? KindOf(ElfSection section) =>
        (section.Flags & SectionFlags.Allocate) == 0 || (section.Flags & SectionFlags.Write) != 0 || section.Name.StartsWith(".note", StringComparison.Ordinal) ? null
        : section.Name == ".eh_frame" ? PatchSectionKind.UnwindTable
        : (section.Flags & SectionFlags.Execute) != 0 ? PatchSectionKind.Code
        : section.Type == SectionType.ProgramBits ? PatchSectionKind.ReadOnlyData : null;
}
