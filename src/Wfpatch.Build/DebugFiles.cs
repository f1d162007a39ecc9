// SPDX-License-Identifier: Apache-2.0
using System.IO.Compression;
using Wfpatch.Core.Elf;
using ZstdSharp;

namespace Wfpatch.Build;

/// <summary>Decompresses debug sections, and finds the split debug information (.dwo) that lies beside an object file.</summary>
/// <param name="objectPath">The object file.</param>
internal sealed class DebugFiles(string objectPath) : IDebugFiles
{
    // Deflate makes at most 1,032 bytes of one (zlib's technical details); who promises more lies.
    private const long MostGrowth = 1032;
    private const int Granted = 1 << 20;

    public ReadOnlyMemory<byte>? Decompress(DebugCompression compression, ReadOnlyMemory<byte> bytes, int length)
    {
        if (compression == DebugCompression.Zlib && length > Granted + (MostGrowth * bytes.Length))
        {
            return null;
        }
        try
        {
            using var compressed = new MemoryStream(bytes.ToArray(), writable: false);
            using Stream? plain = compression switch
            {
                DebugCompression.Zlib => new ZLibStream(compressed, CompressionMode.Decompress),
                DebugCompression.Zstandard => new DecompressionStream(compressed),
                _ => null,
            };
            return plain is null ? null : ReadAll(plain, length);
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ZstdException or EndOfStreamException)
        {
            return null;
        }
    }

    public ElfFile? FindSplit(string name)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(objectPath))!;
        string[] candidates = [Path.ChangeExtension(Path.GetFullPath(objectPath), ".dwo"), Path.Combine(folder, Path.GetFileName(name))];
        string? path = candidates.FirstOrDefault(File.Exists);
        return path is not null && ElfReading.ReadBytes(path).Bytes is { } bytes ? ElfFile.Parse(bytes, Path.GetFileName(path), this).File : null;
    }

    public ElfFile? Reopen() => ElfReading.ReadBytes(objectPath).Bytes is { } bytes ? ElfFile.Parse(bytes, Path.GetFileName(objectPath), this).File : null;

    // Grows with what really comes, so that a small section that promises much takes little.
    private static ReadOnlyMemory<byte>? ReadAll(Stream plain, int length)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[81920];
        for (int read; all.Length <= length && (read = plain.Read(buffer)) > 0;)
        {
            all.Write(buffer, 0, read);
        }
        return all.Length == length ? all.GetBuffer().AsMemory(0, length) : null;
    }
}
