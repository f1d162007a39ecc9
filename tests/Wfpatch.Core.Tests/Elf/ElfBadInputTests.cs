// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.Tests.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Elf;

public sealed class ElfBadInputTests : IDisposable
{
    private readonly Toolchain _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("7f")]
    [InlineData("7f454c46")]
    [InlineData("23212f62696e2f73680a6563686f2068656c6c6f20776f726c6420616e64206d6f7265206f6620697420746f20626520616c6f6e6720656e6f7567680a0a0a0a0a0a0a")]
    public void What_is_no_ELF_file_is_called_so(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        foreach (var refusal in Both(bytes))
        {
            Assert.Equal("WF101", refusal!.Code);
            Assert.Equal("it is not an ELF file.", refusal.Sentence);
        }
        Assert.Equal("WF101", ElfImage.Read(new SegmentedMemory([(new Address(0x1000), bytes)]), new Address(0x1000), "it").Refusal!.Code);
    }

    [Theory]
    [InlineData(4, 1)] // ELFCLASS32
    [InlineData(5, 2)] // big endian
    [InlineData(18, 183)] // EM_AARCH64
    [InlineData(18, 3)] // EM_386
    public void Another_architecture_is_called_so(int offset, byte value)
    {
        byte[] bytes = Compile("program", "-O1");
        bytes[offset] = value;
        foreach (var refusal in Both(bytes))
        {
            Assert.Equal("WF102", refusal!.Code);
            Assert.Contains("wfpatch works for x86-64 alone", refusal.Sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_real_32_bit_header_is_called_another_architecture()
    {
        byte[] bytes = new byte[52];
        Convert.FromHexString("7f454c4601010100").CopyTo(bytes, 0);
        bytes[16] = 2;
        bytes[18] = 3;
        Array.Resize(ref bytes, 200);
        Assert.Equal("WF102", ElfFile.Parse(bytes, "it").Refusal!.Code);
    }

    [Fact]
    public void A_truncated_object_is_refused_wherever_it_was_cut()
    {
        byte[] bytes = Compile("object", "-c");
        for (int length = 0; length < bytes.Length; length++)
        {
            // The section table is a file's end.
            var (file, refusal) = ElfFile.Parse(bytes.AsMemory(0, length), "it");
            Assert.Null(file);
            Assert.Equal(length < 64 ? "WF101" : "WF103", refusal!.Code);
        }
    }

    [Fact]
    public void A_truncated_program_is_refused_or_has_all_its_segments()
    {
        byte[] bytes = Compile("program", "-O1");
        var (whole, _, _) = ElfImage.ReadFile(bytes, "it");
        int needed = (int)whole!.Segments.Max(s => s.FileOffset + s.FileSize);
        for (int length = 0; length < bytes.Length; length += 7)
        {
            var (image, _, refusal) = ElfImage.ReadFile(bytes.AsMemory(0, length), "it");
            Assert.Equal(length >= needed, image is not null);
            Assert.Equal(length < needed, refusal is not null);
        }
    }

    [Fact]
    public void An_object_file_is_no_image()
    {
        var (image, _, refusal) = ElfImage.ReadFile(Compile("object", "-c"), "it");
        Assert.Null(image);
        Assert.Equal("WF103", refusal!.Code);
    }

    [Fact]
    public void A_program_that_kept_its_relocations_is_read()
    {
        var (file, refusal) = ElfFile.Parse(Compile("program", "-Wl,--emit-relocs"), "it");
        Assert.True(refusal is null, refusal?.ToString());
        Assert.NotEmpty(file!.RelocationsOf(file.FindSection(".text")!.Index));
    }

    [Theory]
    [MemberData(nameof(Installed))]
    public void Installed_objects_are_read_whole(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Null(ElfFile.Parse(bytes, path).Refusal);
        var (image, _, refusal) = ElfImage.ReadFile(bytes, path);
        Assert.True(refusal is null, refusal?.ToString());
        Assert.Matches("^[0-9a-f]{40}$", image!.BuildId);

        var symbols = Toolchain.Run("readelf", "-W", "--dyn-syms", path).Split('\n').Count(l => l.Length > 7 && char.IsDigit(l.TrimStart()[0]) && l.Contains(':', StringComparison.Ordinal));
        Assert.Equal(symbols, image.DynamicSymbols.Length);
    }

    public static TheoryData<string> Installed => InstalledLibraries.Theory();

    private byte[] Compile(string name, params string[] options) => File.ReadAllBytes(_tools.CompileFile(name, "steps.c", options));

    private static Refusal?[] Both(byte[] bytes) => [ElfFile.Parse(bytes, "it").Refusal, ElfImage.ReadFile(bytes, "it").Refusal];
}
