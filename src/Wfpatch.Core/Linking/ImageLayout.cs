// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Linking;

/// <summary>What a patch needs in the target.</summary>
/// <param name="Bytes">Bytes; never less than what is linked.</param>
/// <param name="Alignment">The start must be a multiple of it: a power of two, 16 to 4096.</param>
public readonly record struct ImageSize(long Bytes, int Alignment);

/// <summary>
/// Where everything stands within the image: code, read-only data, own slots, own stubs for calls that are too far, unwind table and
/// frame index.
/// It does not depend on the start, so that what was measured is what is linked: there is room for a stub for each symbol of the
/// running program that a call may lead to, whether it turns out to be needed or not.
/// </summary>
internal sealed class ImageLayout
{
    public const int SlotSize = 8;
    public const int StubSize = 8;
    public const int TerminatorSize = 4;

    private const int CodeAlignment = 16;
    private const uint LargestAlignment = 4096;

    private ImageLayout(ObjectPatch patch)
    {
        Sections = new long[patch.Sections.Length];
        long at = 0;
        foreach (var kind in (ReadOnlySpan<PatchSectionKind>)[PatchSectionKind.Code, PatchSectionKind.ReadOnlyData])
        {
            for (int i = 0; i < Sections.Length; i++)
            {
                var section = patch.Sections[i];
                if (section.Kind == kind)
                {
                    int alignment = AlignmentOf(section);
                    Alignment = Math.Max(Alignment, alignment);
                    at = AlignUp(at, alignment);
                    Sections[i] = at;
                    at += section.Bytes.Length;
                }
            }
            CodeEnd = kind == PatchSectionKind.Code ? at : CodeEnd;
        }
        (AddressSlots, ThreadSlots, Stubs) = FindSlots(patch);
        at = AlignUp(at, SlotSize);
        SlotsStart = at;
        at += SlotSize * (long)(AddressSlots.Count + ThreadSlots.Count + Stubs.Count);
        var threadLocals = ThreadLocalLayout.Of(patch);
        long threadData = at;
        at += threadLocals.DataSize;
        StubsStart = at;
        at += StubSize * (long)Stubs.Count;
        ThreadLocals = threadLocals.At(threadData, at);
        at += threadLocals.CodeSize;
        UnwindStart = at;
        for (int i = 0; i < Sections.Length; i++)
        {
            // No gap between sections: four zero bytes would end the table.
            if (patch.Sections[i].Kind == PatchSectionKind.UnwindTable)
            {
                Sections[i] = at;
                at += patch.Sections[i].Bytes.Length;
                HasUnwindTable = true;
            }
        }
        UnwindEnd = at;
        FrameIndexStart = AlignUp(at + TerminatorSize, SlotSize);
        CodeSize = HasUnwindTable ? FrameIndexStart + IndexSize(patch) : at;
        PlaceData(patch);
    }

    /// <summary>Bytes before the variables: what never changes once it is written.</summary>
    public long CodeSize { get; }

    /// <summary>Where the variables begin, on a page of their own; without variables equal to <see cref="Size"/>.</summary>
    public long DataStart { get; private set; }

    /// <summary>Where the variables end that have a value other than zero.</summary>
    public long DataContentEnd { get; private set; }

    /// <summary>Offset of each section.</summary>
    public long[] Sections { get; }

    public int Alignment { get; private set; } = CodeAlignment;

    public long CodeEnd { get; }

    public long SlotsStart { get; }

    public long StubsStart { get; }

    public long UnwindStart { get; }

    /// <summary>Where the terminator stands, if there is a table.</summary>
    public long UnwindEnd { get; }

    public bool HasUnwindTable { get; }

    /// <summary>Where the <see cref="FrameIndex"/> stands, if there is a table.</summary>
    public long FrameIndexStart { get; }

    /// <summary>With variables whole pages: nothing else may lie where the target can write.</summary>
    public long Size { get; private set; }

    /// <summary>Symbols with a slot for their address, in the order of their slots; then come those for thread-local offsets, then one for each stub.</summary>
    public ImmutableDictionary<int, int> AddressSlots { get; }

    public ImmutableDictionary<int, int> ThreadSlots { get; }

    public ImmutableDictionary<int, int> Stubs { get; }

    public ThreadLocalLayout ThreadLocals { get; }

    public static ImageLayout Of(ObjectPatch patch) => new(patch);

    public static bool IsAlignment(uint alignment) => alignment is >= 1 and <= LargestAlignment && (alignment & (alignment - 1)) == 0;

    public long SlotOf(int symbol, SlotUse use) => use switch
    {
        SlotUse.ThreadPair => ThreadLocals.PairOf(symbol),
        SlotUse.ThreadBase => ThreadLocals.BasePair,
        SlotUse.ThreadDescriptor => ThreadLocals.DescriptorOf(symbol),
        SlotUse.Address => SlotsStart + (SlotSize * (long)AddressSlots[symbol]),
        _ => SlotsStart + (SlotSize * (long)(AddressSlots.Count + ThreadSlots[symbol])),
    };

    public long SlotOfStub(int symbol) => SlotsStart + (SlotSize * (long)(AddressSlots.Count + ThreadSlots.Count + Stubs[symbol]));

    public long StubOf(int symbol) => StubsStart + (StubSize * (long)Stubs[symbol]);

    private void PlaceData(ObjectPatch patch)
    {
        long at = CodeSize;
        DataStart = DataContentEnd = Size = at;
        if (patch.Sections.All(s => s.Kind != PatchSectionKind.WritableData))
        {
            return;
        }
        DataStart = at = AlignUp(at, (int)Addresses.Address.PageSize);
        Alignment = (int)Addresses.Address.PageSize;
        foreach (bool isZero in (ReadOnlySpan<bool>)[false, true])
        {
            for (int i = 0; i < Sections.Length; i++)
            {
                var section = patch.Sections[i];
                if (section.Kind == PatchSectionKind.WritableData && section.Bytes.IsEmpty == isZero)
                {
                    Sections[i] = at = AlignUp(at, AlignmentOf(section));
                    at += (long)section.Length;
                }
            }
            DataContentEnd = isZero ? DataContentEnd : at;
        }
        Size = AlignUp(at, (int)Addresses.Address.PageSize);
    }

    private static long IndexSize(ObjectPatch patch) => FrameIndex.HeadSize + patch.Sections.Where(s => s.Kind == PatchSectionKind.UnwindTable)
        .Sum(s => FrameIndex.SizeFor(s.Bytes) - FrameIndex.HeadSize);

    private static int AlignmentOf(PatchSection section)
    {
        int least = section.Kind == PatchSectionKind.Code ? CodeAlignment : 1;
        return IsAlignment(section.Alignment) ? Math.Max(least, (int)section.Alignment) : least;
    }

    private static long AlignUp(long at, int alignment) => (at + alignment - 1) & -alignment;

    private static (ImmutableDictionary<int, int> Addresses, ImmutableDictionary<int, int> Threads, ImmutableDictionary<int, int> Stubs) FindSlots(ObjectPatch patch)
    {
        var addresses = ImmutableDictionary.CreateBuilder<int, int>();
        var threads = ImmutableDictionary.CreateBuilder<int, int>();
        var stubs = ImmutableDictionary.CreateBuilder<int, int>();
        foreach (var section in patch.Sections)
        {
            foreach (var relocation in section.Relocations.Where(r => (uint)r.Symbol < (uint)patch.Symbols.Length))
            {
                switch (FieldRule.Of(relocation.Type).Slot)
                {
                    case SlotUse.Address:
                        addresses.TryAdd(relocation.Symbol, addresses.Count);
                        break;
                    case SlotUse.ThreadOffset:
                        threads.TryAdd(relocation.Symbol, threads.Count);
                        break;
                    case SlotUse.ThreadPair or SlotUse.ThreadBase or SlotUse.ThreadDescriptor:
                        break;
                    default:
                        if (MayCall(section, relocation) && !patch.Symbols[relocation.Symbol].IsDefinedByPatch)
                        {
                            stubs.TryAdd(relocation.Symbol, stubs.Count);
                        }
                        break;
                }
            }
        }
        return (addresses.ToImmutable(), threads.ToImmutable(), stubs.ToImmutable());
    }

    /// <summary>Whether a relocation is the distance of a call or jump to the symbol itself, or names the personality routine of an unwind table, which is only called: so
    /// that a stub can stand for the symbol.</summary>
    public static bool MayCall(PatchSection section, PatchRelocation relocation) => IsFarCall(section, relocation) || IsPersonality(section, relocation) || (
        section.Kind == PatchSectionKind.Code && relocation.Type is RelocationType.Pc32 or RelocationType.Plt32 && relocation.Addend == -4
        && relocation.Offset + 4UL <= (ulong)section.Bytes.Length && FieldRule.IsBranch(section.Bytes.Span, relocation.Offset));

    // The distance from the table to a function's entry in the linkage table, which is there for nothing but calls.
    private static bool IsFarCall(PatchSection section, PatchRelocation relocation) =>
        section.Kind == PatchSectionKind.Code && relocation is { Type: RelocationType.PltOff64, Addend: 0 };

    // Code that is not position independent has the routine's address itself in four bytes. What else the table refers to is the patch's own.
    private static bool IsPersonality(PatchSection section, PatchRelocation relocation) =>
        section.Kind == PatchSectionKind.UnwindTable && relocation is { Type: RelocationType.Absolute32 or RelocationType.Absolute32S, Addend: 0 };
}
