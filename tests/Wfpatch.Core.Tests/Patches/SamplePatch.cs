// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;

namespace Wfpatch.Core.Tests.Patches;

/// <summary>A small sound patch that has one of everything.</summary>
internal static class SamplePatch
{
    public static ObjectPatch Object { get; } = new()
    {
        ObjectName = "server",
        BuildId = "0123456789abcdef0123456789abcdef01234567",
        Symbols =
        [
            new("work", "", PatchSymbolKind.Function, -1, 0, 12, null),
            new("work", "", PatchSymbolKind.Function, 0, 0, 12, null),
            new("counter", "server.c", PatchSymbolKind.Data, -1, 0, 8, null),
            new(".rodata.str1.1", "server.c", PatchSymbolKind.Constant, -1, 0, 4, "old\0"u8.ToArray()),
            new("text", "", PatchSymbolKind.Constant, 1, 0, 4, null),
            new("mine", "server.c", PatchSymbolKind.ThreadLocal, -1, 0, 4, null),
            new("puts", "", PatchSymbolKind.Unknown, -1, 0, 0, null),
            new("serve", "server.c", PatchSymbolKind.Function, -1, 0, 9, null),
        ],
        OldFunctions =
        [
            new("work", "", OldFunctionRole.Replaced, 0, new byte[] { 0x8b, 5, 0, 0, 0, 0, 0x48, 0x8d, 5, 0, 0, 0, 0, 0xc3 },
                [new(2, RelocationType.Pc32, 2, -4), new(9, RelocationType.Pc32, 3, -4)]),
            new("serve", "server.c", OldFunctionRole.Point, 7, new byte[] { 0xe8, 0, 0, 0, 0, 0xc3 }, [new(1, RelocationType.Plt32, -1, -4)]),
        ],
        Sections =
        [
            new(".text.work", PatchSectionKind.Code, 16, new byte[] { 0x48, 0x8d, 5, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0xc3 },
                [new(3, RelocationType.Pc32, 4, -4), new(8, RelocationType.Plt32, 6, -4)]),
            new(".rodata", PatchSectionKind.ReadOnlyData, 1, "new\0"u8.ToArray(), []),
            new(".eh_frame", PatchSectionKind.UnwindTable, 8, new byte[40], [new(32, RelocationType.Pc32, 1, 0)]),
        ],
        Replacements = [new Replacement(0, 1)],
    };

    public static ImmutableArray<ObjectPatch> Objects => [Object];

    public static byte[] Bytes => PatchWriter.Encode(Objects, "sample").Bytes;
}
