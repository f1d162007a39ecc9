// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Diffing;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Diffing;

/// <summary>Objects with damaged and hostile debug information, and objects cut anywhere: a patch that keeps the rules or a refusal; the work is bounded.</summary>
public sealed class HostileObjectTests : IDisposable
{
    private const int Rounds = 1_500;

    /// <summary>A sound pair of these objects takes less than a tenth of it.</summary>
    private const long MostMemory = 256 << 20;

    private const string Source = """
        #include <stddef.h>
        namespace app {
        struct Base { virtual ~Base() {} virtual int area() const = 0; };
        template <typename T> struct Box : Base { T value; union { int i; float f; } u; int bits : 3; int area() const override { static int calls; return ++calls + SIDE; } };
        enum Kind { first, second };
        typedef struct { Kind kind; int numbers[3][MORE]; } Plain;
        }
        static app::Plain plain;
        int use(int x) { static int calls; app::Box<short> box; box.value = (short)x; return box.area() + ++calls + plain.numbers[0][1] * SIDE; }
        """;

    private readonly string _output = Directory.CreateTempSubdirectory("wfpatch-hostile-").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Theory]
    [InlineData("-g")]
    [InlineData("-gdwarf-4")]
    [InlineData("-g -fdebug-types-section")]
    [InlineData("-gdwarf-4 -fdebug-types-section")]
    public void Damaged_debug_information_does_no_harm(string flags)
    {
        byte[] old = CompileSource("old", flags, "-DSIDE=3", "-DMORE=4"), @new = CompileSource("new", flags, "-DSIDE=5", "-DMORE=5");
        var places = DebugBytes(old);
        var newPlaces = DebugBytes(@new);
        for (int seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            Expect(Damaged(old, places, random), Damaged(@new, newPlaces, random), $"{flags}, seed {seed}");
        }
    }

    [Theory]
    [InlineData("-O2")]
    [InlineData("-g")]
    public void Objects_that_end_anywhere_do_no_harm(string flags)
    {
        byte[] old = CompileSource("old", flags, "-DSIDE=3", "-DMORE=4"), @new = CompileSource("new", flags, "-DSIDE=5", "-DMORE=5");
        for (int seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            // A cut object with its section table: what it says lies outside the file.
            byte[] cut = [.. @new];
            int at = random.Next(64, cut.Length);
            int length = Math.Min(random.Next(1, 400), cut.Length - at);
            if (random.Next(2) == 0)
            {
                Array.Clear(cut, at, length);
            }
            else
            {
                cut = [.. cut[..at], .. cut[(at + length)..]];
            }
            Expect(old, cut, $"{flags}, seed {seed}");
        }
    }

    /// <summary>Each asks for work without end, or for a stack without end, in a few hundred kilobytes.</summary>
    [Theory]
    [InlineData("attributes without bytes, in many entries", ".uleb128 1\n.uleb128 0x0d\n.byte 0\n.rept 20000\n.uleb128 0x3c\n.uleb128 0x19\n.endr\n.byte 0, 0, 0", ".rept 200000\n.uleb128 1\n.endr")]
    [InlineData("a structure that holds itself", ".uleb128 1\n.uleb128 0x13\n.byte 1\n.uleb128 0x0b\n.uleb128 0x0b\n.byte 0, 0\n.uleb128 2\n.uleb128 0x0d\n.byte 0\n.uleb128 0x49\n.uleb128 0x13\n.byte 0, 0\n.uleb128 3\n.uleb128 0x16\n.byte 0\n.uleb128 0x03\n.uleb128 0x08\n.uleb128 0x49\n.uleb128 0x13\n.byte 0, 0, 0",
        ".uleb128 1\n.byte 4\n.rept 30\n.uleb128 2\n.long 12\n.endr\n.byte 0\n.uleb128 3\n.asciz \"self\"\n.long 12")]
    [InlineData("types that lead to each other", ".uleb128 1\n.uleb128 0x16\n.byte 0\n.uleb128 0x03\n.uleb128 0x08\n.uleb128 0x49\n.uleb128 0x13\n.byte 0, 0, 0", ".rept 1000\n.uleb128 1\n.asciz \"a\"\n.long 12\n.endr")]
    [InlineData("entries within entries", ".uleb128 1\n.uleb128 0x39\n.byte 1\n.byte 0, 0, 0", ".rept 200000\n.uleb128 1\n.endr")]
    [InlineData("a form that leads to itself", ".uleb128 1\n.uleb128 0x13\n.byte 0\n.uleb128 0x03\n.uleb128 0x16\n.byte 0, 0, 0", ".uleb128 1\n.rept 100000\n.uleb128 0x16\n.endr")]
    [InlineData("names that share their bytes", ".uleb128 1\n.uleb128 0x13\n.byte 0\n.uleb128 0x03\n.uleb128 0x0e\n.uleb128 0x0b\n.uleb128 0x0b\n.byte 0, 0, 0", ".rept 50000\n.uleb128 1\n.long 0\n.byte 4\n.endr")]
    public void What_asks_for_work_without_end_is_left(string what, string abbreviations, string entries)
    {
        string DebugSections(int value) => $$"""
                .section .text.use,"ax",@progbits
                .globl use
                .type use,@function
            use:
                .cfi_startproc
                movl ${{value}}, %eax
                ret
                .cfi_endproc
                .size use, .-use
                .section .debug_abbrev,"",@progbits
            {{abbreviations}}
                .section .debug_info,"",@progbits
                .long 2f - 1f
            1:  .value 5
                .byte 1, 8
                .long 0
            {{entries}}
            2:
                .section .debug_str,"MS",@progbits,1
                .rept 100000
                .byte 'a'
                .endr
                .byte 0
                .section .note.GNU-stack,"",@progbits

            """;
        byte[] old = Assemble("old", DebugSections(1)), @new = Assemble("new", DebugSections(2));
        var result = Expect(old, @new, what);
        Assert.NotNull(result!.Patch);
    }

    private static DiffResult? Expect(byte[] old, byte[] @new, string what)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var (oldFile, oldRefusal) = ElfFile.Parse(old, "old.o");
            var (newFile, newRefusal) = ElfFile.Parse(@new, "new.o");
            Assert.True(oldFile is null != oldRefusal is null && newFile is null != newRefusal is null, what);
            if (oldFile is null || newFile is null)
            {
                return null;
            }
            var result = ObjectDiffer.Diff(oldFile, newFile, new DiffOptions { ObjectName = "server" });
            Assert.True(result.Patch is { } patch ? PatchRules.Check([patch]).Count == 0 : !result.Refusals.IsEmpty, what);
            return result;
        }
        catch (Exception crash) when (crash is not Xunit.Sdk.IAssertionException)
        {
            throw new InvalidOperationException(what, crash);
        }
        finally
        {
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostMemory, $"{what}: {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        }
    }

    private static byte[] Damaged(byte[] sound, int[] places, Random random)
    {
        byte[] damaged = [.. sound];
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = places[random.Next(places.Length)];
            switch (random.Next(3))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged[at] = 0xff;
                    break;
                default:
                    int length = Math.Min(random.Next(1, 9), damaged.Length - at);
                    random.NextBytes(damaged.AsSpan(at, length));
                    break;
            }
        }
        return damaged;
    }

    /// <summary>Offsets in the file of all bytes of debug sections.</summary>
    private static int[] DebugBytes(byte[] file)
    {
        var places = new List<int>();
        foreach (var section in ElfFile.Parse(file, "sound").File!.Sections.Where(s => s.Name.Contains(".debug", StringComparison.Ordinal) && s.Bytes.Length > 0))
        {
            Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(section.Bytes, out var segment));
            places.AddRange(Enumerable.Range(segment.Offset, segment.Count));
        }
        return [.. places];
    }

    private byte[] CompileSource(string name, string flags, params string[] defines)
    {
        string source = Path.Combine(_output, $"{name}.cc");
        File.WriteAllText(source, Source);
        return Compile(source, name, [.. flags.Split(' '), .. defines]);
    }

    private byte[] Assemble(string name, string text)
    {
        string source = Path.Combine(_output, $"{name}.s");
        File.WriteAllText(source, text);
        return Compile(source, name, []);
    }

    private byte[] Compile(string source, string name, string[] flags)
    {
        string target = Path.Combine(_output, name + ".o");
        Compiler.Compile(source, target, flags);
        return File.ReadAllBytes(target);
    }
}
