// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>The state that lies in the target. Two copies are written in turn, so that one is whole at every instant.</summary>
public sealed class TargetJournal
{
    // A gigabyte of generated code.
    private const ulong MostPages = 1 << 18;

    private readonly TargetMemory _memory;
    private ulong _sequence;
    private int _version;

    /// <param name="version">What the header says.</param>
    private TargetJournal(TargetMemory memory, Address region, TargetState state, ulong sequence, int version)
    {
        _memory = memory;
        _version = version;
        Region = region;
        State = state;
        _sequence = sequence;
    }

    public Address Region { get; }

    public TargetState State { get; private set; }

    /// <summary>The number of the copy that counts; 0 where neither is whole.</summary>
    public ulong Sequence => _sequence;

    /// <summary>The journal of a target that was patched before; null where there is none. <paramref name="unreadable"/> is not null
    /// where another wfpatch left one, or where what was written last is whole and breaks our rules: the copy before it, which is
    /// returned then, may know less than was done, so that nothing may be changed by it.</summary>
    public static TargetJournal? Find(int process, ImmutableArray<Mapping> mappings, TargetMemory memory, out Refusal? unreadable)
    {
        unreadable = null;
        Span<byte> header = stackalloc byte[16];
        foreach (var start in Candidates(mappings).SelectMany(m => PossibleStarts(m.Range, memory)))
        {
            if (!memory.TryRead(start, header) || !JournalLayout.IsHeader(header))
            {
                continue;
            }
            if (!JournalLayout.IsKnownVersion(JournalLayout.VersionOf(header)))
            {
                unreadable = UnknownVersion(process, JournalLayout.VersionOf(header));
                return null;
            }
            Address[] copies = [JournalLayout.CopyAddress(start, 0), JournalLayout.CopyAddress(start, 1)];
            var newest = copies.Select(c => ReadCopy(memory, c)).Where(c => c is not null).MaxBy(c => c!.Value.Sequence);
            if (copies.Any(c => WholeSequence(memory, c) > (newest?.Sequence ?? 0)))
            {
                unreadable = AuditRefusals.StateDamaged.About($"process {process}", $"The newest state in process {process} is whole but cannot be right; nothing is changed. Compare it with `wfpatch verify --pid {process}`.");
            }
            return new TargetJournal(memory, start, newest?.State ?? TargetState.Empty, newest?.Sequence ?? 0, JournalLayout.VersionOf(header));
        }
        return null;
    }

    private static Refusal UnknownVersion(int process, int version) => TargetRefusals.JournalVersion.About(
        $"process {process}", $"Process {process} was patched by another version of wfpatch (state format {version}); use that one.");

    /// <summary>A region that a controller mapped and did not live to use: empty, of our size.</summary>
    public static AddressRange? FindUnused(ImmutableArray<Mapping> mappings, TargetMemory memory)
    {
        Span<byte> start = stackalloc byte[64];
        foreach (var mapping in Candidates(mappings).Where(m => m.Range.Length == JournalLayout.RegionLength))
        {
            if (memory.TryRead(mapping.Range.Start, start) && start.IndexOfAnyExcept((byte)0) < 0)
            {
                return mapping.Range;
            }
        }
        return null;
    }

    /// <summary>Makes a fresh region a journal. The state first, the header by which it is found last.</summary>
    public static TargetJournal Create(AddressRange region, TargetMemory memory)
    {
        var header = JournalLayout.EncodeHeader();
        var journal = new TargetJournal(memory, region.Start, TargetState.Empty, 0, JournalLayout.VersionOf(header));
        journal.Write(TargetState.Empty with { Regions = [new RegionState(region, JournalLayout.CodeOffset)] });
        memory.Write(region.Start, header);
        return journal;
    }

    /// <summary>Whether a state would fit.</summary>
    public static bool Fits(TargetState state) => JournalEncoding.Encode(state, 1).Length <= JournalLayout.CopyLength;

    public void Write(TargetState state)
    {
        if (JournalLayout.VersionFor(state) is var version && version > _version)
        {
            // One write, within eight bytes that are aligned. The copies that are there are right under both numbers.
            _memory.Write(Region + JournalLayout.VersionOffset, JournalLayout.EncodeVersion(version));
            _version = version;
        }
        ulong sequence = _sequence + 1;
        _memory.Write(JournalLayout.CopyAddress(Region, (int)(sequence % 2)), JournalEncoding.Encode(state, sequence));
        State = state;
        _sequence = sequence;
    }

    /// <summary>Goes on from another state than the one that was written last; it is written with the next change.</summary>
    public void Assume(TargetState state) => State = state;

    /// <summary>Whether it is such memory as we map: a range of ours may be a part of it, since the kernel joins neighbours.</summary>
    public static bool MayBeOurs(Mapping m) => m.IsAnonymous && m.IsPrivate && m.IsExecutable && !m.IsWritable && m.IsReadable;

    /// <summary>Whether a mapping has the rights of those for variables of patches.</summary>
    public static bool MayBeData(Mapping m) => m.IsAnonymous && m.IsPrivate && !m.IsExecutable && m.IsWritable && m.IsReadable;

    private static IEnumerable<Mapping> Candidates(ImmutableArray<Mapping> mappings) => mappings.Where(MayBeOurs);

    // Trampoline pages, or the target's own generated code, may lie directly below the region, and the kernel shows both as
    // one mapping: the header may be at any of its pages.
    private static IEnumerable<Address> PossibleStarts(AddressRange mapping, TargetMemory memory)
    {
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(JournalLayout.Magic);
        var pages = new Address[(int)Math.Min(mapping.Length / Address.PageSize, MostPages)];
        for (int i = 0; i < pages.Length; i++)
        {
            pages[i] = mapping.Start + (i * (long)Address.PageSize);
        }
        var words = new uint[pages.Length];
        memory.ReadWords(pages, words);
        return pages.Where((_, i) => words[i] == magic);
    }

    /// <summary>A copy of the state; null where it is not whole, or breaks the rules of states.</summary>
    public static (TargetState State, ulong Sequence)? ReadCopy(TargetMemory memory, Address at) =>
        ReadBytes(memory, at) is { } bytes ? JournalEncoding.Decode(bytes) : null;

    /// <summary>The number of a copy that fits its checksum, whatever it says; else null.</summary>
    public static ulong? WholeSequence(TargetMemory memory, Address at) =>
        ReadBytes(memory, at) is { } bytes && JournalEncoding.IsWhole(bytes) ? JournalEncoding.SequenceOf(bytes) : null;

    private static byte[]? ReadBytes(TargetMemory memory, Address at) =>
        memory.Read(at, JournalEncoding.HeadLength) is { } head && JournalEncoding.LengthOf(head) is > 0 and var length ? memory.Read(at, length) : null;
}
