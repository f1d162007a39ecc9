// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>The real kernel; counted is how often the target's memory is read while a thread of it stands still.</summary>
public sealed class CountedReads(ILinux real) : ForwardedLinux(real)
{
    private bool _isInStop;
    private int _reads;

    /// <summary>The largest number of reads in one stop.</summary>
    public int MostInAStop { get; private set; }

    public override int Wait(int thread, out WaitStatus status)
    {
        int error = base.Wait(thread, out status);
        _isInStop = error == Errno.Success && status.IsStopped;
        _reads = 0;
        return error;
    }

    public override int Read(int process, Address address, Span<byte> destination)
    {
        _reads += _isInStop ? 1 : 0;
        return base.Read(process, address, destination);
    }

    public override int Detach(int thread, int signal)
    {
        MostInAStop = Math.Max(MostInAStop, _isInStop ? _reads : 0);
        _isInStop = false;
        return base.Detach(thread, signal);
    }
}
