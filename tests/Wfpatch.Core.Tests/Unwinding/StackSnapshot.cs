// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>What Programs/snapshots.c wrote about itself.</summary>
internal sealed record StackSnapshot(RegisterSet Registers, List<Address> Backtrace, SegmentedMemory Stack, LoadedProgram Program, List<(AddressRange Range, string Name)> Symbols)
{
    public static StackSnapshot Take(string program, string kind)
    {
        var registers = default(RegisterSet);
        var backtrace = new List<Address>();
        var stacks = new List<(Address, ReadOnlyMemory<byte>)>();
        (Address Start, ReadOnlyMemory<byte> Bytes) vdso = default;
        string text = Toolchain.Run(program, kind);
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "registers":
                    for (int i = 0; i < RegisterSet.Count; i++)
                    {
                        registers[(Register)i] = ParseHex(words[i + 1]);
                    }
                    break;
                case "backtrace":
                    backtrace.AddRange(words.Skip(1).Select(w => new Address(ParseHex(w))));
                    break;
                case "stack":
                    stacks.Add((new Address(ParseHex(words[1])), Convert.FromHexString(words[2])));
                    break;
                case "vdso":
                    vdso = (new Address(ParseHex(words[1])), Convert.FromHexString(words[2]));
                    break;
            }
        }
        return new StackSnapshot(
            registers, backtrace, new SegmentedMemory(stacks), LoadedProgram.FromMaps(text, vdso.Start, vdso.Bytes), ReadSymbols(program, text));
    }

    /// <summary>The program's functions on the stack, the innermost first; those of libraries are left out.</summary>
    public List<string> NamesOf(StackTrace trace) =>
        [.. trace.Frames.SelectMany(f => Symbols.Where(s => s.Range.Contains(f.LookupAddress)).Select(s => s.Name).Take(1))];

    private static List<(AddressRange, string)> ReadSymbols(string program, string maps)
    {
        ulong start = ParseHex(maps.Split('\n').First(l => l.EndsWith(program, StringComparison.Ordinal)).Split('-')[0]);
        var (file, refusal) = ElfFile.Parse(File.ReadAllBytes(program), program);
        Assert.True(refusal is null, refusal?.ToString());
        return [.. file!.Symbols.Where(s => s.Kind == SymbolKind.Function && s.Size > 0)
            .Select(s => (AddressRange.OfLength(new Address(start + s.Value), (long)s.Size), s.Name.Split('.')[0]))];
    }

    private static ulong ParseHex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
