// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Wfpatch.Core.Patches;

/// <summary>The outside of a patch file: magic, version, length and checksum before the payload. The layout is described in docs/patch-format.md.</summary>
internal static class PatchContainer
{
    /// <summary>The newest format that this program reads. It writes it where it has to: see <see cref="PlainVersion"/>.</summary>
    public const uint Version = 4;

    /// <summary>The format of a patch that has no copies of functions, and needs or replaces others.</summary>
    public const uint WithoutCopies = 3;

    /// <summary>The format of a patch that neither needs nor replaces others: a program that knows no newer one reads it, and its id is the same.</summary>
    public const uint PlainVersion = 2;

    /// <summary>The oldest format that it reads: neither writable data nor a consistency.</summary>
    public const uint OldestVersion = 1;

    public const int HeaderSize = 40;

    private const int VersionAt = 8;
    private const int FlagsAt = 12;
    private const int LengthAt = 16;
    private const int ChecksumAt = 24;

    /// <summary>A byte that is no text, the name, and line ends of both kinds: a transfer as text is noticed at once.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'W', (byte)'F', (byte)'P', 0x0d, 0x0a, 0x1a, 0x0a];

    public static byte[] Wrap(ReadOnlySpan<byte> payload, uint version)
    {
        byte[] file = new byte[HeaderSize + payload.Length];
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(VersionAt), version);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(LengthAt), (ulong)file.Length);
        XxHash128.Hash(payload, file.AsSpan(ChecksumAt));
        payload.CopyTo(file.AsSpan(HeaderSize));
        return file;
    }

    public static uint VersionOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[VersionAt..]);

    public static uint FlagsOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[FlagsAt..]);

    public static ulong LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt64LittleEndian(header[LengthAt..]);

    public static bool ChecksumFits(ReadOnlySpan<byte> file)
    {
        Span<byte> checksum = stackalloc byte[16];
        XxHash128.Hash(file[HeaderSize..], checksum);
        return file.Slice(ChecksumAt, 16).SequenceEqual(checksum);
    }

    /// <summary>The patch id: see <see cref="Patch.Id"/>.</summary>
    public static string IdOf(ReadOnlySpan<byte> payload) => Convert.ToHexStringLower(XxHash128.Hash(payload).AsSpan(0, 8));
}
