// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Testing.Redirects;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>Every function of the installed libraries: planned, and each plan judged by the decoder.</summary>
public sealed class InstalledLibraryTests(ITestOutputHelper output)
{
    private readonly ProcessLayout _layout = ProcessLayout.Of(null, InstalledBinary.Libraries);

    /// <summary>Alone in its process: the figures that matter for a patch of a few functions.</summary>
    [Fact]
    public void EachFunctionAlone()
    {
        output.WriteLine(PlanTable.Header);
        foreach (var library in _layout.Libraries)
        {
            var table = new PlanTable(library.Name);
            foreach (var function in library.Functions)
            {
                PlanAndProve(library, function, new AddressSpaceMap(_layout.Mapped(), [], []), table);
            }
            output.WriteLine(table.ToString());
            Assert.True(table.Planned > library.Functions.Length * 0.99, table.ToString());
        }
    }

    /// <summary>All in one process: they take each other's places, and never each other's bytes.</summary>
    [Fact]
    public void AllFunctionsTogether()
    {
        var space = new AddressSpaceMap(_layout.Mapped(), [], []);
        output.WriteLine(PlanTable.Header);
        foreach (var library in _layout.Libraries)
        {
            var table = new PlanTable(library.Name);
            var code = new OverlayMemory(library.File);
            var plans = library.Functions.Select(f => PlanAndProve(library, f, space, table)).OfType<RedirectPlan>().ToList();
            foreach (var plan in plans.SelectMany(p => p.All))
            {
                code.Write(plan.Write.Trimmed().Address - library.Bias, plan.Write.Trimmed().New.Span);
            }
            foreach (var plan in plans.SelectMany(p => p.All))
            {
                var jump = X86.CodeText.Decode(code.Read(plan.Entry - library.Bias, EntryCode.CodeBytes)!, plan.Entry);
                Assert.Equal(plan.Trampoline.Value, jump.NearBranchTarget);
            }
            output.WriteLine(table.ToString());
        }
        output.WriteLine($"{space.NewPages.Count} pages for trampolines");
    }

    private static RedirectPlan? PlanAndProve(InstalledBinary library, AddressRange function, AddressSpaceMap space, PlanTable table)
    {
        if (library.Read(function) is not { } code)
        {
            table.AddUnreadable();
            return null;
        }
        var (plan, refusal) = RedirectPlanner.Plan($"{function.Start}", function, code, space, DispatchTrampoline.Length, library.Range, RedirectMeans.All);
        table.Add(plan, refusal);
        if (plan is not null)
        {
            RedirectProof.Check(plan, code);
            Assert.True(plan.CanReach(library.Range));
        }
        return plan;
    }
}
