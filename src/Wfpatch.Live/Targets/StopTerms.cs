// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// On what terms a thread may be stopped at this moment, so that its program does not see it: whether it may be stopped at all, what it holds
/// meanwhile, and how long the call that it sleeps in has lasted. Everybody who stops a thread asks here first; nothing is stopped by that.
/// </summary>
/// <param name="Activity">What it does; null: it has ended.</param>
/// <param name="Obstacle">Why it may not be stopped, completing "it is in"; null: it may.</param>
/// <param name="Asleep">How long it has been in a call whose limit is a number of milliseconds; else zero.</param>
/// <param name="Permit">For a call that ends with EINTR (a running thread may enter one); the default where the kernel makes the call again.</param>
public readonly record struct StopTerms(ThreadActivity? Activity, string? Obstacle, TimeSpan Asleep, CallPermit Permit)
{
    public bool HasEnded => Activity is null;

    public bool IsBlocked => Activity is { IsBlocked: true };

    public bool MayStop => !HasEnded && Obstacle is null;

    /// <summary>Reads them.</summary>
    /// <param name="controlBlock">The thread's; zero where it is not known.</param>
    /// <param name="watched">How long the caller has seen it blocked in one place, given that place: taken for its time asleep where the kernel does not tell.</param>
    public static StopTerms Read(Target target, int thread, Address controlBlock, Func<Address, TimeSpan>? watched = null) =>
        target.Proc.ReadActivity(thread) is { } activity ? Of(target, thread, controlBlock, activity, watched) : default;

    /// <summary>The same for a thread whose activity has just been read.</summary>
    public static StopTerms Of(Target target, int thread, Address controlBlock, ThreadActivity activity, Func<Address, TimeSpan>? watched = null)
    {
        var permit = new CallPermit(target.Memory, controlBlock);
        if (!activity.IsBlocked)
        {
            return new StopTerms(activity, null, TimeSpan.Zero, permit);
        }
        if (InterruptibleCalls.FindObstacle(target.Linux, target.Process, in activity) is { } obstacle)
        {
            return new StopTerms(activity, obstacle, TimeSpan.Zero, default);
        }
        var seen = watched?.Invoke(activity.StackPointer) ?? TimeSpan.Zero;
        var asleep = SyscallRestart.HasTimeoutInMilliseconds(activity.Number, activity.Arguments.Fourth)
            ? SleepClock.Read(target.Process, thread) ?? seen
            : TimeSpan.Zero;
        return new StopTerms(activity, null, asleep, SyscallRestart.EndsWhenStopped(activity.Number) ? permit : default);
    }
}
