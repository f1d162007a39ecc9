// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>Every function of the installed libraries: planned, and each plan judged by the decoder.</summary>
public sealed class InstalledLibraryTests(ITestOutputHelper output)
{
    private static readonly Address Top = new(0x7f3a_5c00_0000);

    /// <summary>Alone in its process: the figures that matter for a patch of a few functions.</summary>
    [Fact]
    public void EachFunctionAlone()
    {
        var libraries = Layout();
        output.WriteLine(PlanTable.Header);
        foreach (var library in libraries)
        {
            var table = new PlanTable(library.Name);
            foreach (var function in library.Functions)
            {
                PlanAndProve(library, function, new AddressSpaceMap(Taken(libraries), [], []), table);
            }
            output.WriteLine(table.ToString());
            Assert.True(table.Planned > library.Functions.Length * 0.8, table.ToString());
        }
    }

    /// <summary>All in one process: they take each other's places, and never each other's bytes.</summary>
    [Fact]
    public void AllFunctionsTogether()
    {
        var libraries = Layout();
        var space = new AddressSpaceMap(Taken(libraries), [], []);
        output.WriteLine(PlanTable.Header);
        foreach (var library in libraries)
        {
            var table = new PlanTable(library.Name);
            var code = new OverlayMemory(library.File);
            var plans = library.Functions.Select(f => PlanAndProve(library, f, space, table)).OfType<RedirectPlan>().ToList();
            foreach (var plan in plans)
            {
                code.Write(plan.Write.Trimmed().Address - library.Bias, plan.Write.Trimmed().New.Span);
            }
            foreach (var plan in plans)
            {
                var jump = X86.CodeText.Decode(code.Read(plan.Entry - library.Bias, EntryCode.CodeBytes)!, plan.Entry);
                Assert.Equal(plan.Trampoline.Value, jump.NearBranchTarget);
            }
            output.WriteLine(table.ToString());
        }
        output.WriteLine($"{space.NewPages.Count} pages for trampolines");
    }

    private static RedirectPlan? PlanAndProve(InstalledLibrary library, AddressRange function, AddressSpaceMap space, PlanTable table)
    {
        if (library.Read(function) is not { } code)
        {
            table.AddUnreadable();
            return null;
        }
        var (plan, refusal) = RedirectPlanner.Plan($"{function.Start}", function, code, space, DispatchTrampoline.Length, library.Range);
        table.Add(plan, refusal);
        if (plan is not null)
        {
            RedirectProof.Check(plan, code.AsSpan(0, EntryCode.CodeBytes));
            Assert.True(plan.CanReach(library.Range));
        }
        return plan;
    }

    /// <summary>Libraries one below the other, as the loader puts them.</summary>
    private static List<InstalledLibrary> Layout()
    {
        List<InstalledLibrary> libraries = [];
        var top = Top;
        foreach (string name in InstalledLibrary.Names)
        {
            long length = (long)InstalledLibrary.Load(name, Address.Zero).Range.Length;
            libraries.Add(InstalledLibrary.Load(name, top - length));
            top = libraries[^1].Range.Start - 0x3000;
        }
        return libraries;
    }

    private static IEnumerable<AddressRange> Taken(List<InstalledLibrary> libraries) =>
    [
        .. libraries.Select(l => l.Range),
        AddressRange.OfLength(new Address(0x5581_2f4a_c000), 0x28_000), // the program
        AddressRange.OfLength(new Address(0x5581_30f0_0000), 0x404_2000), // its heap, with room to grow
        AddressRange.OfLength(Top + 0x1_3000, 0x3_9000), // the loader
        AddressRange.OfLength(libraries[^1].Range.Start - 0x4_2000, 0x4_0000), // thread stacks and arenas
        AddressRange.OfLength(libraries[^1].Range.Start - 0x6400_0000, 0x400_0000),
        AddressRange.OfLength(new Address(0x7ffc_11c8_2000), 0x2_1000),
    ];
}
