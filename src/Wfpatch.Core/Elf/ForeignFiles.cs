// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Core.Elf;

/// <summary>Files that stand where an object file is expected, and are none: told by their first bytes, so that the refusal says what they are.</summary>
public static class ForeignFiles
{
    /// <summary>How many bytes are enough to tell.</summary>
    public const int Enough = 16;

    /// <summary>Null for an ELF file and for what is not known.</summary>
    public static Refusal? Find(ReadOnlySpan<byte> start, string name)
    {
        // LLVM's bitcode, plain or in its wrapper (LLVM Bitcode File Format).
        const uint Bitcode = 0xdec04342, Wrapper = 0x0b17c0de;
        if (start.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(start) is Bitcode or Wrapper)
        {
            return DiffRefusals.LinkTimeOptimization.About(name, $"{name} is LLVM bitcode (clang -flto), which becomes machine code only when the program is linked.");
        }
        return start.StartsWith("go object "u8)
            ? DiffRefusals.ForeignLanguage.About(name, $"{name} was made by the Go compiler; wfpatch makes patches of C and C++ alone.")
            : null;
    }
}
