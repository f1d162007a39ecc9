// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace Wfpatch.Core.Tests.Elf;

/// <summary>Damages bytes in ways that hurt readers: single bits, counts and offsets set to extremes, a cut end.</summary>
internal static class Mutation
{
    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
        0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff8, ulong.MaxValue,
    ];

    /// <param name="hot">Offsets of where tables are; most changes hit one of them.</param>
    public static byte[] Of(byte[] original, IReadOnlyList<(int Start, int Length)> hot, Random random)
    {
        byte[] bytes = random.Next(12) == 0 ? original[..random.Next(original.Length)] : (byte[])original.Clone();
        for (int i = random.Next(1, 6); i > 0 && bytes.Length > 16; i--)
        {
            Change(bytes, PickPlace(bytes.Length, hot, random), random);
        }
        return bytes;
    }

    private static int PickPlace(int length, IReadOnlyList<(int Start, int Length)> hot, Random random)
    {
        if (hot.Count == 0 || random.Next(5) == 0)
        {
            return random.Next(length);
        }
        var (start, size) = hot[random.Next(hot.Count)];
        return Math.Min(length - 1, start + random.Next(Math.Max(1, size)));
    }

    private static void Change(byte[] bytes, int at, Random random)
    {
        int width = 1 << random.Next(4);
        int aligned = at & ~(width - 1);
        switch (random.Next(4))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2 when aligned + 8 <= bytes.Length:
                Span<byte> value = stackalloc byte[8];
                BinaryPrimitives.WriteUInt64LittleEndian(value, Extremes[random.Next(Extremes.Length)]);
                value[..width].CopyTo(bytes.AsSpan(aligned));
                break;
            default:
                int from = random.Next(bytes.Length - Math.Min(width, bytes.Length));
                bytes.AsSpan(from, Math.Min(width, bytes.Length - Math.Max(from, at))).CopyTo(bytes.AsSpan(at));
                break;
        }
    }
}
