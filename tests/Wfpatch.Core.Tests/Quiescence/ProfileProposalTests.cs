// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Quiescence.Sampling;
using Xunit;

namespace Wfpatch.Core.Tests.Quiescence;

public sealed class ProfileProposalTests
{
    private static readonly SampledFunction Main = Program("main"), Worker = Program("worker"), Handle = Program("handle"), Step = Program("step"), Entry = Program("entry");
    private static readonly SampledFunction Loop = Library("event_loop", isExported: true), Dispatch = Library("", isExported: false), Wait = System("epoll_wait"), Start = System("clone3");

    [Fact]
    public void What_a_library_calls_back_is_proposed()
    {
        var proposal = Propose(
            Idle(1, "w-0", Start, Worker, Loop, Wait), Busy(1, "w-0", Start, Worker, Loop, Dispatch, Handle, Step), Busy(2, "w-1", Start, Worker, Loop, Dispatch, Handle), Idle(2, "w-1", Start, Worker, Loop, Wait));
        var group = Assert.Single(proposal.Groups);
        Assert.Equal((Loop, 2, 2), (group.Loop, group.Idle, group.Busy));
        Assert.Equal([1, 2], group.Threads);
        Assert.Equal([Worker, Loop], group.Below);
        Assert.Equal(Handle, Assert.Single(proposal.Points).Function);
    }

    [Fact]
    public void What_the_loop_of_the_program_calls_is_proposed_but_not_what_it_waits_in()
    {
        var proposal = Propose(Idle(1, "main", Main, Worker, Wait, Wait), Busy(1, "main", Main, Worker, Handle, Step), Busy(1, "main", Main, Worker, Handle, Entry), Busy(1, "main", Main, Worker, Handle),
            Busy(1, "main", Main, Worker, Wait, Wait), Busy(1, "main", Main, Worker));
        Assert.Equal(Worker, proposal.Groups[0].Loop);
        Assert.Equal([Handle], proposal.Points.Select(p => p.Function));
    }

    /// <summary>Entered by a jump at the end of another function, it is alone on the stack.</summary>
    [Fact]
    public void What_jumps_to_a_candidate_is_one_too()
    {
        StackSample[] samples = [Idle(1, "w", Worker, Loop, Wait), Busy(1, "w", Worker, Loop, Handle, Step)];
        var proposal = ProfileProposal.Of("server", samples, f => f == Handle ? [Entry] : []);
        Assert.Equal([Entry, Handle], proposal.Points.Select(p => p.Function).OrderBy(f => f.Name));
    }

    [Fact]
    public void Without_a_name_nothing_is_proposed_and_it_is_said()
    {
        var unnamed = Handle with { Name = "" };
        var proposal = Propose(Idle(1, "w", Worker, Loop, Wait), Busy(1, "w", Worker, Loop, unnamed, Step));
        Assert.Empty(proposal.Points);
        Assert.Contains("--patch", proposal.Groups[0].Remark, StringComparison.Ordinal);
        Assert.Contains("this is no profile yet", ProposalText.Render(proposal), StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_that_are_only_idle_need_no_point()
    {
        var proposal = Propose(Idle(1, "log", Start, Program("logger"), Wait));
        Assert.Empty(proposal.Points);
        Assert.Contains("from outside", proposal.Groups[0].Remark, StringComparison.Ordinal);
    }

    /// <summary>What is proposed can be read as a profile.</summary>
    [Fact]
    public void The_text_is_a_profile()
    {
        var exported = Library("begin \"request\"", isExported: true) with { Object = "libserve.so.1" };
        var proposal = Propose(Idle(1, "w", Worker, Dispatch, Loop, Wait), Busy(1, "w", Worker, Dispatch, Loop, exported), Busy(2, "x", Main, Worker, Handle, Step), Busy(2, "x", Main, Worker, Step, Handle));
        var (profile, refusal) = ProfileReader.Parse(ProposalText.Render(proposal), "proposed");
        Assert.Null(refusal);
        Assert.Equal(("server", "server"), (profile!.Name, Assert.Single(profile.Executables)));
        Assert.Contains(profile.Points, p => p is { Function: "begin \"request\"", Library: "libserve.so.1" });
        Assert.Contains(profile.Points, p => p is { Function: "handle", Library: "" });
        Assert.Contains("worker", profile.Below);
    }

    private static ProfileProposal Propose(params StackSample[] samples) => ProfileProposal.Of("server", samples, _ => []);

    private static StackSample Idle(int thread, string name, params SampledFunction[] frames) => Sample(thread, name, true, frames);

    private static StackSample Busy(int thread, string name, params SampledFunction[] frames) => Sample(thread, name, false, frames);

    // The same depth is the same activation.
    private static StackSample Sample(int thread, string name, bool isIdle, SampledFunction[] frames) =>
        new(thread, name, isIdle, isIdle ? "epoll_wait" : "", [.. frames.Select((f, i) => new SampledFrame(f, new Address(0x7fff_0000 - ((ulong)i * 64))))]);

    private static SampledFunction Program(string name) => new(name, "server", CodeOwner.Program, IsExported: false, name.Length);

    private static SampledFunction Library(string name, bool isExported) => new(name, "libevent.so", CodeOwner.Library, isExported, 0x100 + name.Length);

    private static SampledFunction System(string name) => new(name, "libc.so.6", CodeOwner.System, IsExported: true, 0x200 + name.Length);
}
