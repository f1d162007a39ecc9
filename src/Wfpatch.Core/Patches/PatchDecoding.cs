// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace Wfpatch.Core.Patches;

/// <summary>Reads what <see cref="PatchEncoding"/> writes, never past the end, and never makes a list longer than the bytes that are left could fill.</summary>
internal sealed class PatchDecoding(ReadOnlyMemory<byte> bytes)
{
    private static readonly UTF8Encoding StrictText = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlyMemory<byte> _rest = bytes;

    public bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ReadOnlyMemory<byte> Blob()
    {
        uint length = UInt32();
        if (length > (uint)_rest.Length)
        {
            throw new MalformedPatchException("a length points past the end");
        }
        var blob = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return blob;
    }

    public string Text()
    {
        try
        {
            return StrictText.GetString(Blob().Span);
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedPatchException("a name is not UTF-8");
        }
    }

    /// <param name="smallest">The fewest bytes that one element takes.</param>
    public ImmutableArray<T> List<T>(int smallest, Func<PatchDecoding, T> read)
    {
        uint count = UInt32();
        if (count > (uint)(_rest.Length / smallest))
        {
            throw new MalformedPatchException("a list is longer than the file");
        }
        var values = ImmutableArray.CreateBuilder<T>((int)count);
        for (uint i = 0; i < count; i++)
        {
            values.Add(read(this));
        }
        return values.MoveToImmutable();
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new MalformedPatchException("the content ends in the middle of a value");
        }
        var taken = _rest.Span[..length];
        _rest = _rest[length..];
        return taken;
    }
}

/// <summary>Carries the finding from deep inside the reader to its entry, which turns it into a refusal; never leaves Core.</summary>
internal sealed class MalformedPatchException(string message) : Exception(message);
