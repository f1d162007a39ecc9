// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>Writes .eh_frame sections by hand, for rules that compilers seldom make.</summary>
internal sealed class HandmadeFrames
{
    /// <summary>Where the section lies in memory.</summary>
    public static readonly Address SectionAt = new(0x50_0000);

    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    /// <summary>A CIE; gives its offset. The pointer encoding is absolute unless the augmentation says otherwise.</summary>
    public int Common(byte[] instructions, string augmentation = "zR", byte[]? augmentationData = null, byte version = 1, int codeAlignment = 1, byte returnColumn = 16)
    {
        var body = new List<byte> { 0, 0, 0, 0, version };
        body.AddRange(System.Text.Encoding.ASCII.GetBytes(augmentation));
        body.AddRange([0, (byte)codeAlignment, 0x78, returnColumn]);
        if (augmentation.Length > 0)
        {
            augmentationData ??= [0];
            body.Add((byte)augmentationData.Length);
            body.AddRange(augmentationData);
        }
        body.AddRange(instructions);
        return Append(body);
    }

    /// <summary>An FDE with absolute pointers.</summary>
    public int Function(int common, ulong start, ulong length, byte[] instructions, bool hasAugmentation = true)
    {
        var body = new List<byte>(new byte[20]);
        var head = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(body);
        BinaryPrimitives.WriteInt32LittleEndian(head, _bytes.Count + 4 - common);
        BinaryPrimitives.WriteUInt64LittleEndian(head[4..], start);
        BinaryPrimitives.WriteUInt64LittleEndian(head[12..], length);
        if (hasAugmentation)
        {
            body.Add(0);
        }
        body.AddRange(instructions);
        return Append(body);
    }

    public HandmadeFrames Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public (UnwindTable? Table, Refusal? Refusal) Read()
    {
        var memory = new SegmentedMemory([(SectionAt, Bytes)]);
        return UnwindTable.ReadSection(memory, AddressRange.OfLength(SectionAt, _bytes.Count), "handmade");
    }

    private int Append(List<byte> body)
    {
        int at = _bytes.Count;
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, body.Count);
        _bytes.AddRange(length);
        _bytes.AddRange(body);
        return at;
    }
}
