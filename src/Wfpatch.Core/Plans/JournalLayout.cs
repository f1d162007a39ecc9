// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Plans;

/// <summary>
/// Where things lie in the first region that is mapped into a target (docs/state-in-the-target.md): a header by which it is
/// recognised, room for injected code, two copies of the state that are written in turn, return hooks, then new code.
/// </summary>
public static class JournalLayout
{
    public const int HeaderOffset = 0;

    /// <summary>Eight bytes: the address of the newest frame index, which threads of the target read.</summary>
    public const int FrameIndexOffset = 16;

    /// <summary>Four bytes, in every region: the generation of all threads at once (Redirects.Trampolines.GlobalWord).</summary>
    public const int GlobalWordOffset = 24;

    /// <summary>Eight bytes, in the first region: which block of callbacks threads look at (Redirects.Trampolines.CallbackArea); 0: none yet.</summary>
    public const int CallbackCellOffset = 32;

    /// <summary>What is kept free for that at the start of a region that holds code alone.</summary>
    public const int RegionHeadLength = 64;

    public const int StubOffset = RegionHeadLength;
    public const int StubLength = 4096 - StubOffset;
    public const int CopyLength = 1024 * 1024;
    public const int FirstCopyOffset = 4096;

    /// <summary>Return hooks (Redirects/Trampolines/ReturnHookArea). Empty until the first transition under the policy stack.</summary>
    public const int ReturnHooksOffset = FirstCopyOffset + (2 * CopyLength);
    public const int ReturnHooksLength = 16 * 1024;

    /// <summary>What calls a patch's callbacks (Redirects/Trampolines/CallbackArea). Empty until the first patch that has some.</summary>
    public const int CallbacksOffset = ReturnHooksOffset + ReturnHooksLength;
    public const int CallbacksLength = 4096;
    public const int CodeOffset = CallbacksOffset + CallbacksLength;

    /// <summary>Of the first region. Only pages that are written to take memory.</summary>
    public const int RegionLength = 4 * 1024 * 1024;

    /// <summary>The format before: its states are states of this one (JournalEncoding).</summary>
    private const int OldestVersion = 4;

    private const int FormatVersion = 5;

    /// <summary>Of states that know views of the address space: a controller that does not must not go on with them.</summary>
    private const int VersionWithViews = 6;

    public static ReadOnlySpan<byte> Magic => "wfpatch\0"u8;

    public static byte[] EncodeHeader() => [.. Magic, .. EncodeVersion(FormatVersion), 0, 0, 0, 0, 0, 0];

    public static bool IsHeader(ReadOnlySpan<byte> bytes) => bytes.Length >= 10 && bytes[..8].SequenceEqual(Magic);

    /// <summary>The version of the format that a header names.</summary>
    public static int VersionOf(ReadOnlySpan<byte> header) => header[VersionOffset] | (header[VersionOffset + 1] << 8);

    public static bool IsKnownVersion(int version) => version is >= OldestVersion and <= VersionWithViews;

    /// <summary>The number that a header must have before the state is written: who knows less would lose what it says.</summary>
    public static int VersionFor(Generations.TargetState state) => JournalEncoding.HasViews(state) ? VersionWithViews : FormatVersion;

    /// <summary>Where a header's number is: two bytes.</summary>
    public const int VersionOffset = 8;

    public static byte[] EncodeVersion(int version) => [(byte)version, (byte)(version >> 8)];

    public static Address CopyAddress(Address region, int copy) => region + FirstCopyOffset + ((long)copy * CopyLength);
}
