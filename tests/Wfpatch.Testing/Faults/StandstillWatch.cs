// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel, and what the controller does while threads of the target stand still: from the first that stopped to the last that was let go.</summary>
public sealed class StandstillWatch(ILinux real) : ForwardedLinux(real)
{
    private long _before;
    private int _stopped;
    private bool _isUrgent;

    /// <summary>Bytes that were allocated.</summary>
    public long Allocated { get; private set; }

    /// <summary>How many threads stood still at the same time, at most.</summary>
    public int MostStopped { get; private set; }

    /// <summary>How often the controller gave up its precedence over other programs, or did without.</summary>
    public int Yielded { get; private set; }

    /// <summary>How often a thread was waited for without an end while another one stood still.</summary>
    public int WaitedForOne { get; private set; }

    public void Reset() => (Allocated, MostStopped, Yielded, WaitedForOne) = (0, 0, 0, 0);

    public override void SetUrgent(bool urgent)
    {
        base.SetUrgent(urgent);
        _isUrgent = urgent;
        Yielded += !urgent && _stopped > 0 ? 1 : 0;
    }

    public override int Wait(int thread, out WaitStatus status)
    {
        WaitedForOne += _stopped > 0 ? 1 : 0;
        return Count(base.Wait(thread, out status), status);
    }

    public override int TryWait(int thread, out WaitStatus status) => Count(base.TryWait(thread, out status), status);

    public override int Detach(int thread, int signal)
    {
        int error = base.Detach(thread, signal);
        if (--_stopped == 0)
        {
            Allocated += GC.GetAllocatedBytesForCurrentThread() - _before;
        }
        return error;
    }

    private int Count(int error, WaitStatus status)
    {
        if (error != Errno.Success || !status.IsStopped)
        {
            return error;
        }
        if (++_stopped == 1)
        {
            _before = GC.GetAllocatedBytesForCurrentThread();
        }
        MostStopped = Math.Max(MostStopped, _stopped);
        Yielded += _isUrgent ? 0 : 1;
        return error;
    }
}
