// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Elf;

/// <summary>How a section is compressed: ch_type of its Elf64_Chdr (gABI, "Section Compression").</summary>
public enum DebugCompression : uint
{
    Zlib = 1,
    Zstandard = 2,
}

/// <summary>What the debug information of an object file needs beside the file's bytes. An edge provides it: Core opens no file and has no decompressor.</summary>
public interface IDebugFiles
{
    /// <summary>What a compressed section holds; null where that cannot be had.</summary>
    /// <param name="length">Bytes that come out, as the section says; a section that lies about it gives null.</param>
    ReadOnlyMemory<byte>? Decompress(DebugCompression compression, ReadOnlyMemory<byte> bytes, int length);

    /// <summary>The file of split debug information (.dwo) that the object names; null where it is not there or is no ELF file.</summary>
    ElfFile? FindSplit(string name);

    /// <summary>The object file itself, with all that it holds; null where it is there no more.</summary>
    ElfFile? Reopen();
}
