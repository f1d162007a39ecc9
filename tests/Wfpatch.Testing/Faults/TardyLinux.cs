// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>
/// The real kernel, but one thread does not stop when it is asked to while others stand still, as one that has just gone into vfork(2): until
/// all others go on. It is the first that is asked to stop while so many do.
/// </summary>
public sealed class TardyLinux(ILinux real, int others) : ForwardedLinux(real)
{
    private readonly HashSet<int> _stopped = [];

    /// <summary>The thread; 0: nobody was asked to stop yet while others stood still.</summary>
    public int Tardy { get; private set; }

    /// <summary>Whether it was let go in the end.</summary>
    public bool HasGone { get; private set; }

    /// <summary>Whether it was waited for while others stood still, without an end.</summary>
    public bool WasWaitedFor { get; private set; }

    public override int Interrupt(int thread)
    {
        Tardy = Tardy == 0 && _stopped.Count == others ? thread : Tardy;
        return base.Interrupt(thread);
    }

    public override int Wait(int thread, out WaitStatus status)
    {
        WasWaitedFor |= thread == Tardy && _stopped.Count > 0;
        return Note(thread, base.Wait(thread, out status), status);
    }

    public override int TryWait(int thread, out WaitStatus status)
    {
        status = default;
        return thread == Tardy && !HasGone && _stopped.Count > 0 ? Errno.TryAgain : Note(thread, base.TryWait(thread, out status), status);
    }

    public override int Detach(int thread, int signal)
    {
        _ = _stopped.Remove(thread);
        HasGone |= thread == Tardy;
        return base.Detach(thread, signal);
    }

    private int Note(int thread, int error, WaitStatus status)
    {
        if (error == Errno.Success && status.IsStopped)
        {
            _ = _stopped.Add(thread);
        }
        return error;
    }
}
