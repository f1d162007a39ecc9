// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.Tests.X86;
using Wfpatch.Core.X86;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>Every file of tests/cases/redirect, line by line.</summary>
public sealed class RedirectCaseTests
{
    private readonly OverlayMemory _memory = new(new Nops());
    private readonly List<AddressRange> _taken = [];
    private readonly List<RedirectPlan> _plans = [];
    private readonly HashSet<Address> _pages = [];

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(RepositoryRoot.Combine("tests", "cases", "redirect"), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void EachLineGivesWhatItSays(string file)
    {
        List<string> wrong = [];
        foreach (var @case in RedirectCase.Load(RepositoryRoot.Combine("tests", "cases", "redirect", file + ".txt")))
        {
            string got = Run(@case);
            if (got != @case.Expected)
            {
                wrong.Add($"{@case.Text}\n    gives: {got}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private string Run(RedirectCase @case)
    {
        if (!@case.Continues)
        {
            _taken.Clear();
            _plans.Clear();
            _pages.Clear();
        }
        _memory.Write(@case.Entry, @case.Function);
        _memory.Write(@case.Entry + @case.Function.Length, @case.Behind);
        _taken.AddRange(@case.Taken);
        _taken.Add(new AddressRange(@case.Entry.PageStart, (@case.Entry + 64).AlignUp(Address.PageSize)));

        // As from a journal: a map made anew of all that is there.
        var space = new AddressSpaceMap(_taken, _pages, _plans);
        var function = AddressRange.OfLength(@case.Entry, @case.Function.Length);
        var code = _memory.Read(@case.Entry, @case.Function.Length + RedirectProof.CodeBytes)!;
        var (plan, refusal) = @case.IsHook
            ? RedirectPlanner.PlanHook("function", function, code, space, HookTrampoline.Length)
            : RedirectPlanner.Plan("function", function, code, space, DispatchTrampoline.Length, @case.NewCode, @case.MayEvict ? RedirectMeans.All : RedirectMeans.None,
                @case.MayStop ? OnlyCode(@case, function).Find : null);

        Assert.True(plan is null != refusal is null);
        return plan is null ? Check(refusal!) : Check(plan, @case, space);
    }

    private Approaches OnlyCode(RedirectCase @case, AddressRange function) =>
        new(new([(@case.Entry, _memory.Read(@case.Entry, @case.Function.Length + @case.Behind.Length))], [], [function], IsPositionIndependent: true));

    private static string Check(Refusal refusal)
    {
        Assert.Equal("function", refusal.Subject);
        Assert.Contains("function", refusal.Sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", refusal.Sentence, StringComparison.Ordinal);
        Assert.Contains(refusal.Kind, RedirectRefusals.All);
        return refusal.Code;
    }

    private string Check(RedirectPlan plan, RedirectCase @case, AddressSpaceMap space)
    {
        var code = _memory.Read(plan.Entry, RedirectProof.CodeBytes)!;
        if (@case.IsHook)
        {
            RedirectProof.CheckEntry(plan, code);
        }
        else
        {
            RedirectProof.Check(plan, code);
        }
        foreach (var range in plan.All.Select(p => p.TrampolineRange))
        {
            Assert.DoesNotContain(_taken, t => t.Overlaps(range));
            Assert.DoesNotContain(_plans.SelectMany(p => p.All), p => p.TrampolineRange.Overlaps(range));
        }
        CheckNeighbours(plan);
        _plans.Add(plan);
        _pages.UnionWith(space.NewPages);
        string evicted = string.Concat(plan.All.Reverse().Skip(1).Select(e => ", " + Describe(e, @case.Entry)));
        return $"{plan.Tactic}, {Describe(plan, @case.Entry)}, {_pages.Count}{evicted}";
    }

    private static string Describe(RedirectPlan plan, Address entry)
    {
        var write = plan.Write.Trimmed();
        return $"{write.Address - entry}, {CodeText.Hex(write.New.Span)}, {plan.Trampoline.Value:x}";
    }

    /// <summary>With all redirects on, in any order, every jump still leads to its own trampoline.</summary>
    private void CheckNeighbours(RedirectPlan plan)
    {
        var all = new OverlayMemory(_memory);
        var each = _plans.Append(plan).SelectMany(p => p.All).ToList();
        foreach (var other in each)
        {
            all.Write(other.Write.Trimmed().Address, other.Write.Trimmed().New.Span);
        }
        foreach (var other in each)
        {
            var jump = CodeText.Decode(all.Read(other.Entry, EntryCode.CodeBytes)!, other.Entry);
            var last = other.IsShort ? CodeText.Decode(all.Read(other.Jump, EntryCode.CodeBytes)!, other.Jump) : jump;
            Assert.Equal((other.IsShort ? other.Jump : other.Trampoline).Value, jump.NearBranchTarget);
            Assert.Equal(other.Trampoline.Value, last.NearBranchTarget);
        }
    }

    private sealed class Nops : IMemory
    {
        public bool TryRead(Address address, Span<byte> destination)
        {
            destination.Fill(0x90);
            return true;
        }
    }
}
