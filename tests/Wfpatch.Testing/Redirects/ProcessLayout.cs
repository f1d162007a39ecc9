// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Testing.Redirects;

/// <summary>A process as the kernel and the loader lay it out: a program, its heap, libraries one below the other, stacks.</summary>
public sealed record ProcessLayout(InstalledBinary? Program, ImmutableArray<InstalledBinary> Libraries)
{
    private static readonly Address ProgramStart = new(0x5581_2f4a_c000), Top = new(0x7f3a_5c00_0000);

    /// <param name="program">A file; null: a small program that is not looked at.</param>
    /// <param name="libraries">Names.</param>
    public static ProcessLayout Of(string? program, IEnumerable<string> libraries)
    {
        List<InstalledBinary> loaded = [];
        var top = Top;
        foreach (string name in libraries)
        {
            long length = (long)InstalledBinary.Load(name, Address.Zero).Range.Length;
            loaded.Add(InstalledBinary.Load(name, top - length));
            top = loaded[^1].Range.Start - 0x3000;
        }
        return new ProcessLayout(program is null ? null : InstalledBinary.LoadFile(program, Path.GetFileName(program), ProgramStart), [.. loaded]);
    }

    public ImmutableArray<AddressRange> Mapped()
    {
        var program = Program?.Range ?? AddressRange.OfLength(ProgramStart, 0x2_8000);
        var lowest = Libraries[^1].Range.Start;
        return
        [
            .. Libraries.Select(l => l.Range),
            program,
            AddressRange.OfLength(program.End + 0x1a2_c000, 0x404_2000), // its heap, with room to grow
            AddressRange.OfLength(Top + 0x1_3000, 0x3_9000), // the loader
            AddressRange.OfLength(lowest - 0x4_2000, 0x4_0000), // thread stacks and arenas
            AddressRange.OfLength(lowest - 0x6400_0000, 0x400_0000),
            AddressRange.OfLength(new Address(0x7ffc_11c8_2000), 0x2_1000), // the main thread's stack
        ];
    }
}
