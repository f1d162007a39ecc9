// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// A thread that is stopped for us alone, and runs on when this is disposed of. While it lives nothing is allocated and no
/// other thread is looked at. If the controller is killed meanwhile, the kernel lets the thread go.
/// </summary>
public ref struct StoppedThread
{
    /// <summary>Only a thread that is ending cannot be interrupted, and that is soon told.</summary>
    private static readonly TimeSpan PatienceForEnd = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan PatienceForUse = TimeSpan.FromSeconds(1);

    private readonly ILinux _linux;
    private readonly StopLog? _log;
    private readonly long _asked;
    private readonly long _stopped;
    private readonly CallPermit _permit;
    private readonly bool _othersAreHeld;
    private int _signal;

    private StoppedThread(ILinux linux, StopLog? log, int thread, CallPermit permit, bool othersAreHeld, long asked, int error, WaitStatus status)
    {
        _permit = permit;
        _othersAreHeld = othersAreHeld;
        _linux = linux;
        _log = log;
        _asked = asked;
        _stopped = Stopwatch.GetTimestamp();
        Thread = thread;
        Error = error;
        HasEnded = error == Errno.NoSuchProcess || (error == Errno.Success && status.HasEnded);
        _signal = status.SignalToPassOn;
        IsStopped = error == Errno.Success && status.IsStopped;
    }

    public int Thread { get; }

    /// <summary>The errno of the attempt to stop it; EPERM where another tracer has it.</summary>
    public int Error { get; }

    public bool IsStopped { get; private set; }

    public bool HasEnded { get; }

    /// <summary>It was asked to stop and has not yet. It is attached to, and will stand still until it is let go.</summary>
    public readonly bool IsLate => Error == Errno.TryAgain;

    /// <summary>Whether a signal of the program's own will be handled as soon as the thread runs on.</summary>
    public readonly bool HasSignal => _signal != 0 || _linux.HasSignal(Thread);

    /// <summary>Attaches, interrupts and waits. While it is attached to, the thread holds the permit. The time of the stop is counted from the interrupt on, and from when the thread stood.</summary>
    /// <param name="deadline">A time stamp: where the thread has not stopped by then, it is late. 0: it is waited for.</param>
    /// <param name="othersAreHeld">Threads that were taken before and are let go later: for their sake the controller stays urgent when this one is let go.</param>
    /// <exception cref="TargetAccessException">It is attached to, and neither stops nor ends: a signal would stop it, with nobody to let it go but the kernel when the command ends.</exception>
    public static StoppedThread Take(ILinux linux, int thread, StopLog? log, CallPermit permit = default, long deadline = 0, bool othersAreHeld = false)
    {
        int error = linux.Seize(thread);
        permit = error == Errno.Success && permit.IsStillOf(linux, thread) ? permit : default;
        permit.Give();
        linux.SetUrgent(true);
        long asked = Stopwatch.GetTimestamp();
        WaitStatus status = default;
        if (error == Errno.Success)
        {
            int interrupted = linux.Interrupt(thread);
            long until = interrupted == Errno.Success ? deadline : asked + (long)(PatienceForEnd.TotalSeconds * Stopwatch.Frequency);
            error = until == 0 ? linux.Wait(thread, out status) : WaitUntil(linux, thread, until, out status);
            if (interrupted != Errno.Success && error == Errno.TryAgain)
            {
                // What it was given is taken back.
                new StoppedThread(linux, log, thread, permit, othersAreHeld, asked, interrupted, status).Dispose();
                throw TargetAccessException.OfKeptThread(thread, interrupted);
            }
            error = error != Errno.Success && interrupted != Errno.Success ? interrupted : error;
        }
        return new StoppedThread(linux, log, thread, permit, othersAreHeld, asked, error, status);
    }

    /// <summary>One that was late: stopped now, or late still. The permit is the one that it got.</summary>
    public static StoppedThread TakeLate(ILinux linux, int thread, StopLog? log, CallPermit permit, bool othersAreHeld = false)
    {
        linux.SetUrgent(true);
        long asked = Stopwatch.GetTimestamp();
        int error = linux.TryWait(thread, out var status);
        return new StoppedThread(linux, log, thread, permit, othersAreHeld, asked, error, status);
    }

    // Others are held meanwhile: one that sleeps uninterruptibly must not make them wait for it.
    private static int WaitUntil(ILinux linux, int thread, long deadline, out WaitStatus status)
    {
        const int ShortestPause = 20, LongestPause = 500;
        for (int pause = ShortestPause; ; pause = Math.Min(2 * pause, LongestPause))
        {
            int error = linux.TryWait(thread, out status);
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline);
            if (error != Errno.TryAgain || left <= TimeSpan.Zero)
            {
                return error;
            }
            linux.Pause(Math.Min(pause, (int)Math.Ceiling(left.TotalMicroseconds)));
        }
    }

    public readonly int GetRegisters(out UserRegisters registers) => _linux.GetRegisters(Thread, out registers);

    public readonly int SetRegisters(in UserRegisters registers) => _linux.SetRegisters(Thread, in registers);

    /// <exception cref="TargetAccessException">It stands still and is not let go: the kernel does that when the command ends, which must be now.</exception>
    public void Dispose()
    {
        // Taken away before the thread runs on: a signal of the program's own must end its next call.
        bool keepsPermit = EndsInterrupted();
        if (!IsLate && !keepsPermit)
        {
            _permit.TakeBack();
        }
        int error = Errno.Success;
        if (IsStopped)
        {
            IsStopped = false;
            error = _linux.Detach(Thread, _signal);
            _signal = 0;
            _log?.Add(Stopwatch.GetElapsedTime(_asked), Stopwatch.GetElapsedTime(_stopped));
        }
        if (!_othersAreHeld)
        {
            _linux.SetUrgent(false);
        }
        if (keepsPermit && error == Errno.Success && !_othersAreHeld)
        {
            // Before anything else: the guard may be taken away next, or the thread be stopped once more.
            _permit.AwaitUse(_linux, PatienceForUse);
        }
        // One that was killed meanwhile has no registers.
        if (error != Errno.Success && _linux.GetRegisters(Thread, out _) == Errno.Success)
        {
            throw TargetAccessException.OfKeptThread(Thread, error);
        }
    }

    /// <summary>Its call could not be given back (<see cref="InterruptedCall"/>): it keeps the permit, by which it makes the call again itself.</summary>
    private readonly bool EndsInterrupted() => IsStopped && _permit != default && GetRegisters(out var registers) == Errno.Success
        && SyscallRestart.Decide((long)registers.OrigRax, (long)registers.Rax, registers.R10) != SyscallRestartKind.None;
}
