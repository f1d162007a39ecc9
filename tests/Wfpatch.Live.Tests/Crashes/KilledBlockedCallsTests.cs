// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>kill -9 of a controller while it visits threads that are blocked in the kernel, each in its own way: their calls end as if nobody had been there.</summary>
public sealed class KilledBlockedCallsTests(ITestOutputHelper output)
{
    private const int Kills = 12, Interrupted = 4; // EINTR

    /// <summary>Calls that end with EINTR when they are stopped and have no guard, because they are not made as glibc's wrappers make them,
    /// or there was no room for it (docs/mechanisms/migration.md): a kill in the very stop is seen.</summary>
    private static readonly string[] Unguarded = ["epoll_pwait", "epoll_pwait2", "io_getevents", "io_uring", "ioctl"];

    [Fact]
    public async Task Calls_in_flight_when_the_controller_is_killed_end_as_they_would_have()
    {
        var patch = await TestPatches.GetAsync("blocked");
        await using var calls = await BlockedCalls.StartAsync(patch, TimeSpan.FromSeconds(15));
        var command = CommandFor(calls.Id, patch);
        var counting = new FaultyLinux(new NativeLinux(), (_, _) => Errno.Success);
        var whole = await Task.Run(() => ControllerCommand.Run(counting, command.AsSpan()));
        Assert.Equal(Outcome.Pending, whole.Outcome); // some must not be stopped
        await InProcess.RevertAsync(calls.Id).ExpectAsync(Outcome.Done);

        // A second application maps nothing and visits as many threads: its steps are about as many.
        int killed = 0;
        for (int kill = 1; kill <= Kills; kill++) // the last step first: some calls may end on the way
        {
            int step = counting.Changes * (Kills + 1 - kill) / (Kills + 1);
            killed += await KilledController.RunAsync(step, command, Outcome.Pending) ? 1 : 0;
            var undone = await InProcess.RevertAsync(calls.Id);
            Assert.True(undone.Outcome == Outcome.Done || undone.Refusals is [{ Code: "WF702" }], $"step {step}: {undone.Message}");
        }
        output.WriteLine($"killed {killed} of {Kills} times on the way to {counting.Changes} changes");
        Assert.True(killed > Kills / 2, $"killed {killed} times alone");

        foreach (var woken in await calls.AllAsync(Unguarded))
        {
            if (woken.Errno == Interrupted && Unguarded.Contains(woken.Name))
            {
                output.WriteLine($"{woken.Name} was killed in its stop");
                continue;
            }
            calls.ExpectUndisturbed(woken);
            // One whose time was over on the way may have come out while the patch was in force.
            Assert.True(woken.Answer == 1 || BlockedCalls.IsTimed(woken.Name), $"{woken.Name} answers {woken.Answer}");
        }
    }

    private static ImmutableArray<string> CommandFor(int target, TestPatch patch) =>
        ["apply", patch.File, target.ToString(CultureInfo.InvariantCulture), "memcached", nameof(Policy.Stack), "1"];
}
