// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Core.Tests.Quiescence;

public sealed class SyscallRestartTests
{
    private const int Eintr = -4, RestartSys = -512, RestartNoIntr = -513, RestartNoHand = -514, RestartBlock = -516;
    private const int Futex = 202, Poll = 7, ClockNanosleep = 230;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SyscallRestart.EpollWait, Eintr, 100, SyscallRestartKind.AgainWithRestOfTimeout)]
    [InlineData(SyscallRestart.EpollPwait, Eintr, 1, SyscallRestartKind.AgainWithRestOfTimeout)]
    [InlineData(SyscallRestart.EpollWait, Eintr, -1, SyscallRestartKind.Again)]
    [InlineData(SyscallRestart.EpollWait, Eintr, 0, SyscallRestartKind.Again)]
    [InlineData(SyscallRestart.EpollWait, 3, 100, SyscallRestartKind.None)]
    [InlineData(Futex, Eintr, 100, SyscallRestartKind.Again)]
    [InlineData(Futex, RestartSys, 0, SyscallRestartKind.None)]
    [InlineData(Poll, RestartBlock, 0, SyscallRestartKind.None)]
    [InlineData(-1, Eintr, 0, SyscallRestartKind.None)]
    public void EveryEndOfACallIsKnown(long call, long result, int fourth, SyscallRestartKind expected) =>
        Assert.Equal(expected, SyscallRestart.Decide(call, result, unchecked((ulong)fourth)));

    [Theory]
    [InlineData(Eintr, true)]
    [InlineData(RestartSys, true)]
    [InlineData(RestartNoIntr, true)]
    [InlineData(RestartNoHand, true)]
    [InlineData(RestartBlock, true)]
    [InlineData(-515, false)]
    [InlineData(-11, false)]
    [InlineData(0, false)]
    public void InterruptedIsWhatRunsAgain(long result, bool expected)
    {
        Assert.Equal(expected, SyscallRestart.WasInterrupted(Futex, result));
        Assert.False(SyscallRestart.WasInterrupted(-1, result));
    }

    [Fact]
    public void ABlockGoesOnWithRestartSyscall()
    {
        Assert.Equal((ulong)SyscallRestart.RestartSyscall, SyscallRestart.NumberToGoOn(ClockNanosleep, RestartBlock));
        Assert.Equal((ulong)Futex, SyscallRestart.NumberToGoOn(Futex, RestartSys));
    }

    /// <summary>The pointer to the time limit is another argument for each call; where it is null there is no limit to be kept.</summary>
    [Theory]
    [InlineData(Futex, 0, true)]
    [InlineData(SyscallRestart.EpollWait, 0, true)]
    [InlineData(128, 3, false)]
    [InlineData(441, 4, false)]
    [InlineData(220, 4, false)]
    [InlineData(208, 5, false)]
    [InlineData(333, 5, false)]
    [InlineData(299, 5, false)]
    public void CallsWhoseLimitCannotBeKeptAreLeftAlone(long call, int limit, bool withLimit)
    {
        Assert.Equal(withLimit, SyscallRestart.MayInterrupt(call, Arguments(_ => 0x7ffe0000)));
        Assert.True(SyscallRestart.MayInterrupt(call, Arguments(i => i == limit ? 0UL : 0x7ffe0000)));
    }

    /// <summary>io_uring_enter(2): to submit is the second argument, the flags are the fourth; 8 says that a time limit may be in memory.</summary>
    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(1, 1, false)]
    [InlineData(0, 9, false)]
    public void TheWaitOfARingMayBeMadeAgainWhereItOnlyWaits(ulong submits, ulong flags, bool expected) =>
        Assert.Equal(expected, SyscallRestart.MayInterrupt(426, Arguments(i => i switch { 2 => submits, 4 => flags, _ => 0x7ffe0000 })));

    /// <summary>The count is the third argument; the flags of recvfrom the fourth, of recvmsg the third (MSG_WAITALL), of recvmmsg the fourth (MSG_WAITFORONE).</summary>
    [Theory]
    [InlineData(1, 1, 0, false)]
    [InlineData(1, 2, 0, true)]
    [InlineData(44, 1, 0, false)]
    [InlineData(44, 2, 0, true)]
    [InlineData(20, 1, 0, true)]
    [InlineData(46, 0, 0, true)]
    [InlineData(40, 0, 0, true)]
    [InlineData(45, 9, 0, false)]
    [InlineData(45, 9, 0x100, true)]
    [InlineData(45, 1, 0x100, false)]
    [InlineData(47, 0, 0, false)]
    [InlineData(47, 0x100, 0, true)]
    [InlineData(299, 1, 0, false)]
    [InlineData(299, 2, 0, true)]
    [InlineData(299, 2, 0x1_0000, false)]
    [InlineData(0, 9, 0, false)]
    public void WhatIsDoneInPartsIsKnown(long call, ulong third, ulong fourth, bool expected) =>
        Assert.Equal(expected, SyscallRestart.MovesInParts(call, Arguments(i => i switch { 3 => third, 4 => fourth, _ => 0x7ffe0000 })));

    [Theory]
    [InlineData(1, 4096, true)]
    [InlineData(1, 4097, false)]
    [InlineData(20, 1, false)]
    public void APipeTakesAPageAtOnce(long call, ulong count, bool expected) =>
        Assert.Equal(expected, SyscallRestart.IsAtomicForPipes(call, Arguments(i => i == 3 ? count : 1)));

    [Theory]
    [InlineData(SyscallRestart.EpollWait, 5, true)]
    [InlineData(SyscallRestart.EpollPwait, 5, true)]
    [InlineData(SyscallRestart.EpollWait, -1, false)]
    [InlineData(Futex, 5, false)]
    public void MillisecondsAreOnlyInTwoCalls(long call, int fourth, bool expected) =>
        Assert.Equal(expected, SyscallRestart.HasTimeoutInMilliseconds(call, unchecked((ulong)fourth)));

    /// <summary>The numbers are those of the kernel's header.</summary>
    [Fact]
    public async Task NumbersAreThoseOfTheHeader()
    {
        string source = Path.Combine(Path.GetTempPath(), $"wfpatch-numbers-{Guid.NewGuid():N}.c");
        await File.WriteAllTextAsync(source, """
            #include <sys/syscall.h>
            #include <errno.h>
            _Static_assert(SYS_epoll_wait == 232 && SYS_epoll_pwait == 281 && SYS_restart_syscall == 219, "");
            _Static_assert(SYS_rt_sigtimedwait == 128 && SYS_semtimedop == 220 && SYS_io_getevents == 208, "");
            _Static_assert(SYS_io_pgetevents == 333 && SYS_io_uring_enter == 426 && SYS_epoll_pwait2 == 441 && SYS_futex == 202, "");
            _Static_assert(SYS_recvmmsg == 299 && SYS_pause == 34 && SYS_rt_sigsuspend == 130 && SYS_semop == 65, "");
            _Static_assert(SYS_mmap == 9 && EINTR == 4, "");
            """, Cancel);
        try
        {
            (await ChildProcess.RunAsync(CommandLine.Of("gcc", "-fsyntax-only", source), Cancel)).OrThrow();
        }
        finally
        {
            File.Delete(source);
        }
    }

    private static SyscallArguments Arguments(Func<int, ulong> value) => new(value(1), value(2), value(3), value(4), value(5), value(6));
}
