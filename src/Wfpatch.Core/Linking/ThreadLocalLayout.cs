// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Linking;

/// <summary>What new code needs to find thread-local variables by a call: pairs for __tls_get_addr, descriptors, and the functions behind
/// them. Pairs and descriptors stand among the slots, the functions among the stubs.</summary>
internal sealed class ThreadLocalLayout
{
    /// <summary>The one name under which compilers call for a pair (psABI, section "Thread-Local Storage").</summary>
    public const string GetterName = "__tls_get_addr";

    public const int PairSize = 16;

    /// <summary>A descriptor, and what its argument leads to.</summary>
    public const int DescriptorSize = ThreadDescriptor.Size + ThreadDescriptor.ArgumentSize;

    private const int GetterSlotSize = 8;

    private ThreadLocalLayout(ImmutableDictionary<int, int> pairs, ImmutableDictionary<int, int> descriptors, bool hasBase)
    {
        Pairs = pairs;
        Descriptors = descriptors;
        HasBase = hasBase;
    }

    public ImmutableDictionary<int, int> Pairs { get; }

    public ImmutableDictionary<int, int> Descriptors { get; }

    /// <summary>Whether there is a pair for the object's own module.</summary>
    public bool HasBase { get; }

    public bool HasGetter => HasBase || Pairs.Count > 0;

    public long DataSize => (HasGetter ? GetterSlotSize : 0) + (PairSize * (long)(Pairs.Count + (HasBase ? 1 : 0))) + (DescriptorSize * (long)Descriptors.Count);

    public long CodeSize => (HasGetter ? ThreadLocalCode.GetterSize : 0) + (Descriptors.Count > 0 ? ThreadLocalCode.ReturnSize : 0);

    /// <summary>Offset in the image of what lies among the slots.</summary>
    public long DataStart { get; init; }

    /// <summary>Offset in the image of the functions.</summary>
    public long CodeStart { get; init; }

    public long GetterSlot => DataStart;

    public long BasePair => DataStart + GetterSlotSize;

    public long Getter => CodeStart;

    /// <summary>The function of descriptors of variables with a fixed place.</summary>
    public long Return => CodeStart + (HasGetter ? ThreadLocalCode.GetterSize : 0);

    private long PairsStart => BasePair + (HasBase ? PairSize : 0);

    public static ThreadLocalLayout Of(ObjectPatch patch)
    {
        var pairs = ImmutableDictionary.CreateBuilder<int, int>();
        var descriptors = ImmutableDictionary.CreateBuilder<int, int>();
        bool hasBase = false;
        foreach (var relocation in patch.Sections.SelectMany(s => s.Relocations).Where(r => (uint)r.Symbol < (uint)patch.Symbols.Length))
        {
            switch (FieldRule.Of(relocation.Type).Slot)
            {
                case SlotUse.ThreadPair:
                    pairs.TryAdd(relocation.Symbol, pairs.Count);
                    break;
                case SlotUse.ThreadDescriptor:
                    descriptors.TryAdd(relocation.Symbol, descriptors.Count);
                    break;
                case SlotUse.ThreadBase:
                    hasBase = true;
                    break;
                default:
                    break;
            }
        }
        return new ThreadLocalLayout(pairs.ToImmutable(), descriptors.ToImmutable(), hasBase);
    }

    public ThreadLocalLayout At(long data, long code) => new(Pairs, Descriptors, HasBase) { DataStart = data, CodeStart = code };

    public long PairOf(int symbol) => PairsStart + (PairSize * (long)Pairs[symbol]);

    public long DescriptorOf(int symbol) => DataStart + (HasGetter ? GetterSlotSize : 0) + (PairSize * (long)(Pairs.Count + (HasBase ? 1 : 0))) + (DescriptorSize * (long)Descriptors[symbol]);
}
