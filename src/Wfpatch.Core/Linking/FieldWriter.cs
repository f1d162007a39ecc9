// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Linking;

/// <summary>Fills slots, stubs and the fields of relocations into placed bytes.</summary>
internal sealed class FieldWriter(ObjectPatch patch, ImageLayout layout, Address start, SymbolValues values, ThreadLocalValues threadLocals, byte[] bytes)
{
    private readonly ImmutableArray<Refusal>.Builder _refusals = ImmutableArray.CreateBuilder<Refusal>();

    public ImmutableArray<Refusal> Refusals => _refusals.ToImmutable();

    public void WriteSlots()
    {
        foreach (int symbol in layout.AddressSlots.Keys)
        {
            WriteSlot(layout.SlotOf(symbol, SlotUse.Address), values[symbol]);
        }
        foreach (int symbol in layout.ThreadSlots.Keys)
        {
            WriteSlot(layout.SlotOf(symbol, SlotUse.ThreadOffset), values[symbol]);
        }
    }

    public void WriteFields()
    {
        for (int section = 0; section < patch.Sections.Length; section++)
        {
            foreach (var relocation in patch.Sections[section].Relocations.Where(r => !RelocationField.IsMark(r.Type)))
            {
                if (ValueOf(relocation) is { } value)
                {
                    WriteField(section, relocation, value);
                }
            }
        }
    }

    private ulong? ValueOf(PatchRelocation relocation) => relocation.Type switch
    {
        // What is at the end of these is written by itself.
        RelocationType.TlsGd or RelocationType.TlsLd or RelocationType.GotPc32TlsDesc => 0,
        RelocationType.DtpOff32 => threadLocals.FieldOf(relocation.Symbol),
        _ when values.LazySlotOf(relocation.Symbol) is not null => 0,
        _ => values[relocation.Symbol],
    };

    private void WriteField(int section, PatchRelocation relocation, ulong value)
    {
        var rule = FieldRule.Of(relocation.Type);
        long at = layout.Sections[section] + relocation.Offset;
        ulong place = rule.IsRelative ? (start + at).Value : rule.IsFromTable ? (start + layout.SlotsStart).Value : 0;
        ulong target = rule.Slot == SlotUse.None ? value : (start + layout.SlotOf(relocation.Symbol, rule.Slot)).Value;
        ulong field = unchecked(target + (ulong)relocation.Addend - place);
        if (values.LazySlotOf(relocation.Symbol) is { } lazy)
        {
            if (!TryWriteLazyStub(relocation.Symbol, lazy, out var stub))
            {
                _refusals.Add(OutOfRange(section, relocation, lazy.Value));
                return;
            }
            field = unchecked(stub.Value + (ulong)relocation.Addend - place);
        }
        else if (!rule.Fits(field) && layout.Stubs.ContainsKey(relocation.Symbol) && ImageLayout.MayCall(patch.Sections[section], relocation))
        {
            field = unchecked(WriteStub(relocation.Symbol, value).Value + (ulong)relocation.Addend - place);
        }
        if (!rule.Fits(field))
        {
            _refusals.Add(OutOfRange(section, relocation, value));
        }
        else if (rule.Size == 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)at), field);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)at), unchecked((uint)field));
        }
    }

    private Address WriteStub(int symbol, ulong value)
    {
        long slot = layout.SlotOfStub(symbol);
        WriteSlot(slot, value);
        _ = TryWriteLazyStub(symbol, start + slot, out var stub);
        return stub;
    }

    // jmp *slot(%rip), as in a procedure linkage table.
    private bool TryWriteLazyStub(int symbol, Address slot, out Address stub)
    {
        const int JumpSize = 6;
        long at = layout.StubOf(symbol);
        stub = start + at;
        long distance = slot - (stub + JumpSize);
        bytes[at] = 0xff;
        bytes[at + 1] = 0x25;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((int)at + 2), unchecked((int)distance));
        return distance is >= int.MinValue and <= int.MaxValue;
    }

    private void WriteSlot(long at, ulong? value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)at), value ?? 0);

    private Refusal OutOfRange(int section, PatchRelocation relocation, ulong value)
    {
        var symbol = patch.Symbols[relocation.Symbol];
        string user = NewFunctions.NameAt(patch, section, relocation.Offset);
        string what = symbol.Kind == PatchSymbolKind.ThreadLocal ? $"offset {(long)value}" : new Address(value).ToString();
        return LinkRefusals.OutOfRange.About(symbol.Name,
            $"{user} cannot reach {symbol.Display} ({what}) from {start + layout.Sections[section] + relocation.Offset} with a relocation of type {relocation.Type}; compile the new code with -fPIC.");
    }
}
