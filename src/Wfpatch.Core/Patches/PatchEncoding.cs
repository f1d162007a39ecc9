// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace Wfpatch.Core.Patches;

/// <summary>The primitive values of a patch file, little endian: numbers, texts and blobs with their length before them, lists with their count.</summary>
internal sealed class PatchEncoding
{
    private readonly ArrayBufferWriter<byte> _bytes = new(4096);

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void Byte(byte value) => _bytes.Write([value]);

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    public void Int32(int value) => UInt32(unchecked((uint)value));

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void Int64(long value) => UInt64(unchecked((ulong)value));

    public void Blob(ReadOnlySpan<byte> value)
    {
        UInt32((uint)value.Length);
        _bytes.Write(value);
    }

    public void Text(string value) => Blob(Encoding.UTF8.GetBytes(value));

    public void List<T>(ImmutableArray<T> values, Action<PatchEncoding, T> write)
    {
        UInt32((uint)values.Length);
        foreach (var value in values)
        {
            write(this, value);
        }
    }
}
