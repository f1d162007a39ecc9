// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Xunit;

namespace Wfpatch.Core.Tests.Matching;

/// <summary>Stripped programs out of the real compiler; the unstripped twin's symbol table is the judge.</summary>
public sealed class RunPreMatcherProgramTests
{
    [Theory]
    [InlineData("-fPIE", "-pie -Wl,-z,now")]
    [InlineData("-fPIE", "-pie -Wl,-z,lazy")]
    [InlineData("-fPIE -fcf-protection", "-pie -Wl,-z,now")]
    [InlineData("-fPIE -fcf-protection", "-pie -Wl,-z,ibtplt -Wl,-z,now")]
    [InlineData("-fPIC -fno-plt -ftls-model=initial-exec", "-pie -Wl,-z,now")]
    [InlineData("-fPIC -ftls-model=initial-exec", "-pie -Wl,-z,norelro")]
    [InlineData("-fPIC -ftls-model=initial-exec -fno-plt", "-no-pie")]
    [InlineData("-fno-pie", "-no-pie")]
    [InlineData("-fno-pie -mcmodel=large", "-no-pie")]
    [InlineData("-fPIE -O3 -fstack-protector-strong -D_FORTIFY_SOURCE=2", "-pie -Wl,-z,now")]
    [InlineData("-fPIE -Os", "-pie")]
    [InlineData("-fPIE -O1 -falign-functions=1", "-pie")]
    [InlineData("-fPIC -DLIBRARY -ftls-model=initial-exec", "-shared -Wl,-z,now")]
    [InlineData("-fPIC -DLIBRARY -ftls-model=initial-exec -fvisibility=hidden", "-shared")]
    public void AllFunctionsAndSymbolsAreFound(string flags, string linkFlags)
    {
        var program = TwinProgram.Build(SampleSources.TwoUnits, flags, linkFlags);
        var patch = ObjectTranslation.Of(program.Objects);
        var (match, refusals) = RunPreMatcher.Match(patch, program.Functions, program.Memory, program.Image);
        Assert.Empty(refusals);
        Assert.Equal(patch.OldFunctions.Length, match!.Functions.Length);
        CheckValues(program, patch, match);
    }

    [Fact]
    public void SlotsThatAreNotBoundYetLeaveTheirSymbolsOpen()
    {
        var program = TwinProgram.Build(SampleSources.TwoUnits, "-fPIE", "-pie -Wl,-z,lazy", bindSlots: false);
        var patch = ObjectTranslation.Of(program.Objects, name => name is "tail_near" or "note" or "second_entry");
        var (match, refusals) = RunPreMatcher.Match(patch, program.Functions, program.Memory, program.Image);
        Assert.Empty(refusals);
        int import = IndexOf(patch, "fprintf");
        Assert.DoesNotContain(import, match!.SymbolValues.Keys);
    }

    [Fact]
    public void ShortAndLongJumpsAreTheSame()
    {
        // Without sections of their own the assembler makes short jumps of the tail calls; with them it cannot.
        var source = new Dictionary<string, string>
        {
            ["near.c"] = """
                static int counter;
                static __attribute__((noinline)) void leaf(int x) { counter += x; }
                void near(int x) { if (x) { counter ^= 5; leaf(x + 1); } else { while (x < counter) { counter -= x; x += 3; } leaf(x + 2); } }
                int main(int x, char **y) { near(x); leaf(3); return counter; }
                """,
        };
        var program = TwinProgram.Build(source, "-fPIE -fno-toplevel-reorder", "-pie");
        var patch = ObjectTranslation.Of(program.Objects, name => name is "near" or "leaf");
        var (match, refusals) = RunPreMatcher.Match(patch, program.Functions, program.Memory, program.Image);
        Assert.Empty(refusals);
        var old = patch.OldFunctions.Single(f => f.Name == "near");
        var running = match!.Functions.Single(f => patch.OldFunctions[f.OldFunction] == old).Running;
        Assert.NotEqual((ulong)old.Bytes.Length, running.Code.Length);
        CheckValues(program, patch, match);
    }

    [Fact]
    public void FunctionsOfALargeUnitAreToldApart()
    {
        var program = TwinProgram.Build(SampleSources.Many(600), "-fPIE", "-pie");
        var patch = ObjectTranslation.Of(program.Objects);
        var functions = program.Functions;
        RunPreMatcher.Match(patch, functions, program.Memory, program.Image);
        var watch = Stopwatch.StartNew();
        var (match, refusals) = RunPreMatcher.Match(patch, functions, program.Memory, program.Image);
        watch.Stop();
        Assert.Empty(refusals);
        Assert.Equal(patch.OldFunctions.Length, match!.Functions.Length);
        CheckValues(program, patch, match);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{patch.OldFunctions.Length} functions in {watch.Elapsed.TotalMilliseconds:f1} ms");
    }

    [Fact]
    public void AProgramWithAnotherLineOfSourceIsRefusedWithTheFunctionThatDiffers()
    {
        var program = TwinProgram.Build(SampleSources.TwoUnits, "-fPIE", "-pie");
        var changed = SampleSources.TwoUnits.ToDictionary(s => s.Key, s => s.Value.Replace("depth++;", "depth += 2;").Replace("\"failed: %s\\n\"", "\"Failed: %s\\n\""));
        var patch = ObjectTranslation.Of(TwinProgram.Build(changed, "-fPIE", "-pie").Objects);
        var (match, refusals) = RunPreMatcher.Match(patch, program.Functions, program.Memory, program.Image);
        Assert.Null(match);
        Assert.Contains(refusals, r => r.Code == "WF301" && r.Subject == "second_entry" && r.Sentence.Contains("+0x", StringComparison.Ordinal));
        Assert.Contains(refusals, r => r.Code == "WF304" && r.Subject == "fail");
        Assert.Equal(2, refusals.Length);
    }

    [Fact]
    public void FunctionsThatAnObjectExportsStandWhereItsSymbolsSay()
    {
        var source = new Dictionary<string, string>
        {
            ["twins.c"] = "int one(int x) { return x * 3 + 1; } int two(int x) { return x * 3 + 1; }",
        };
        var program = TwinProgram.Build(source, "-fPIC -fno-ipa-icf", "-shared");
        var patch = ObjectTranslation.Of(program.Objects);
        var (match, refusals) = RunPreMatcher.Match(patch, program.Functions, program.Memory, program.Image);
        Assert.Empty(refusals);
        CheckValues(program, patch, match!);
        Assert.Equal(["WF302", "WF302"], RunPreMatcher.Match(patch, program.Functions, program.Memory, null).Refusals.Select(r => r.Code));
    }

    [Theory]
    [InlineData("-fPIE")]
    [InlineData("-fPIE -fcf-protection")]
    [InlineData("-fPIC -fno-plt")]
    public void FunctionsAreToldApartByTheImportsThatTheyCall(string flags)
    {
        static Dictionary<string, string> Source(string first, string second) => new()
        {
            ["calls.c"] = $$"""
                extern int getpid(void), getppid(void), getuid(void);
                static __attribute__((noinline)) int one(void) { return {{first}}() + 5; }
                static __attribute__((noinline)) int two(void) { return {{second}}() + 5; }
                int main(void) { return one() * two(); }
                """,
        };
        var program = TwinProgram.Build(Source("getpid", "getppid"), flags, "-pie");
        var patch = ObjectTranslation.Of(program.Objects, name => name != "main");
        var (match, refusals) = RunPreMatcher.Match(patch, program.Functions, program.Memory, program.Image);
        Assert.Empty(refusals);
        CheckValues(program, patch, match!);

        var other = ObjectTranslation.Of(TwinProgram.Build(Source("getuid", "getppid"), flags, "-pie").Objects, name => name == "one");
        var refusal = Assert.Single(RunPreMatcher.Match(other, program.Functions, program.Memory, program.Image).Refusals);
        Assert.Equal(("WF305", "one"), (refusal.Code, refusal.Subject));
        Assert.Contains("getuid", refusal.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void ColdPartsBelongToTheirFunctions()
    {
        // The parts are alike and return into their functions; each caller's jump tells them apart.
        var source = new Dictionary<string, string>
        {
            ["cold.c"] = """
                extern int atoi(const char *);
                extern void perror(const char *);
                static int count, limit;
                static __attribute__((noinline)) void leaf(int x) { count += x; }
                static __attribute__((noinline, cold)) void complain(int x) { limit += x; }
                #define WORK(name, step) int name(const char *t) { int n = atoi(t); if (n < limit) { complain(n); limit -= 5; count ^= limit; } \
                    while (n > 3) { count += n; n -= step; } leaf(n); return count + step; }
                WORK(first, 2)
                WORK(second, 4)
                WORK(third, 8)
                int main(int x, char **y) { leaf(x); return first(y[0]) + second(y[0]) + third(y[0]); }
                """,
        };
        var program = TwinProgram.Build(source, "-fPIE", "-pie");
        var patch = ObjectTranslation.Of(program.Objects);
        Assert.Contains(patch.OldFunctions, f => f.Name.EndsWith(".cold", StringComparison.Ordinal));
        var (match, refusals) = RunPreMatcher.Match(patch, program.Functions, program.Memory, program.Image);
        Assert.Empty(refusals);
        Assert.Equal(patch.OldFunctions.Length, match!.Functions.Length);
        CheckValues(program, patch, match);
    }

    private static void CheckValues(TwinProgram program, ObjectPatch patch, Match match)
    {
        foreach (var function in match.Functions)
        {
            var old = patch.OldFunctions[function.OldFunction];
            Assert.Equal((old.Name, program.ValueOf(old.Unit, old.Name, false)), (old.Name, function.Running.Entry.Value));
        }
        var readOnly = program.RangeOf(".rodata");
        foreach (var (index, value) in match.SymbolValues)
        {
            var symbol = patch.Symbols[index];
            if (symbol.Kind == PatchSymbolKind.Constant)
            {
                Assert.True(readOnly.Contains(new Address(value)), $"{symbol.Display} = {value:x}");
            }
            else
            {
                bool isThreadLocal = symbol.Kind == PatchSymbolKind.ThreadLocal || symbol.Name == "depth";
                Assert.Equal((symbol.Display, Expected(program, symbol, isThreadLocal)), (symbol.Display, value));
            }
        }
        // Whatever an old function refers to has a value now.
        Assert.All(patch.OldFunctions.SelectMany(f => f.Relocations), r => Assert.True(match.SymbolValues.ContainsKey(r.Symbol), patch.Symbols[r.Symbol].Display));
    }

    private static ulong Expected(TwinProgram program, PatchSymbol symbol, bool isThreadLocal)
    {
        if (symbol.Name == "optional_hook")
        {
            return 0;
        }
        // A program that is not position independent takes the entry of its linkage table for the address of an import.
        var canonical = program.Image.FindDynamicSymbols(symbol.Name).FirstOrDefault(s => !s.IsDefined && s.Value != 0);
        return canonical?.Value ?? program.ValueOf(symbol.Unit, symbol.Name, isThreadLocal);
    }

    private static int IndexOf(ObjectPatch patch, string name) => patch.Symbols.IndexOf(patch.Symbols.Single(s => s.Name == name));
}
