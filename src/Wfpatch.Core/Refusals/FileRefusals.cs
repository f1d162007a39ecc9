// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 1xx: patch files and ELF files.</summary>
public static class FileRefusals
{
    public static readonly RefusalKind NotElf = new("WF101", "not-elf", "The file or the memory is not an ELF image.", "Name a program, shared library or object file.");
    public static readonly RefusalKind WrongArchitecture = new("WF102", "wrong-architecture", "The ELF file is not for x86-64, 64 bit, little endian.", "wfpatch works for x86-64 alone.");
    public static readonly RefusalKind MalformedElf = new("WF103", "malformed-elf", "A table of the ELF file points outside the file or contradicts itself.", "Build or copy the file again.");
    public static readonly RefusalKind MalformedArchive = new("WF104", "malformed-archive", "The static archive ends before its members do or contradicts itself.", "Build or copy the archive again.");
    public static readonly RefusalKind ThinArchive = new("WF105", "thin-archive", "The static archive is a thin one: it holds names of object files, not their content.", "Name the trees of object files, or make an ordinary archive (ar without T).");
    public static readonly RefusalKind NotPatch = new("WF111", "not-a-patch", "The file is not a wfpatch patch file.", "Name a file made by wfpatch build.");
    public static readonly RefusalKind TruncatedPatch = new("WF112", "truncated-patch", "The patch file ends before its content does.", "Copy or build the patch file again.");
    public static readonly RefusalKind CorruptedPatch = new("WF113", "corrupted-patch", "The checksum of the patch file does not fit its content.", "Copy or build the patch file again.");
    public static readonly RefusalKind NewerPatch = new("WF114", "newer-patch", "The patch file has a format that this wfpatch does not know yet.", "Update wfpatch.");
    public static readonly RefusalKind MalformedPatch = new("WF115", "malformed-patch", "The content of the patch file contradicts itself.", "Build the patch again with this wfpatch.");
    public static readonly RefusalKind BadProfile = new("WF130", "bad-profile", "The profile is not valid TOML or has unknown or missing keys.", "Correct the profile; profiles/memcached.toml is an example.");
    public static readonly RefusalKind NoUnwindTable = new("WF120", "no-unwind-table", "A loaded program or library has no table to unwind its stack frames with.", "Use a policy that needs no stack traces (points), or a build that has .eh_frame_hdr.");
    public static readonly RefusalKind BadUnwindTable = new("WF121", "bad-unwind-table", "An unwind table is damaged or of a kind that is not known.", "Build the program or library again with a current compiler and linker.");

    public static readonly ImmutableArray<RefusalKind> All =
    [
        NotElf, WrongArchitecture, MalformedElf, MalformedArchive, ThinArchive,
        NotPatch, TruncatedPatch, CorruptedPatch, NewerPatch, MalformedPatch,
        NoUnwindTable, BadUnwindTable, BadProfile,
    ];
}
