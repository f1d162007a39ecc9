// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using CsCheck;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Audits;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Plans;
using Wfpatch.Core.Tests.Addresses;
using Xunit;

namespace Wfpatch.Core.Tests.Plans;

/// <summary>The state in the target: it comes back as it was, or not at all.</summary>
public sealed class JournalEncodingTests
{
    private const int HeadLength = 24;

    [Fact]
    public void AStateComesBackAsItWas() =>
        Seeded.Check(Gen.Select(Gen.OneOf(RandomState.States, RandomState.StatesWithViews), Gen.ULong), 1_000, sample =>
        {
            var (state, sequence) = sample;
            var bytes = JournalEncoding.Encode(state, sequence);
            Assert.Equal(bytes.Length, JournalEncoding.LengthOf(bytes));
            // What an older, longer copy left behind it does not matter.
            var decoded = JournalEncoding.Decode([.. bytes, .. bytes]);
            Assert.Equal(sequence, decoded?.Sequence);
            Assert.Equal(RandomState.Describe(state), RandomState.Describe(decoded!.Value.State));
            Assert.Equal(bytes, JournalEncoding.Encode(decoded.Value.State, sequence));
        });

    /// <summary>A state of the format before ends where this one goes on; what it has not is empty.</summary>
    [Fact]
    public void AStateOfTheFormatBeforeIsRead() =>
        Seeded.Check(RandomState.States, 500, any =>
        {
            var state = any with
            {
                Images = [.. any.Images.Select(i => i with { Requires = [] })],
                Frames = [],
                Transition = any.Transition is { } open ? open with { Replaces = false } : null,
            };
            var bytes = JournalEncoding.Encode(state, 7);
            int rest = sizeof(int) + (state.Images.Length * sizeof(int)) + sizeof(bool) + sizeof(int);
            byte[] old = bytes[..^rest];
            BinaryPrimitives.WriteUInt64LittleEndian(old.AsSpan(8), (ulong)(old.Length - HeadLength));
            BinaryPrimitives.WriteUInt64LittleEndian(old.AsSpan(16), Checksum(7, old.AsSpan(HeadLength)));
            Assert.Equal(RandomState.Describe(state), RandomState.Describe(JournalEncoding.Decode(old)?.State));
        });

    /// <summary>A target that no view was ever made in has a state that whoever knows format 5 reads; one with views has another number.</summary>
    [Fact]
    public void OnlyStatesWithViewsAreAnotherFormat() =>
        Seeded.Check(Gen.Select(RandomState.States, RandomState.StatesWithViews), 200, sample =>
        {
            var (without, with) = sample;
            Assert.Equal(JournalLayout.VersionFor(TargetState.Empty), JournalLayout.VersionFor(without));
            Assert.Equal(JournalLayout.VersionFor(TargetState.Empty) + 1, JournalLayout.VersionFor(with));
            Assert.True(JournalLayout.IsKnownVersion(JournalLayout.VersionFor(with)));
            // Once there were some, for ever: what they were made of stays.
            Assert.Equal(with.Entries.IsEmpty ? 0 : 1, JournalLayout.VersionFor(with with { Backend = BackendKind.Dispatch }) - JournalLayout.VersionFor(without));
        });

    /// <summary>A copy that is written over an older one, and is cut off anywhere: the old one, the new one, or none.</summary>
    [Fact]
    public void ATornCopyIsNone() =>
        Seeded.Check(Gen.Select(RandomState.States, RandomState.States, Gen.ULong[1, 1000], Gen.Double.Unit.Array[8]), 400, sample =>
        {
            var (older, newer, sequence, cuts) = sample;
            var old = JournalEncoding.Encode(older, sequence);
            var @new = JournalEncoding.Encode(newer, sequence + 2);
            foreach (int cut in cuts.Select(c => (int)(c * @new.Length)).Concat([1, 7, 8, 9, 16, 23, 24, 25, @new.Length - 1]))
            {
                byte[] torn = [.. @new[..cut], .. old.Length > cut ? old[cut..] : []];
                if (JournalEncoding.Decode(torn) is { } decoded)
                {
                    // The bytes behind the cut may be the same in both.
                    var whole = decoded.Sequence == sequence ? older : newer;
                    Assert.Equal(RandomState.Describe(whole), RandomState.Describe(decoded.State));
                }
            }
        });

    [Fact]
    public void AChangedByteIsNoticed() =>
        Seeded.Check(Gen.Select(RandomState.States, Gen.Double.Unit, Gen.Byte[1, 255]), 3_000, sample =>
        {
            var (state, place, change) = sample;
            var bytes = JournalEncoding.Encode(state, 7);
            bytes[(int)(place * bytes.Length)] ^= change;
            Assert.Null(JournalEncoding.Decode(bytes));
        });

    [Fact]
    public void AnyBytesAreDecodedOrNot() =>
        Seeded.Check(Gen.Byte.Array[0, 300], 3_000, bytes => Assert.Null(JournalEncoding.Decode(bytes)));

    /// <summary>Content that we never wrote, with the right checksum: bounded memory, no exception, and what is taken can be worked with.</summary>
    [Fact]
    public void ContentThatIsNotOursDoesNoHarm()
    {
        int taken = 0;
        Seeded.Check(Gen.Select(RandomState.States, Gen.Select(Gen.Double.Unit, Gen.OneOf(Gen.Byte, Gen.Const((byte)0xff), Gen.Const((byte)0x7f))).Array[1, 6]), 5_000, sample =>
        {
            var bytes = JournalEncoding.Encode(sample.Item1, 7);
            foreach (var (place, value) in sample.Item2)
            {
                bytes[HeadLength + (int)(place * (bytes.Length - HeadLength))] = value;
            }
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Checksum(7, bytes.AsSpan(HeadLength)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            var decoded = JournalEncoding.Decode(bytes);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20);
            if (decoded is { State: { Transition: not null } state })
            {
                taken++;
                UseAll(state);
                Audit(state);
            }
        });
        Assert.True(taken > 200, $"{taken} were taken");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)JournalLayout.CopyLength)]
    public void ImpossibleLengthsAreNone(ulong length)
    {
        var bytes = JournalEncoding.Encode(TargetState.Empty, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), length);
        Assert.Equal(0, JournalEncoding.LengthOf(bytes));
        Assert.Null(JournalEncoding.Decode(bytes));
    }

    [Fact]
    public void TheHeaderNamesItsVersion()
    {
        var header = JournalLayout.EncodeHeader();
        Assert.True(JournalLayout.IsHeader(header));
        Assert.True(JournalLayout.IsKnownVersion(JournalLayout.VersionOf(header)));
        Assert.Equal(JournalLayout.VersionOf(header), JournalLayout.VersionFor(TargetState.Empty));
        header[8]--;
        Assert.True(JournalLayout.IsKnownVersion(JournalLayout.VersionOf(header)) && JournalLayout.VersionOf(header) < JournalLayout.VersionFor(TargetState.Empty));
        header[8]--;
        Assert.False(JournalLayout.IsKnownVersion(JournalLayout.VersionOf(header)));
        header[8] += 4;
        Assert.True(JournalLayout.IsHeader(header));
        Assert.False(JournalLayout.IsKnownVersion(JournalLayout.VersionOf(header)));
        header[0]++;
        Assert.False(JournalLayout.IsHeader(header));
        Assert.False(JournalLayout.IsHeader([]));
    }

    /// <summary>Header, room for code, two copies: beside each other, in pages of their own.</summary>
    [Fact]
    public void NothingInTheRegionOverlaps()
    {
        var region = new Address(0x7000_0000);
        Assert.True(JournalLayout.EncodeHeader().Length <= JournalLayout.StubOffset);
        Assert.True(JournalLayout.StubOffset + JournalLayout.StubLength <= JournalLayout.FirstCopyOffset);
        Assert.Equal(region + JournalLayout.FirstCopyOffset, JournalLayout.CopyAddress(region, 0));
        Assert.Equal(JournalLayout.CopyAddress(region, 0) + JournalLayout.CopyLength, JournalLayout.CopyAddress(region, 1));
        Assert.Equal(JournalLayout.CopyAddress(region, 1) + JournalLayout.CopyLength, region + JournalLayout.ReturnHooksOffset);
        Assert.True(JournalLayout.CodeOffset < JournalLayout.RegionLength);
    }

    private static void UseAll(TargetState state)
    {
        try
        {
            var writes = new TransitionWrites(state);
            _ = writes.Arm().Count() + writes.OpenHooks().Count() + writes.CloseHooks().Count() + writes.Settle().Count() + writes.OldCode().Length + writes.Prepare().Count();
            _ = writes.Settled();
        }
        catch (InvalidOperationException e)
        {
            // Addresses that are anything do not reach each other.
            Assert.Contains("out of reach", e.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>An audit says that such a state cannot be, or compares what it can.</summary>
    private static void Audit(TargetState state)
    {
        var nothing = new SegmentedMemory([]);
        try
        {
            Assert.All(TargetExpectations.Of(state, []), e => Assert.NotNull(e.Compare(nothing)));
        }
        catch (InvalidOperationException)
        {
            // That is what it says.
        }
    }

    // As in the format: FNV-1a of the content, begun with the sequence number.
    private static ulong Checksum(ulong sequence, ReadOnlySpan<byte> content)
    {
        ulong hash = 0xcbf29ce484222325 ^ sequence;
        foreach (byte b in content)
        {
            hash = unchecked((hash ^ b) * 0x100000001b3);
        }
        return hash;
    }
}
