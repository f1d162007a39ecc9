// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>ELF files from the disk; a file that cannot be read is a refusal.</summary>
internal static class ElfReading
{
    private const long LargestFile = 1L << 31;

    public static (byte[]? Bytes, Refusal? Refusal) ReadBytes(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length >= LargestFile)
            {
                return (null, BuildRefusals.CannotRead.About(path, $"{path} is larger than 2 GiB."));
            }
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return (bytes, null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, BuildRefusals.CannotRead.About(path, $"{path} cannot be read: {failure.Message}"));
        }
    }

    public static (ElfFile? File, Refusal? Refusal) Read(string path)
    {
        var (bytes, refusal) = ReadBytes(path);
        return bytes is null ? (null, refusal) : ElfFile.Parse(bytes, Path.GetFileName(path), new DebugFiles(path));
    }

    public static bool IsElf(string path) => Start(path).StartsWith("\u007fELF"u8);

    /// <summary>What stands in place of an object file, if that is known.</summary>
    public static Refusal? FindForeign(string path, string name) => ForeignFiles.Find(Start(path), name);

    private static ReadOnlySpan<byte> Start(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            byte[] start = new byte[ForeignFiles.Enough];
            return start.AsSpan(0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The build-id of a program or library; null where it has none.</summary>
    public static (string? BuildId, Refusal? Refusal) ReadBuildId(string path)
    {
        var (bytes, refusal) = ReadBytes(path);
        if (bytes is null)
        {
            return (null, refusal);
        }
        var (image, _, malformed) = ElfImage.ReadFile(bytes, Path.GetFileName(path));
        return (image?.BuildId, malformed);
    }
}
