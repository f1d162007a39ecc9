// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Diffing;

/// <summary>
/// The linker as judge: in a program linked from the same objects every field of a function holds what its relocation says.
/// Solving the field for the symbol must give the address that the program's symbol table has, or lead to the constant's content.
/// </summary>
internal sealed class LinkJudge(ElfFile program)
{
    private readonly ILookup<string, ElfSymbol> _symbols = program.Symbols.Where(s => s.IsDefined).ToLookup(s => Plain(s.Name));
    private readonly Dictionary<int, ulong> _found = [];

    public int FieldsChecked { get; private set; }

    public void CheckOld(ObjectPatch patch)
    {
        HashSet<int> present = [];
        foreach (var (i, function) in patch.OldFunctions.Index().Where(f => f.Item.Role != OldFunctionRole.Table && IsWanted(f.Item, present)))
        {
            if (Locate(function.Name, function.Bytes.Length, function.Bytes.Span, function.Relocations) is { } at)
            {
                CheckFields(patch, at, function.Relocations, function.Name);
                present.Add(function.Role == OldFunctionRole.Copy ? function.Of : i);
                present.Add(i);
            }
        }
        // Of a function that has copies the program has one.
        Assert.All(patch.OldFunctions.Index().Where(f => f.Item.Role is not (OldFunctionRole.Table or OldFunctionRole.Copy) && IsWanted(f.Item, present)),
            f => Assert.True(present.Contains(f.Index), $"the linked program has no {f.Item.Name} with these bytes"));
    }

    private static bool IsWanted(OldFunction function, HashSet<int> present) =>
        function.Role != OldFunctionRole.Part || function.Of < 0 || present.Contains(function.Of);

    public void CheckNew(ObjectPatch patch)
    {
        var open = new Queue<int>();
        var several = patch.OldFunctions.Where(f => f.Role == OldFunctionRole.Copy).Select(f => f.Name).ToHashSet();
        foreach (var symbol in patch.Symbols.Where(s => s is { IsDefinedByPatch: true, Kind: PatchSymbolKind.Function } && !several.Contains(s.Name.Split('.')[0])))
        {
            var section = patch.Sections[symbol.Section];
            ulong at = Locate(symbol.Name, section.Bytes.Length, section.Bytes.Span, section.Relocations)
                ?? throw new InvalidDataException($"the linked program has no {symbol.Name} with these bytes");
            CheckFields(patch, at, section.Relocations, symbol.Name);
        }
        // Tables without a name stand where the code that was checked leads to.
        foreach (var (symbol, at) in _found.ToList())
        {
            if (patch.Symbols[symbol] is { IsDefinedByPatch: true, Kind: PatchSymbolKind.Constant, Offset: 0 } constant)
            {
                var section = patch.Sections[constant.Section];
                CheckFields(patch, at, section.Relocations, constant.Name);
                if (section.Relocations.IsEmpty)
                {
                    Assert.Equal(section.Bytes.Span[..(int)constant.Size], Bytes(at, (int)constant.Size));
                }
            }
        }
    }

    private void CheckFields(ObjectPatch patch, ulong at, IEnumerable<PatchRelocation> relocations, string where)
    {
        foreach (var relocation in relocations)
        {
            if (Solve(at, relocation) is not { } value || relocation.Symbol < 0)
            {
                continue;
            }
            var symbol = patch.Symbols[relocation.Symbol];
            // A program has no call of it left: its field was rewritten with the sequence that it ends.
            if (symbol.Name == "__tls_get_addr")
            {
                continue;
            }
            // The way to an indirect function is an entry of the linkage table, and its symbol stands at the resolver.
            if (symbol.Kind == PatchSymbolKind.ThreadLocal || _symbols[Plain(symbol.Name)].Any(s => s.Kind == SymbolKind.IndirectFunction))
            {
                continue;
            }
            if (_found.TryGetValue(relocation.Symbol, out ulong before))
            {
                Assert.True(before == value, $"{where}+{relocation.Offset}: {symbol.Display} is at {value:x} here and at {before:x} elsewhere");
            }
            _found[relocation.Symbol] = value;
            var namesakes = _symbols[Plain(symbol.Name)].ToList();
            if (symbol.Kind != PatchSymbolKind.Constant && namesakes.Count > 0)
            {
                Assert.True(namesakes.Any(n => n.Value == value), $"{where}+{relocation.Offset}: {symbol.Display} solved as {value:x}, the linker has {namesakes[0].Value:x}");
                FieldsChecked++;
            }
            else if (symbol.Content is { } content)
            {
                Assert.Equal(content.Span, Bytes(value, content.Length));
                FieldsChecked++;
            }
            else if (symbol is { Kind: PatchSymbolKind.Constant, IsDefinedByPatch: true } && patch.Sections[symbol.Section] is { Relocations.IsEmpty: true } section)
            {
                Assert.Equal(section.Bytes.Span.Slice((int)symbol.Offset, (int)symbol.Size), Bytes(value, (int)symbol.Size));
                FieldsChecked++;
            }
        }
    }

    private ulong? Solve(ulong at, PatchRelocation relocation)
    {
        ulong place = at + relocation.Offset;
        return relocation.Type switch
        {
            RelocationType.Pc32 or RelocationType.Plt32 => unchecked((ulong)((long)place + BinaryPrimitives.ReadInt32LittleEndian(Bytes(place, 4)) - relocation.Addend)),
            _ => null,
        };
    }

    private ulong? Locate(string name, int length, ReadOnlySpan<byte> bytes, IEnumerable<PatchRelocation> relocations)
    {
        byte[] wanted = Masked(bytes, relocations);
        foreach (var symbol in _symbols[Plain(name)].Where(s => s.Kind == SymbolKind.Function && s.Size == (ulong)length))
        {
            if (Masked(Bytes(symbol.Value, length), relocations).AsSpan().SequenceEqual(wanted))
            {
                return symbol.Value;
            }
        }
        return null;
    }

    private static byte[] Masked(ReadOnlySpan<byte> bytes, IEnumerable<PatchRelocation> relocations)
    {
        byte[] masked = bytes.ToArray();
        foreach (var relocation in relocations)
        {
            int width = RelocationField.WidthOf(relocation.Type)!.Value;
            var (before, after) = relocation.Type switch
            {
                // In a program the linker takes the call of __tls_get_addr away: the whole sequence is rewritten ("ELF Handling For Thread-Local Storage", 5.2).
                RelocationType.TlsGd => (4, 8),
                RelocationType.TlsLd => (3, 5),
                // The call by a descriptor becomes a no-operation (the same, 5.3; psABI, table of TLS descriptors).
                RelocationType.TlsDescCall => (0, 2),
                // The linker may rewrite opcode and ModRM of an instruction that went through the GOT.
                var type when RelocationField.GoesThroughSlot(type) => (3, 0),
                _ => (0, 0),
            };
            masked.AsSpan((int)relocation.Offset - before, before + width + after).Clear();
        }
        return masked;
    }

    private ReadOnlySpan<byte> Bytes(ulong address, int length)
    {
        var section = program.Sections.First(s => s.Address.Value != 0 && s.Bytes.Length > 0 && address >= s.Address.Value && address - s.Address.Value + (ulong)length <= s.Size);
        return section.Bytes.Span.Slice((int)(address - section.Address.Value), length);
    }

    // Compilers number clones and static locals per build.
    private static string Plain(string name) => string.Join('.', name.Split('.').Where((p, i) => i == 0 || !p.All(char.IsAsciiDigit)));
}
