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

    /// <summary>The result by which the kernel makes a call again when no handler of a signal runs, and ends it with EINTR when
    /// one does (ERESTARTNOHAND, linux/errno.h). Put into the result of a call that was ended with EINTR because of our stop, it
    /// leaves the decision where it belongs: a signal that arrives in the same moment is not lost.</summary>
    public const long ResultThatRestarts = -RestartNoHand;

    private const int Pause = 34, SemOp = 65, RtSigSuspend = 130, RtSigTimedWait = 128;
    private const int SemTimedOp = 220, IoGetEvents = 208, IoPGetEvents = 333, IoUringEnter = 426, EpollPwait2 = 441, RecvMMsg = 299;
    private const int Write = 1, WriteV = 20, SendFile = 40, SendTo = 44, RecvFrom = 45, SendMsg = 46, RecvMsg = 47;
    private const int Splice = 275, VmSplice = 278, SendMMsg = 307, PWriteV2 = 328;
    private const ulong WaitAll = 0x100, WaitForOne = 0x1_0000, PipeBuffer = 4096; // MSG_WAITALL, MSG_WAITFORONE
    private const int Clone = 56, VFork = 58, Clone3 = 435;
    private const int Poll = 7, Nanosleep = 35, Futex = 202, ClockNanosleep = 230;
    private const ulong IoUringExtendedArgument = 8, AbsoluteTime = 1, FutexWait = 0, FutexCommandMask = 0x7f;
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
        return HasTimeoutInMilliseconds(call, fourth) ? SyscallRestartKind.AgainWithRestOfTimeout : SyscallRestartKind.Again;
    }

    /// <summary>Whether the call was interrupted and will run again, by the kernel's doing or by ours.</summary>
    public static bool WasInterrupted(long call, long result) =>
        call >= 0 && -result is Interrupted or RestartSys or RestartNoIntr or RestartNoHand or RestartBlock;

    /// <summary>The number to put into rax so that the call goes on when the thread executes the syscall instruction again.</summary>
    public static ulong NumberToGoOn(long call, long result) => -result == RestartBlock ? RestartSyscall : (ulong)call;

    /// <summary>False for calls whose time limit lies in memory, where the kernel would take it from the beginning again, or is
    /// unknown: a thread in one of these is not stopped, it migrates when it comes out.</summary>
    public static bool MayInterrupt(long call, in SyscallArguments arguments) => call switch
    {
        RtSigTimedWait => arguments.Third == 0,
        EpollPwait2 or SemTimedOp => arguments.Fourth == 0,
        IoGetEvents or IoPGetEvents or RecvMMsg => arguments.Fifth == 0,
        // The thread waits for a child that runs in its memory until that calls exec: no stop reaches it before (vfork(2)).
        Clone or VFork or Clone3 => false,
        // One that submits something, or has a time limit in memory (IORING_ENTER_EXT_ARG, io_uring_enter(2)), would do so twice.
        IoUringEnter => arguments.Second == 0 && (arguments.Fourth & IoUringExtendedArgument) == 0,
        _ => true,
    };

    /// <summary>False for calls whose time limit lies in memory and counts from their beginning, which the kernel goes on with by restart_syscall(2) after a
    /// stop: made again as they were, they would wait too long.</summary>
    public static bool MayMakeAgain(long call, in SyscallArguments arguments) => call switch
    {
        Nanosleep => false,
        ClockNanosleep => (arguments.Second & AbsoluteTime) != 0,
        Futex => arguments.Fourth == 0 || (arguments.Second & FutexCommandMask) != FutexWait,
        _ => true,
    };

    /// <summary>Whether a thread that is stopped in the call may go on by restart_syscall(2).</summary>
    public static bool MayGoOnByRestartCall(long call, in SyscallArguments arguments) =>
        call is Poll or Nanosleep or ClockNanosleep || (call == Futex && arguments.Fourth != 0);

    /// <summary>Whether the kernel would go on with the call by restart_syscall(2).</summary>
    public static bool GoesOnByRestartCall(long call, long result) => call >= 0 && -result == RestartBlock;

    /// <summary>Whether a thread that is blocked in it waits for a child that runs in its memory.</summary>
    public static bool LendsMemory(long call) => call is Clone or VFork or Clone3;

    /// <summary>Whether a limit in milliseconds is its third argument.</summary>
    public static bool HasTimeoutInThird(long call) => call == Poll;

    /// <summary>Whether a stop ends the call with EINTR, which somebody must hide from the program. The kernel restarts all others by itself.</summary>
    public static bool EndsWhenStopped(long call) =>
        call is EpollWait or EpollPwait or EpollPwait2 or RtSigTimedWait or SemOp or SemTimedOp or IoGetEvents or IoPGetEvents or IoUringEnter;

    /// <summary>False for calls that wait for a signal: a thread in one of these does no work for us in between, since a signal
    /// that arrived meanwhile would be handled before the call is made again, and the call would wait for another one.</summary>
    public static bool MayBorrow(long call) => call is not (Pause or RtSigSuspend or RtSigTimedWait);

    /// <summary>Whether its limit is a number of milliseconds in the fourth argument, so that the rest must be computed.</summary>
    public static bool HasTimeoutInMilliseconds(long call, ulong fourth) => call is EpollWait or EpollPwait && (int)fourth > 0;

    /// <summary>The time limit of a socket, if the first argument is one, that the call obeys: it ends with EINTR where the socket
    /// has one (signal(7)), and how much of it is left cannot be known.</summary>
    public static SocketLimit SocketLimitOf(long call) => call switch
    {
        0 or 19 or 43 or 45 or 47 or 288 or RecvMMsg => SocketLimit.Receive, // read readv accept recvfrom recvmsg accept4 recvmmsg
        1 or 20 or 40 or 42 or 44 or 46 or 307 => SocketLimit.Send, // write writev sendfile connect sendto sendmsg sendmmsg
        _ => SocketLimit.None,
    };

    /// <summary>
    /// Whether the call moves bytes piece by piece, and, interrupted after some of them, ends with their count (write(2), send(2), recv(2) with MSG_WAITALL): a
    /// program that blocks until all is done need not expect that. A single byte is moved or not.
    /// </summary>
    public static bool MovesInParts(long call, in SyscallArguments arguments) => call switch
    {
        Write or SendTo => arguments.Third > 1,
        WriteV or PWriteV2 or SendMsg or SendMMsg or SendFile or Splice or VmSplice => true,
        RecvFrom => (arguments.Fourth & WaitAll) != 0 && arguments.Third > 1,
        RecvMsg => (arguments.Third & WaitAll) != 0,
        RecvMMsg => arguments.Third > 1 && (arguments.Fourth & WaitForOne) == 0,
        _ => false,
    };

    /// <summary>Whether it is written at once what the call writes if its descriptor is a pipe or no file at all (pipe(7), PIPE_BUF; eventfd(2)).</summary>
    public static bool IsAtomicForPipes(long call, in SyscallArguments arguments) => call == Write && arguments.Third <= PipeBuffer;

    /// <summary>The name of a call that may not be interrupted, for messages; else its number.</summary>
    public static string NameOf(long call) => call switch
    {
        0 => "read",
        Write => "write",
        19 => "readv",
        WriteV => "writev",
        SendFile => "sendfile",
        42 => "connect",
        43 => "accept",
        SendTo => "sendto",
        RecvFrom => "recvfrom",
        SendMsg => "sendmsg",
        RecvMsg => "recvmsg",
        Splice => "splice",
        VmSplice => "vmsplice",
        288 => "accept4",
        SendMMsg => "sendmmsg",
        PWriteV2 => "pwritev2",
        Clone or VFork or Clone3 => "vfork (until its child calls exec)",
        Nanosleep => "nanosleep",
        ClockNanosleep => "clock_nanosleep",
        Futex => "futex",
        EpollWait => "epoll_wait",
        EpollPwait => "epoll_pwait",
        RtSigTimedWait => "rt_sigtimedwait",
        SemTimedOp => "semtimedop",
        IoGetEvents => "io_getevents",
        IoPGetEvents => "io_pgetevents",
        IoUringEnter => "io_uring_enter",
        EpollPwait2 => "epoll_pwait2",
        RecvMMsg => "recvmmsg",
        RestartSyscall => "restart_syscall",
        _ => $"system call {call}",
    };
}
