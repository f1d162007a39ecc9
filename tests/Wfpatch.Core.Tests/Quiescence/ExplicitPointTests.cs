// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Unwinding;
using Wfpatch.Testing;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Core.Tests.Quiescence;

/// <summary>Notes of include/wfpatch.h, as compilers and linkers leave them in programs.</summary>
public sealed class ExplicitPointTests
{
    private const string AllKinds = """
        #include "wfpatch.h"
        void serve(void);
        void loop(void) { for (;;) { WF_QUIESCENCE_POINT_NAMED("request"); serve(); } }
        void other(void) { wf_quiescence(); wf_local_quiescence(); wf_global_quiescence(); wf_thread_birth("worker"); wf_thread_death(); }
        void above(void) { other(); }
        int main(void) { above(); return 0; }
        void serve(void) { __asm__ volatile("" ::: "memory"); }
        """;

    private const string Inline = """
        #include "wfpatch.h"
        inline void point() { wf_quiescence(); }
        void more();
        int main() { point(); more(); }
        """;

    private const string InlineAgain = """
        #include "wfpatch.h"
        inline void point() { wf_quiescence(); }
        void more() { point(); }
        """;

    [Theory]
    [InlineData("-O0")]
    [InlineData("-O2")]
    [InlineData("-Os", "-ffunction-sections", "-Wl,--gc-sections")]
    [InlineData("-O2", "-static-pie", "-fcf-protection=full")]
    public async Task Every_announcement_is_found_at_its_nop(params string[] flags)
    {
        var (image, memory, table) = await LinkAsync("gcc", [("all.c", AllKinds)], flags);
        var (points, refusals) = ExplicitPoint.Read(image, table);
        Assert.Empty(refusals);
        Assert.Equal(Enum.GetValues<ExplicitKind>().Order(), points.Select(p => p.Kind).Distinct().Order());
        Assert.Single(points, p => p.Name.StartsWith("request (", StringComparison.Ordinal));
        Assert.Contains(points, p => p.Kind == ExplicitKind.ThreadBirth && p.Name.StartsWith("worker (", StringComparison.Ordinal));
        Assert.Equal(points.Length, points.Select(p => p.Name).Distinct().Count());
        Assert.All(points, p =>
        {
            Assert.Equal(0UL, p.At.Value % 8);
            Assert.True(memory.Read(p.At, 8)!.AsSpan().StartsWith(ExplicitPoint.InstructionStart));
            Assert.True(p.Function.Contains(p.At));
        });
    }

    /// <summary>Of the copies of an inline function the linker keeps one, and its note with it.</summary>
    [Fact]
    public async Task A_dropped_copy_takes_its_note_along()
    {
        var (image, _, table) = await LinkAsync("g++", [("one.cc", Inline), ("two.cc", InlineAgain)], ["-O0"]);
        Assert.Single(ExplicitPoint.Read(image, table).Points);
    }

    [Fact]
    public async Task Callers_of_a_function_with_a_point_are_below_it()
    {
        var (image, memory, table) = await LinkAsync("gcc", [("all.c", AllKinds)], ["-O1", "-fno-inline", "-fno-optimize-sibling-calls", "-rdynamic"]);
        Address Function(string name) => image.ToMemory(image.FindDynamicSymbols(name).Single().Value);
        var points = ExplicitPoint.Read(image, table).Points;
        var below = BelowPoints.Find(table.Functions, memory, points.Select(p => p.Function));
        Assert.All((string[])["loop", "other", "above", "main"], name => Assert.Contains(Function(name), below));
        Assert.DoesNotContain(Function("serve"), below);
    }

    [Fact]
    public async Task A_note_that_leads_elsewhere_is_refused()
    {
        var (image, _, table) = await LinkAsync("gcc", [("all.c", AllKinds)], ["-O2"]);
        var (points, refusals) = ExplicitPoint.Read(image, null);
        Assert.Empty(points);
        Assert.All(refusals, r => Assert.Equal("WF732", r.Code));
        Assert.Equal(ExplicitPoint.Read(image, table).Points.Length, refusals.Length);
    }

    private static async Task<(ElfImage Image, IMemory Memory, UnwindTable Table)> LinkAsync(string compiler, (string Name, string Text)[] sources, string[] flags)
    {
        var folder = Directory.CreateTempSubdirectory("wfpatch-explicit-");
        try
        {
            string[] files = [.. sources.Select(s => Path.Combine(folder.FullName, s.Name))];
            foreach (var (file, source) in files.Zip(sources))
            {
                await File.WriteAllTextAsync(file, source.Text, TestContext.Current.CancellationToken);
            }
            string program = Path.Combine(folder.FullName, "program");
            ImmutableArray<string> arguments = [.. flags, "-Wall", "-Wextra", "-Werror", "-I", RepositoryRoot.Combine("include"), "-o", program, .. files];
            (await ChildProcess.RunAsync(new(compiler, arguments), TestContext.Current.CancellationToken)).OrThrow();
            var (image, memory, refusal) = ElfImage.ReadFile(await File.ReadAllBytesAsync(program, TestContext.Current.CancellationToken), "program");
            Assert.Null(refusal);
            return (image!, memory!, UnwindTable.Read(image!, memory!).Table!);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
