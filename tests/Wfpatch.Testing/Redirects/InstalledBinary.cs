// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Unwinding;
using Wfpatch.Core.X86;

namespace Wfpatch.Testing.Redirects;

/// <summary>A program or library as it is installed, laid out at an address: its functions, by its unwind table, and their bytes.</summary>
/// <param name="Functions">Everything that may be called: the frame of the caller is untouched at its first instruction.</param>
/// <param name="Parts">What the table has beside it: parts of functions that are only jumped to (.cold), stubs.</param>
/// <param name="Code">Its code and data, at the addresses at which it is seen.</param>
/// <param name="Exported">Where its dynamic symbols are.</param>
public sealed record InstalledBinary(
    string Name, AddressRange Range, ImmutableArray<AddressRange> Functions, ImmutableArray<AddressRange> Parts, IMemory File, long Bias,
    ObjectCode Code, ImmutableHashSet<Address> Exported)
{
    private readonly Approaches _approaches = new(Code);

    private static readonly string[] Folders =
        ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib", "/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu/samba"];

    /// <summary>The libraries that every machine has that runs these tests, and libcrypto, which .NET needs for its own.</summary>
    public static ImmutableArray<string> Libraries { get; } = ["libc.so.6", "libm.so.6", "libcrypto.so.3", "libstdc++.so.6"];

    /// <summary>Where a file of that name is installed, or that path itself; null: nowhere that is looked at.</summary>
    /// <param name="root">Where the file system is that is looked at.</param>
    public static string? Find(string name, string root = "/") =>
        Folders.Select(f => Path.Combine(root + f, name)).FirstOrDefault(System.IO.File.Exists);

    /// <summary>Reads a library's file; it is seen at <paramref name="start"/>.</summary>
    public static InstalledBinary Load(string name, Address start) =>
        LoadFile(Find(name) ?? throw new FileNotFoundException($"{name} is not installed"), Path.GetFileName(name), start);

    /// <summary>Reads a file; it is seen at <paramref name="start"/>, or where it must be.</summary>
    public static InstalledBinary LoadFile(string path, string name, Address start)
    {
        var (image, memory, refusal) = ElfImage.ReadFile(System.IO.File.ReadAllBytes(path), name);
        if (image is null)
        {
            throw new InvalidDataException(refusal!.Sentence);
        }
        var (table, none) = UnwindTable.Read(image, memory!);
        if (table is null)
        {
            throw new InvalidDataException(none!.Sentence);
        }
        long bias = image.IsPositionIndependent ? start - image.Range.Start : 0;
        var ranges = table.Functions.Where(f => f.Length > 0).ToLookup(f => IsCalled(table, f.Start), f => new AddressRange(f.Start + bias, f.End + bias));
        return new InstalledBinary(
            name, new AddressRange(image.Range.Start + bias, image.Range.End + bias), [.. ranges[true]], [.. ranges[false]], memory!, bias,
            new ObjectCode(Blocks(image, memory!, bias, s => s.IsExecutable), Blocks(image, memory!, bias, s => !s.IsExecutable), [.. table.Functions.Select(f => new AddressRange(f.Start + bias, f.End + bias))], image.IsPositionIndependent)
            {
                Relocated = [.. image.DynamicRelocations.Where(r => r.Symbol == 0).Select(r => new Address((ulong)(r.Addend + bias)))],
            },
            [.. image.DynamicSymbols.Where(s => s.IsDefined).Select(s => new Address(s.Value + (ulong)bias))]);
    }

    /// <summary>The bytes of a function and as many as a plan needs; null at the very end of the code.</summary>
    public byte[]? Read(AddressRange function) =>
        File.Read(function.Start - Bias, (int)Math.Max(function.Length, EntryCode.CodeBytes));

    /// <summary>What may lead into some bytes of a function, from all of its code and data.</summary>
    public Address? FindApproach(AddressRange into, AddressRange function) => _approaches.Find(into, function);

    /// <summary>Whether it is a part that is only jumped to, though nothing but the return address is on the stack there: nothing calls it,
    /// names its address, or exports it.</summary>
    public bool IsPart(AddressRange function)
    {
        var start = AddressRange.OfLength(function.Start, 1);
        return !Exported.Contains(function.Start) && _approaches.FindReference(start) is null;
    }

    private static ImmutableArray<(Address Start, ReadOnlyMemory<byte> Bytes)> Blocks(ElfImage image, IMemory memory, long bias, Func<ElfSegment, bool> wanted) =>
        [.. image.Segments.Where(wanted).Select(s => (s.Address + bias, (ReadOnlyMemory<byte>)memory.Read(s.Address, (int)s.FileSize)!))];

    /// <summary>Whether nothing but the return address is on the stack at the first instruction.</summary>
    private static bool IsCalled(UnwindTable table, Address entry)
    {
        var frame = new FrameRule(FrameRuleKind.Register, (byte)Register.Rsp, 8);
        return table.FindRow(entry, out var row) == UnwindFailureReason.None && row.FrameAddress == frame;
    }
}
