// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Tests.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Elf;

public sealed class ElfFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int HeaderSize = 64;

    private readonly Toolchain _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [InlineData("object", "-c", "-O2", "-ffunction-sections")]
    [InlineData("program", "-O2")]
    public void A_damaged_file_is_refused_or_read(string name, params string[] options)
    {
        byte[] original = File.ReadAllBytes(_tools.CompileFile(name, "steps.c", options));
        var (runs, refused) = Fuzzing.Run(original, HotPlacesOf(original), (bytes, _) => ReadFile(bytes, name));
        output.WriteLine($"{runs} damaged files, {refused} refused");
        Assert.InRange(refused, 1, runs - 1);
    }

    [Theory]
    [InlineData("program", "-O2", "-Wl,--hash-style=gnu")]
    [InlineData("library", "-O2", "-shared", "-fPIC", "-Wl,--hash-style=sysv")]
    public void A_damaged_image_is_refused_or_read(string name, params string[] options)
    {
        byte[] original = File.ReadAllBytes(_tools.CompileFile(name, "steps.c", options));
        var (runs, refused) = Fuzzing.Run(original, HotPlacesOf(original), (bytes, _) => ReadImage(bytes, name));
        output.WriteLine($"{runs} damaged images, {refused} refused");
        Assert.InRange(refused, 1, runs - 1);
    }

    [Fact]
    public void Names_that_share_their_bytes_do_not_multiply_them()
    {
        // Thousands of symbols, each with the same name of a megabyte: gigabytes, if each had its own.
        byte[] original = File.ReadAllBytes(_tools.CompileFile("object", "steps.c", "-c"));
        var names = ElfFile.Parse(original, "object").File!.FindSection(".strtab")!;
        byte[] bytes = new byte[original.Length + (1 << 20) + (24 * 20_000)];
        original.CopyTo(bytes, 0);
        bytes.AsSpan(original.Length, 1 << 20).Fill((byte)'a');
        bytes[original.Length + (1 << 20) - 1] = 0;
        PointSectionTo(bytes, names.Index, original.Length, 1 << 20);
        int symbols = ElfFile.Parse(original, "object").File!.Sections.Single(s => s.Type == SectionType.SymbolTable).Index;
        PointSectionTo(bytes, symbols, original.Length + (1 << 20), 24 * 20_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var (_, refusal) = ElfFile.Parse(bytes, "bomb");

        Assert.Equal("WF103", refusal!.Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
    }

    internal static List<(int Start, int Length)> HotPlacesOf(byte[] bytes)
    {
        var places = new List<(int, int)> { (0, HeaderSize) };
        int programHeaders = BitConverter.ToUInt16(bytes, 56);
        int sectionHeaders = BitConverter.ToUInt16(bytes, 60);
        places.Add(((int)BitConverter.ToUInt64(bytes, 32), programHeaders * 56));
        places.Add(((int)BitConverter.ToUInt64(bytes, 40), sectionHeaders * 64));
        for (int i = 0; i < sectionHeaders; i++)
        {
            int header = (int)BitConverter.ToUInt64(bytes, 40) + (i * 64);
            uint type = BitConverter.ToUInt32(bytes, header + 4);
            // Everything but code, data and what takes no place in the file.
            if (type is not ((uint)SectionType.ProgramBits or (uint)SectionType.NoBits or (uint)SectionType.Null))
            {
                places.Add(((int)BitConverter.ToUInt64(bytes, header + 24), (int)BitConverter.ToUInt64(bytes, header + 32)));
            }
        }
        return places;
    }

    private static bool ReadFile(byte[] bytes, string name)
    {
        var (file, refusal) = ElfFile.Parse(bytes, name);
        Assert.True(file is null != refusal is null);
        if (file is null)
        {
            return true;
        }
        foreach (var section in file.Sections)
        {
            foreach (var relocation in file.RelocationsOf(section.Index))
            {
                // What readers do with it: they slice.
                Assert.True(relocation.Symbol >= 0 || (section.Flags & SectionFlags.Allocate) != 0 || section.Index == 0);
            }
        }
        foreach (var symbol in file.Symbols.Where(s => file.IsRelocatable && s.Kind == SymbolKind.Function && s.IsDefined && s.SectionIndex < file.Sections.Length))
        {
            var section = file.Sections[symbol.SectionIndex];
            if (section.Bytes.Length > 0)
            {
                _ = section.Bytes.Slice((int)symbol.Value, (int)symbol.Size);
            }
        }
        return false;
    }

    private static bool ReadImage(byte[] bytes, string name)
    {
        var (image, memory, refusal) = ElfImage.ReadFile(bytes, name);
        Assert.True(image is null != refusal is null);
        if (image is null)
        {
            return true;
        }
        Assert.NotNull(memory);
        int symbols = image.DynamicSymbols.Length;
        Assert.All(image.DynamicRelocations, r => Assert.True(r.Symbol == 0 || (r.Symbol > 0 && r.Symbol < symbols)));
        _ = image.FindDynamicSymbols("printf").ToList();
        _ = image.IsExecutable(image.Range.Start);
        _ = image.ToString();
        memory.TryReadUInt64(image.Range.End - 8, out _);
        return false;
    }

    private static void PointSectionTo(byte[] bytes, int section, int offset, int size)
    {
        int header = (int)BitConverter.ToUInt64(bytes, 40) + (section * 64);
        BitConverter.TryWriteBytes(bytes.AsSpan(header + 24), (ulong)offset);
        BitConverter.TryWriteBytes(bytes.AsSpan(header + 32), (ulong)size);
    }
}
