// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Diffing.Rules;

/// <summary>Where objects come from: link-time optimisation, and compilers of other languages. Looked at before anything is compared, since what
/// the objects say would be about something else.</summary>
internal static class OriginRules
{
    public static ImmutableArray<Refusal> Check(ImmutableArray<UnitPair> units)
    {
        // An unchanged unit counts as well: the linker may have inlined the changed one into it.
        var optimized = units.Where(u => Files(u).Any(HasBytecode)).ToList();
        if (optimized.Count > 0)
        {
            string others = optimized.Count == 1 ? "" : $" and {optimized.Count - 1} other(s)";
            return
            [
                DiffRefusals.LinkTimeOptimization.About(optimized[0].Unit,
                    $"{optimized[0].Unit}{others} hold(s) code for link-time optimisation (-flto): a program that is linked of it has functions that no object file shows."),
            ];
        }
        return
        [
            .. from unit in units
               where unit.Old != unit.New
               let language = Files(unit).Select(LanguageOf).FirstOrDefault(l => l is not null)
               where language is not null
               select DiffRefusals.ForeignLanguage.About(unit.Unit, $"{unit.Unit} was compiled from {language}; wfpatch makes patches of C and C++ alone."),
        ];
    }

    private static IEnumerable<ElfFile> Files(UnitPair unit) => new[] { unit.Old, unit.New }.OfType<ElfFile>();

    // GCC's streams of its intermediate code; LLVM's in objects that have machine code, too.
    private static bool HasBytecode(ElfFile file) => file.Sections.Any(s =>
        s.Name.StartsWith(".gnu.lto_", StringComparison.Ordinal) || s.Name == ".llvm.lto");

    private static string? LanguageOf(ElfFile file)
    {
        if (file.Sections.Any(s => s.Name is ".go.buildinfo" or ".gopclntab" or ".go_export" or ".note.go.buildid"))
        {
            return "Go";
        }
        bool isRust = (file.FindSection(".comment") is { } comment && comment.Bytes.Span.IndexOf("rustc version"u8) >= 0)
            || file.Symbols.Any(s => s.IsDefined && IsRustName(s.Name));
        return isRust ? "Rust" : null;
    }

    // The legacy mangling ends with a hash, "17h", 16 digits and "E"; the new one begins with _R and a path (Rust RFC 2603).
    private static bool IsRustName(string name)
    {
        const int HashLength = 20;
        bool isLegacy = name.Length > HashLength && name.StartsWith("_ZN", StringComparison.Ordinal) && name[^1] == 'E'
            && name[^HashLength..].StartsWith("17h", StringComparison.Ordinal) && name[^17..^1].All(char.IsAsciiHexDigitLower);
        return isLegacy || (name.Length > 2 && name.StartsWith("_R", StringComparison.Ordinal) && name[2] is 'N' or 'I' or 'X' or 'M' or 'Y' or 'C' && name[2..].Any(char.IsAsciiDigit));
    }
}
