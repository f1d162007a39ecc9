// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Quiescence;

public enum SyscallRestartKind
{
    /// <summary>Nothing to do: the thread was in no system call, or the call had ended, or the kernel restarts it by itself.</summary>
    None,

    /// <summary>The call was ended with EINTR because of our stop: it is made again.</summary>
    Again,

    /// <summary>The same, with what is left of its timeout (milliseconds, fourth argument).</summary>
    AgainWithRestOfTimeout,
}

/// <summary>
/// What becomes of the system call that a thread was blocked in when it was stopped (signal(7), "Interruption of system
/// calls and library functions by stop signals"). Most calls are restarted by the kernel when no handler runs; some end
/// with EINTR, which the program must not see.
/// </summary>
public static class SyscallRestart
{
    public const int EpollWait = 232;
    public const int EpollPwait = 281;
    public const int RestartSyscall = 219;

    private const int SemOp = 65, RtSigTimedWait = 128, SemTimedOp = 220, IoGetEvents = 208, IoPGetEvents = 333, IoUringEnter = 426, EpollPwait2 = 441;
    private const int Interrupted = 4, RestartSys = 512, RestartNoIntr = 513, RestartNoHand = 514, RestartBlock = 516;

    /// <param name="call">The number of the call, or -1 where the thread is in none (orig_rax).</param>
    /// <param name="result">What it is about to return (rax).</param>
    /// <param name="fourth">Its fourth argument (r10).</param>
    public static SyscallRestartKind Decide(long call, long result, ulong fourth)
    {
        if (call < 0 || result != -Interrupted)
        {
            return SyscallRestartKind.None;
        }
        bool hasTimeout = call is EpollWait or EpollPwait && (int)fourth > 0;
        return hasTimeout ? SyscallRestartKind.AgainWithRestOfTimeout : SyscallRestartKind.Again;
    }

    /// <summary>Whether the call was interrupted and will run again, by the kernel's doing or by ours.</summary>
    public static bool WasInterrupted(long call, long result) =>
        call >= 0 && -result is Interrupted or RestartSys or RestartNoIntr or RestartNoHand or RestartBlock;

    /// <summary>The number to put into rax so that the call goes on when the thread executes the syscall instruction again.</summary>
    public static ulong NumberToGoOn(long call, long result) => -result == RestartBlock ? RestartSyscall : (ulong)call;

    /// <summary>False for calls that end with EINTR and whose time limit lies in memory or is unknown: a thread in one of these is
    /// not stopped, it migrates when it comes out.</summary>
    public static bool MayInterrupt(long call, ulong fourth) => call switch
    {
        EpollPwait2 or SemTimedOp => fourth == 0,
        RtSigTimedWait or IoGetEvents or IoPGetEvents or IoUringEnter => false,
        _ => true,
    };

    /// <summary>Whether a stop ends the call with EINTR, which somebody must hide from the program. The kernel restarts all others by itself.</summary>
    public static bool EndsWhenStopped(long call) =>
        call is EpollWait or EpollPwait or EpollPwait2 or RtSigTimedWait or SemOp or SemTimedOp or IoGetEvents or IoPGetEvents or IoUringEnter;

    /// <summary>Whether its limit is a number of milliseconds in the fourth argument, so that the rest must be computed.</summary>
    public static bool HasTimeoutInMilliseconds(long call, ulong fourth) => call is EpollWait or EpollPwait && (int)fourth > 0;
}
