// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>A library as it is installed, laid out at an address: its functions, by its unwind table, and their bytes.</summary>
internal sealed record InstalledLibrary(string Name, AddressRange Range, ImmutableArray<AddressRange> Functions, IMemory File, long Bias)
{
    private static readonly string[] Folders = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib"];

    /// <summary>The libraries that every machine has that runs these tests, and libcrypto, which .NET needs for its own.</summary>
    public static ImmutableArray<string> Names { get; } = ["libc.so.6", "libm.so.6", "libcrypto.so.3", "libstdc++.so.6"];

    /// <summary>Reads a library's file; it is seen at <paramref name="start"/>.</summary>
    public static InstalledLibrary Load(string name, Address start) =>
        LoadFile(Folders.Select(f => Path.Combine(f, name)).First(System.IO.File.Exists), name, start);

    public static InstalledLibrary LoadFile(string path, string name, Address start)
    {
        var (image, memory, refusal) = ElfImage.ReadFile(System.IO.File.ReadAllBytes(path), name);
        Assert.Null(refusal);
        var (table, none) = UnwindTable.Read(image!, memory!);
        Assert.Null(none);
        long bias = start - image!.Range.Start;
        var functions = table!.Functions.Where(f => f.Length > 0).Select(f => new AddressRange(f.Start + bias, f.End + bias)).ToImmutableArray();
        return new InstalledLibrary(name, new AddressRange(image.Range.Start + bias, image.Range.End + bias), functions, memory!, bias);
    }

    /// <summary>The bytes of a function and as many as a plan needs; null at the very end of the code.</summary>
    public byte[]? Read(AddressRange function) =>
        File.Read(function.Start - Bias, (int)Math.Max(function.Length, EntryCode.CodeBytes));
}
