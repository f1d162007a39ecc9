// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Packages;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>A stack is seen whole or its thread stays where it is; and what we put on stacks, the program's own unwinder gets through.</summary>
public sealed class StackTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thread_on_the_stack_of_a_coroutine_is_not_migrated_there()
    {
        var patch = await TestPatches.GetAsync("ownstack");
        await using var target = await PatchableTarget.StartAsync("ownstack", patch);
        var pending = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack, TimeSpan.FromSeconds(1)).ExpectAsync(Outcome.Pending);
        var held = Assert.Single(pending.Threads, t => t.Path == MigrationPath.Pending);
        Assert.Equal("switcher", held.Name);
        Assert.Contains("not its own", held.Blocker!.Sentence, StringComparison.Ordinal);

        Assert.Equal("left 1", await target.AskAsync("leave", Cancel));
        await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
        await Until.TrueAsync(() => target.AskAsync("report", Cancel), latest => latest == "latest 2");
    }

    [Fact]
    public async Task A_program_that_suspends_stacks_is_refused()
    {
        var patch = await TestPatches.GetAsync("coroutine");
        await using var target = await PatchableTarget.StartAsync("coroutine", patch);
        var refused = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Refused);
        var refusal = Assert.Single(refused.Refusals);
        Assert.Equal("WF733", refusal.Code);
        Assert.Contains("makecontext", refusal.Sentence, StringComparison.Ordinal);
        Assert.Equal("resumed 1 1", await target.AskAsync("resume", Cancel));
    }

    [Fact]
    public async Task A_program_that_suspends_stacks_by_Boost_is_refused_and_without_them_is_not()
    {
        var (root, why) = await UnpackedPackages.AloneAsync("boost", ["libboost-context1.74.0"], Cancel);
        Assert.SkipWhen(root is null, why);
        string library = Path.Combine(root!, "usr/lib/x86_64-linux-gnu/libboost_context.so.1.74.0");
        var patch = await TestPatches.GetAsync("fcontext");
        await using var target = await PatchableTarget.StartAsync("fcontext", patch, library);
        var refused = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Refused);
        var refusal = Assert.Single(refused.Refusals);
        Assert.Equal("WF733", refusal.Code);
        Assert.Contains("libboost_context.so.1.74.0", refusal.Sentence, StringComparison.Ordinal);
        Assert.Equal("resumed 1 1", await target.AskAsync("resume", Cancel));

        await using var without = await PatchableTarget.StartAsync("fcontext", patch);
        await InProcess.ApplyAsync(without.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
    }

    [Fact]
    public async Task A_deep_stack_is_unwound_to_its_end()
    {
        var patch = await TestPatches.GetAsync("deep");
        foreach (string depth in (string[])["1", "200", "1000"])
        {
            await using var target = await PatchableTarget.StartAsync("deep", patch, depth, "2");
            var done = await InProcess.ApplyAsync(target.Id, patch, Policy.Stack).ExpectAsync(Outcome.Done);
            Assert.Equal(3, done.Threads.Count(t => t.Path == MigrationPath.Outside));
            Assert.Equal("answer 2", await target.AskAsync("answer", Cancel));
            Assert.Equal((done.Stops, done.LongestHeld), (done.Held.Length, done.Held.Max()));
            output.WriteLine($"{depth} frames: held for at most {done.LongestHeld.TotalMicroseconds:0} us in {done.Stops} stops");
        }
    }

    /// <summary>A blocked thread's stack is unwound before its stop; in it what was read is compared, in as many reads for a deep stack as for a shallow one.</summary>
    [Fact]
    public async Task A_deep_stack_needs_no_more_reads_in_a_stop_than_a_shallow_one()
    {
        var patch = await TestPatches.GetAsync("deep");
        List<int> most = [];
        foreach (string depth in (string[])["1", "200"])
        {
            await using var target = await PatchableTarget.StartAsync("deep", patch, depth, "2");
            var counted = new CountedReads(new NativeLinux());
            var report = await Task.Run(() => new Commands(counted).Apply(target.Id, patch.Patch, new(Policy.Stack, null, InProcess.Ample, Cancel)));
            Assert.True(report.Outcome == Outcome.Done, report.Message);
            most.Add(counted.MostInAStop);
        }
        Assert.InRange(most[0], 1, int.MaxValue);
        Assert.Equal(most[0], most[1]);
    }

    [Fact]
    public async Task A_backtrace_from_a_signal_handler_gets_through_trampolines()
    {
        var patch = await TestPatches.GetAsync("profiled");
        await using var target = await PatchableTarget.StartAsync("profiled", patch);
        await SampleAsync();
        var apply = InProcess.ApplyAsync(target.Id, patch, Policy.Stack);
        do
        {
            await SampleAsync();
        }
        while (!apply.IsCompleted);
        var done = await apply.ExpectAsync(Outcome.Done);
        foreach (var function in done.Functions)
        {
            Assert.Equal("found", await target.AskAsync($"find {function.Trampoline.Value:x}", Cancel));
        }
        await SampleAsync();
        await InProcess.RevertAsync(target.Id, policy: Policy.Stack).ExpectAsync(Outcome.Done);
        await SampleAsync();

        async Task SampleAsync()
        {
            // In few pieces: on a busy machine each sample waits for a processor.
            for (int i = 0; i < 10; i++)
            {
                Assert.Equal("sampled 30 lost 0", await target.AskAsync("sample 30", Cancel));
            }
        }
    }
}
