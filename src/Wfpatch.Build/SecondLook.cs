// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;

namespace Wfpatch.Build;

/// <summary>
/// Which functions of a unit differ, told without the differ: bytes outside relocations and what relocations name, both as text. It knows less (a
/// constant's content where the compiler does not merge it, as at -O0; unwind tables), and is simple enough to be believed.
/// </summary>
internal static class SecondLook
{
    /// <summary>Names, without the compiler's numbers, of functions that both builds have and of which no old one is as a new one.</summary>
    public static IEnumerable<string> Differing(UnitPair unit)
    {
        if (unit.Old is null || unit.New is null || unit.Old == unit.New)
        {
            return [];
        }
        var old = Functions(unit.Old).ToLookup(f => f.Name, f => f.Text);
        return Functions(unit.New).Where(f => old.Contains(f.Name) && !old[f.Name].Contains(f.Text)).Select(f => f.Name).Distinct();
    }

    public static string Plain(string name) => string.Join('.', name.Split('.').Where((part, i) => i == 0 || !part.All(char.IsAsciiDigit)));

    private static IEnumerable<(string Name, string Text)> Functions(ElfFile file)
    {
        var relocations = new Dictionary<int, List<ElfRelocation>>();
        foreach (var symbol in file.Symbols.Where(s => s is { Kind: SymbolKind.Function, Size: > 0 } && s.SectionIndex > 0 && s.SectionIndex < file.Sections.Length))
        {
            if (!relocations.TryGetValue(symbol.SectionIndex, out var all))
            {
                relocations.Add(symbol.SectionIndex, all = [.. file.RelocationsOf(symbol.SectionIndex)]);
            }
            yield return (Plain(symbol.Name), TextOf(file, symbol, all.Where(r => r.Offset >= symbol.Value && r.Offset < symbol.Value + symbol.Size)));
        }
    }

    // Fields of relocations are zero in an object file.
    private static string TextOf(ElfFile file, ElfSymbol function, IEnumerable<ElfRelocation> relocations)
    {
        var bytes = file.Sections[function.SectionIndex].Bytes;
        var text = new StringBuilder(Convert.ToHexString(bytes.Slice((int)function.Value, (int)function.Size).Span));
        foreach (var relocation in relocations)
        {
            text.Append(CultureInfo.InvariantCulture, $" {relocation.Offset - function.Value}:{(int)relocation.Type}:{TargetOf(file, relocation)}");
        }
        return text.ToString();
    }

    private static string TargetOf(ElfFile file, ElfRelocation relocation)
    {
        var symbol = file.Symbols[relocation.Symbol];
        var section = symbol.SectionIndex > 0 && symbol.SectionIndex < file.Sections.Length ? file.Sections[symbol.SectionIndex] : null;
        bool isConstant = section is not null && (section.Flags & SectionFlags.Merge) != 0 && symbol.Binding == SymbolBinding.Local;
        if (!isConstant)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Plain(symbol.Kind == SymbolKind.Section ? section!.Name : symbol.Name)}+{relocation.Addend}");
        }
        // Its label (.LC12) is the compiler's number. Nearly always the field is the last of its instruction, from whose end the processor counts.
        long start = (long)symbol.Value + relocation.Addend + (relocation.Type is RelocationType.Pc32 or RelocationType.Plt32 ? 4 : 0);
        var rest = start >= 0 && start < section!.Bytes.Length ? section.Bytes.Span[(int)start..] : default;
        int length = (section!.Flags & SectionFlags.Strings) != 0 ? rest.IndexOf((byte)0) : (int)Math.Min(section.EntrySize, (ulong)rest.Length);
        return Convert.ToHexString(length > 0 ? rest[..length] : default);
    }
}
