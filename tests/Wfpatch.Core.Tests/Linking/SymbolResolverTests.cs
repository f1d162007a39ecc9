// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Tests.Matching;
using Xunit;

namespace Wfpatch.Core.Tests.Linking;

public sealed class SymbolResolverTests
{
    private const ulong ProgramStart = 0x5600_0000_0000;
    private const ulong LibraryStart = 0x7f00_0000_0000;
    private const ulong OtherStart = 0x7f00_1000_0000;

    private static readonly Dictionary<string, string> Sources = new()
    {
        ["program.c"] = """
            extern int shared_data, imported(int), versioned(int), indirect(int), interposed(int);
            extern int optional(int) __attribute__((weak));
            extern __thread int per_thread;
            int interposed(int x) { return x; }
            int main(void) { return shared_data + imported(1) + versioned(2) + indirect(3) + per_thread + (optional ? optional(1) : 0); }
            """,
        ["library.c"] = """
            int shared_data = 5, own_data = 6;
            __thread int per_thread, other_thread;
            int imported(int x) { return x + shared_data + per_thread + other_thread; }
            int interposed(int x) { return x + 1; }
            int only_library(int x) { return interposed(x) + imported(x); }
            static int fast(int x) { return x * 2; }
            static int (*choose(void))(int) { return fast; }
            int indirect(int) __attribute__((ifunc("choose")));
            int indirect_alone(int) __attribute__((ifunc("choose")));
            int calls_indirect(int x) { return indirect(x); }
            __attribute__((visibility("hidden"))) int hidden(int x) { return x - 1; }
            int uses_hidden(int x) { return hidden(x); }
            int versioned_old(int x) { return x + 100; }
            int versioned_new(int x) { return x + 200; }
            __asm__(".symver versioned_old, versioned@V1");
            __asm__(".symver versioned_new, versioned@@V2");
            """,
        ["other.c"] = """
            extern int imported(int), only_library(int), indirect(int);
            int own(int x) { return imported(x) + only_library(x) + indirect(x); }
            int shared_data = 9;
            """,
        // Linked against the version that is no longer the default, and against both.
        ["older.c"] = """
            extern int versioned(int);
            __asm__(".symver versioned, versioned@V1");
            int calls(int x) { return versioned(x) + 1; }
            """,
        ["both.c"] = """
            extern int first(int), second(int);
            __asm__(".symver first, versioned@V1");
            __asm__(".symver second, versioned@V2");
            int calls_both(int x) { return first(x) + second(x); }
            """,
        ["guarded.c"] = """
            __attribute__((visibility("protected"))) int interposed(int x) { return x - 7; }
            int own_data = 8;
            int only_library(int x) { return x; }
            """,
        ["fixed.c"] = """
            extern int imported(int), only_library(int);
            int (*volatile pointer)(int);
            int main(void) { pointer = imported; return imported(1) + only_library(2); }
            """,
        ["map"] = "V1 { global: versioned; }; V2 { global: versioned; shared_data; own_data; per_thread; other_thread; imported; interposed; only_library; indirect; indirect_alone; calls_indirect; uses_hidden; local: *; } V1;",
    };

    private static readonly Lazy<Dictionary<string, byte[]>> Files = new(() => Gcc.Build(
        Sources,
        [
            ["gcc", "-O2", "-fPIC", "-shared", "-Wl,--version-script=map", "library.c", "-o", "library.so"],
            ["gcc", "-O2", "-fPIC", "-shared", "-Wl,-z,lazy", "other.c", "-o", "other.so"],
            ["gcc", "-O2", "-fPIE", "-pie", "-rdynamic", "-Wl,-z,lazy", "program.c", "./library.so", "-o", "program"],
            ["strip", "program"],
            ["gcc", "-O2", "-fPIC", "-shared", "-Wl,-z,lazy", "older.c", "./library.so", "-o", "older.so"],
            ["gcc", "-O2", "-fPIC", "-shared", "-Wl,-z,lazy", "both.c", "./library.so", "-o", "both.so"],
            ["gcc", "-O2", "-fPIC", "-shared", "guarded.c", "-o", "guarded.so"],
            ["gcc", "-O2", "-fPIC", "-shared", "-Wl,-Bsymbolic", "guarded.c", "-o", "symbolic.so"],
            ["gcc", "-O2", "-fno-pie", "-no-pie", "-Wl,-z,lazy", "fixed.c", "./library.so", "-o", "fixed"],
        ],
        "program", "library.so", "other.so", "older.so", "both.so", "guarded.so", "symbolic.so", "fixed"));

    private static LoadedObjects Load() => LoadedObjects.Of(
        ("program", ProgramStart, Files.Value["program"]), ("library.so", LibraryStart, Files.Value["library.so"]), ("other.so", OtherStart, Files.Value["other.so"]),
        ("older.so", OtherStart + 0x1000_0000, Files.Value["older.so"]), ("both.so", OtherStart + 0x2000_0000, Files.Value["both.so"]),
        ("guarded.so", OtherStart + 0x3000_0000, Files.Value["guarded.so"]), ("symbolic.so", OtherStart + 0x4000_0000, Files.Value["symbolic.so"]));

    [Fact]
    public void TheSlotOfTheObjectIsTheTruth()
    {
        var loaded = Load();
        loaded.Bind("program", "imported", 0x7f33_0000_1230);
        Assert.Equal(0x7f33_0000_1230UL, loaded.Resolve("program", "imported").Value);
    }

    [Fact]
    public void ASlotThatIsNotBoundYetIsNoAnswer()
    {
        var loaded = Load();
        var program = loaded.Images["program"];
        var slot = program.DynamicRelocations.Single(r => r.Type == RelocationType.JumpSlot && program.DynamicSymbols[r.Symbol].Name == "imported");
        var content = new byte[8];
        Assert.True(loaded.Memory.TryRead(program.ToMemory(slot.Offset), content));
        Assert.True(program.IsExecutable(new Address(BitConverter.ToUInt64(content))));
        Assert.Equal(loaded.AddressOf("library.so", "imported"), loaded.Resolve("program", "imported").Value);
    }

    [Fact]
    public void TheLookupGoesThroughTheObjectsInLoadOrder()
    {
        var loaded = Load();
        Assert.Equal(loaded.AddressOf("library.so", "only_library"), loaded.Resolve("program", "only_library").Value);
        // The program's definition comes before the library's, for the library too.
        Assert.Equal(loaded.AddressOf("program", "interposed"), loaded.Resolve("library.so", "interposed").Value);
        Assert.Equal(loaded.AddressOf("library.so", "own_data"), loaded.Resolve("other.so", "own_data").Value);
    }

    [Fact]
    public void AVariableThatTheProgramCopiedIsTheProgramsCopy()
    {
        var loaded = Load();
        Assert.Contains(loaded.Images["program"].DynamicRelocations, r => r.Type == RelocationType.Copy);
        ulong copy = loaded.AddressOf("program", "shared_data");
        Assert.InRange(copy, ProgramStart, LibraryStart);
        Assert.Equal(copy, loaded.Resolve("library.so", "shared_data").Value);
        Assert.Equal(copy, loaded.Resolve("program", "shared_data").Value);
    }

    /// <summary>The program's entry in its linkage table, wherever the calls of an object are bound to the function itself.</summary>
    [Fact]
    public void AFunctionWhoseAddressAProgramAtAFixedPlaceUsesHasOneAddressForAll()
    {
        var loaded = LoadedObjects.Of(("fixed", 0, Files.Value["fixed"]), ("library.so", LibraryStart, Files.Value["library.so"]), ("other.so", OtherStart, Files.Value["other.so"]));
        var program = loaded.Images["fixed"];
        ulong entry = program.FindDynamicSymbols("imported").Single(s => s.Value != 0).Value;
        Assert.True(program.IsExecutable(new Address(entry)));
        loaded.Bind("other.so", "imported", loaded.AddressOf("library.so", "imported"));
        Assert.Equal(entry, loaded.Resolve("fixed", "imported").Value);
        Assert.Equal(entry, loaded.Resolve("other.so", "imported").Value);
        Assert.Equal(loaded.AddressOf("library.so", "only_library"), loaded.Resolve("fixed", "only_library").Value);
    }

    [Fact]
    public void OfSeveralVersionsTheDefaultOneIsTaken()
    {
        var loaded = Load();
        var library = loaded.Images["library.so"];
        var both = library.FindDynamicSymbols("versioned").ToList();
        Assert.Equal(2, both.Count);
        var newer = Assert.Single(both, library.IsDefaultVersion);
        Assert.Equal(library.ToMemory(newer.Value).Value, loaded.Resolve("other.so", "versioned").Value);
        // lea 200(%rdi),%eax
        var code = new byte[6];
        Assert.True(loaded.Memory.TryRead(library.ToMemory(newer.Value), code));
        Assert.Equal(Convert.FromHexString("8d87c8000000"), code);
    }

    [Fact]
    public void OfSeveralVersionsTheOneIsTakenThatTheObjectWasLinkedAgainst()
    {
        var loaded = Load();
        var library = loaded.Images["library.so"];
        ulong Place(string version) => library.ToMemory(library.FindDynamicSymbols("versioned").Single(s => library.VersionOf(s) == version).Value).Value;
        Assert.NotEqual(Place("V1"), Place("V2"));
        // Not bound yet: the object itself says which.
        Assert.Equal(Place("V1"), loaded.Resolve("older.so", "versioned").Value);
        Assert.Equal(Place("V2"), loaded.Resolve("program", "versioned").Value);
        // New code says which.
        Assert.Equal(Place("V1"), loaded.Resolve("program", "versioned@V1").Value);
        Assert.Equal(Place("V2"), loaded.Resolve("older.so", "versioned@V2").Value);
        Assert.Equal(Place("V2"), loaded.Resolve("other.so", "versioned@@V2").Value);
        Assert.Equal(Place("V1"), loaded.Resolve("both.so", "versioned@V1").Value);
        Assert.Equal(Place("V2"), loaded.Resolve("both.so", "versioned@V2").Value);
        Assert.Null(loaded.Resolve("program", "versioned@V3").Value);
        Assert.Contains("several versions", loaded.Resolve("both.so", "versioned").WhyNot, StringComparison.Ordinal);
        // Each version has a slot of its own, to be bound by the first call.
        Assert.NotNull(loaded.Resolve("both.so", "versioned@V1").LazySlot);
        Assert.NotEqual(loaded.Resolve("both.so", "versioned@V1").LazySlot, loaded.Resolve("both.so", "versioned@V2").LazySlot);
    }

    [Fact]
    public void AProtectedSymbolIsTheObjectsOwn()
    {
        var loaded = Load();
        Assert.Equal(loaded.AddressOf("guarded.so", "interposed"), loaded.Resolve("guarded.so", "interposed").Value);
        Assert.Equal(loaded.AddressOf("program", "interposed"), loaded.Resolve("library.so", "interposed").Value);
    }

    [Fact]
    public void WhatIsLinkedSymbolicallyLooksInItselfFirst()
    {
        var loaded = Load();
        Assert.True(loaded.Images["symbolic.so"].IsSymbolic);
        Assert.Equal(loaded.AddressOf("symbolic.so", "own_data"), loaded.Resolve("symbolic.so", "own_data").Value);
        Assert.Equal(loaded.AddressOf("library.so", "own_data"), loaded.Resolve("guarded.so", "own_data").Value);
    }

    /// <summary>An object without a slot for a function of its own may call it without asking the loader (-Bsymbolic-functions).</summary>
    [Fact]
    public void AFunctionOfItsOwnThatAnotherObjectInterposesIsRefusedWhereNoSlotTellsWhich()
    {
        var answer = Load().Resolve("guarded.so", "only_library");
        Assert.Null(answer.Value);
        Assert.Contains("library.so", answer.WhyNot, StringComparison.Ordinal);
        Assert.Contains("guarded.so", answer.WhyNot, StringComparison.Ordinal);
    }

    [Fact]
    public void AnIndirectFunctionIsWhatSomeObjectHasBoundItTo()
    {
        var loaded = Load();
        Assert.Null(loaded.Resolve("library.so", "indirect_alone").Value);
        Assert.Contains("IFUNC of library.so", loaded.Resolve("library.so", "indirect_alone").WhyNot, StringComparison.Ordinal);

        loaded.Bind("other.so", "indirect", 0x7f00_0000_1500);
        Assert.Equal(0x7f00_0000_1500UL, loaded.Resolve("library.so", "indirect").Value);

        loaded.Bind("program", "indirect", 0x7f00_0000_1600);
        Assert.Null(loaded.Resolve("library.so", "indirect").Value);
        Assert.Equal(0x7f00_0000_1600UL, loaded.Resolve("program", "indirect").Value);
    }

    [Fact]
    public void AWeakSymbolThatTheLoaderDidNotFindIsZero()
    {
        var loaded = Load();
        Assert.Equal(0UL, loaded.Resolve("program", "optional").Value);
        // Zero in the slot of a symbol that is not weak means that nothing is bound.
        loaded.Bind("other.so", "only_library", 0);
        Assert.Equal(loaded.AddressOf("library.so", "only_library"), loaded.Resolve("other.so", "only_library").Value);
    }

    [Fact]
    public void AThreadLocalVariableIsAnOffsetThatSomeSlotHas()
    {
        var loaded = Load();
        loaded.Bind("program", "per_thread", unchecked((ulong)-96L));
        Assert.Equal(unchecked((ulong)-96L), loaded.Resolve("program", "per_thread", PatchSymbolKind.ThreadLocal).Value);
        Assert.Equal(unchecked((ulong)-96L), loaded.Resolve("library.so", "per_thread").Value);
        Assert.Null(loaded.Resolve("program", "other_thread").Value);
    }

    [Theory]
    [InlineData("hidden")]
    [InlineData("fast")]
    [InlineData("nothing_like_it")]
    [InlineData("")]
    public void WhatIsNotExportedIsNotFound(string name) => Assert.Null(Load().Resolve("program", name).Value);
}
