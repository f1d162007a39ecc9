// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 1xx: patch files and ELF files.</summary>
public static class FileRefusals
{
    public static readonly RefusalKind NotElf = new("WF101", "not-elf", "The file or the memory is not an ELF image.", "Name a program, shared library or object file.");
    public static readonly RefusalKind WrongArchitecture = new("WF102", "wrong-architecture", "The ELF file is not for x86-64, 64 bit, little endian.", "wfpatch works for x86-64 alone.");
    public static readonly RefusalKind MalformedElf = new("WF103", "malformed-elf", "A table of the ELF file points outside the file or contradicts itself.", "Build or copy the file again.");
    public static readonly RefusalKind BadProfile = new("WF130", "bad-profile", "The profile is not valid TOML or has unknown or missing keys.", "Correct the profile; profiles/memcached.toml is an example.");
    public static readonly RefusalKind NoUnwindTable = new("WF120", "no-unwind-table", "A loaded program or library has no table to unwind its stack frames with.", "Use a policy that needs no stack traces (points), or a build that has .eh_frame_hdr.");
    public static readonly RefusalKind BadUnwindTable = new("WF121", "bad-unwind-table", "An unwind table is damaged or of a kind that is not known.", "Build the program or library again with a current compiler and linker.");

    public static readonly ImmutableArray<RefusalKind> All = [NotElf, WrongArchitecture, MalformedElf, NoUnwindTable, BadUnwindTable, BadProfile];
}
