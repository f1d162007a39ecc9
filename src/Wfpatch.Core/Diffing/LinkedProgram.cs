// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing.Objects;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Diffing;

/// <summary>A linked program or library that still has its symbol table: tells whether an object file went into it.</summary>
public sealed class LinkedProgram
{
    private readonly ElfFile _file;
    private readonly ILookup<string, ElfSymbol> _symbols;

    public LinkedProgram(ElfFile file)
    {
        _file = file;
        _symbols = file.Symbols.Where(s => s.IsDefined && s.Kind is SymbolKind.Function or SymbolKind.Object).ToLookup(s => s.Name);
    }

    /// <summary>False for an object file and for a stripped program, of which nothing can be told.</summary>
    public static bool IsUsable(ElfFile file) => !file.IsRelocatable && file.Symbols.Length > 1;

    /// <summary>
    /// True where every function of the object that the program has by name is there with the object's bytes, fields aside,
    /// and at least one is; an object without functions is told by the names and sizes of its global variables.
    /// Functions that the linker dropped (--gc-sections) do not count.
    /// </summary>
    public bool Contains(ElfFile objectFile)
    {
        var model = ObjectReader.Read(objectFile, objectFile.Name);
        var functions = model.Pieces.Where(p => p.IsOneFunction).ToList();
        if (functions.Count == 0)
        {
            var variables = model.Pieces.SelectMany(p => p.Symbols).Where(s => !s.IsLocal).ToList();
            return variables.Count > 0 && variables.All(v => _symbols[v.Name].Any(s => s.Size == v.Size));
        }
        bool isPresent = false;
        foreach (var function in functions)
        {
            var namesakes = _symbols[function.Name].Where(s => s.Kind == SymbolKind.Function).ToList();
            if (namesakes.Count == 0)
            {
                continue;
            }
            if (namesakes.Any(s => s.Size == function.Size && HasBytes(s, function)))
            {
                isPresent = true;
            }
            else if (!function.IsInGroup) // else the program has another object's copy
            {
                return false;
            }
        }
        return isPresent;
    }

    private bool HasBytes(ElfSymbol symbol, Piece function)
    {
        if (symbol.SectionIndex <= 0 || symbol.SectionIndex >= _file.Sections.Length)
        {
            return false;
        }
        var section = _file.Sections[symbol.SectionIndex];
        ulong offset = symbol.Value - section.Address.Value;
        if (offset > (ulong)section.Bytes.Length || function.Size > (ulong)section.Bytes.Length - offset)
        {
            return false;
        }
        var linked = section.Bytes.Span.Slice((int)offset, (int)function.Size);
        var assembled = function.Bytes.Span;
        int at = 0;
        foreach (var reference in function.References)
        {
            // A linker may rewrite the instruction before such a field (psABI, B.2): opcode and ModRM, or a whole TLS sequence.
            int rewritten = reference.Type switch
            {
                RelocationType.GotPcRelX or RelocationType.RexGotPcRelX or RelocationType.GotTpOff or RelocationType.GotPc32TlsDesc => 3,
                RelocationType.TlsGd or RelocationType.TlsLd => 8,
                _ => 0,
            };
            int field = (int)Math.Min(reference.Field, (uint)function.Size);
            int start = Math.Max(at, field - rewritten);
            if (start > at && !linked[at..start].SequenceEqual(assembled[at..start]))
            {
                return false;
            }
            int after = reference.Type switch { RelocationType.TlsGd or RelocationType.TlsLd => 8, RelocationType.TlsDescCall => 2, _ => 0 };
            at = Math.Max(at, Math.Min((int)function.Size, field + (RelocationField.WidthOf(reference.Type) ?? 8) + after));
        }
        return linked[at..].SequenceEqual(assembled[at..]);
    }
}
