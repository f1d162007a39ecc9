// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;

namespace Wfpatch.Testing.Faults;

/// <summary>
/// A kernel that has address-space generations as far as a controller can see: the real one for everything else. No thread runs other code by it, so that it
/// tells whether a controller does the right things in the right order, and not whether they work (kernel/guest/aspace does). It is stricter than the kernel:
/// a thread goes over only while it is stopped by a tracer, and what is written must be pinned. Threads that are born are in generation 0.
/// </summary>
public sealed class SimulatedViews(ILinux real) : ForwardedLinux(real)
{
    private const int MostThreads = 512;
    private readonly Dictionary<int, Dictionary<Address, byte>> _views = [];
    private readonly Dictionary<int, int> _threads = [];
    private readonly List<AddressRange> _pinned = [];
    private int _last;

    /// <summary>Not 0: the errno by which a view is refused.</summary>
    public int RefusesWith { get; set; }

    /// <summary>The views that can be entered.</summary>
    public ImmutableArray<int> Live => [.. _views.Keys.Order()];

    public IReadOnlyList<AddressRange> Pinned => _pinned;

    /// <summary>Where the jump at an entry leads in a view; null: there is none.</summary>
    public Address? JumpOf(int view, Address entry)
    {
        const int Length = 5;
        const byte Jump = 0xe9;
        var bytes = Enumerable.Range(0, Length).Select(i => _views[view].TryGetValue(entry + i, out byte b) ? b : (byte)0).ToArray();
        return bytes[0] == Jump ? entry + Length + BitConverter.ToInt32(bytes, 1) : null;
    }

    /// <summary>How often all threads were moved by one call.</summary>
    public int MovedAll { get; private set; }

    /// <summary>A thread comes by a hook and goes over where that leads: to the newest view, or back from the only one to generation 0. (The system call by which it does so
    /// the real kernel does not have.)</summary>
    public void ComeByHook(int thread) => _threads[thread] = Live switch
    {
        [] => 0,
        [var one] => ViewOf(thread) == one ? 0 : one,
        [.., var newest] => newest,
    };

    public int ViewOf(int thread) => _threads.GetValueOrDefault(thread);

    /// <summary>All of it is gone, as in a process that is forked.</summary>
    public void Forget()
    {
        _views.Clear();
        _threads.Clear();
    }

    /// <summary>Makes one that no controller knows of.</summary>
    public void MakeForeign() => _views.Add(++_last, []);

    public override ImmutableArray<int> ReadViews(int process) => Live;

    public override int QueryView(int thread, out int view)
    {
        view = ViewOf(thread);
        return Errno.Success;
    }

    public override int CreateView(int process, out int view)
    {
        view = ++_last;
        if (RefusesWith != 0)
        {
            return RefusesWith;
        }
        _views.Add(view, []);
        return Errno.Success;
    }

    public override int PinForViews(int process, AddressRange pages)
    {
        _pinned.Add(pages);
        return Errno.Success;
    }

    public override int WriteView(int process, int view, Address address, ReadOnlySpan<byte> bytes)
    {
        if (!_views.TryGetValue(view, out var content))
        {
            return Errno.NoEntry;
        }
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!_pinned.Exists(p => p.Contains(address + i)))
            {
                return Errno.NoSuchAddress;
            }
            content[address + i] = bytes[i];
        }
        return Errno.Success;
    }

    public override int MoveToView(int thread, int view)
    {
        if (view != 0 && !_views.ContainsKey(view))
        {
            return Errno.NoEntry;
        }
        // Only a tracer is told.
        int error = GetRegisters(thread, out var registers);
        if (error == Errno.Success && registers.OrigRax == ulong.MaxValue)
        {
            return Errno.Busy;
        }
        if (error == Errno.Success)
        {
            _threads[thread] = view;
        }
        return error;
    }

    public override int MoveAllToView(int process, int view)
    {
        if (view != 0 && !_views.ContainsKey(view))
        {
            return Errno.NoEntry;
        }
        // Only the tracer of each is told; the tests' processes have at most as many threads as are listed at once.
        Span<int> threads = stackalloc int[MostThreads];
        threads = threads[..Math.Min(QuietProcFs.ReadThreads(process, threads), MostThreads)];
        foreach (int thread in threads)
        {
            if (GetRegisters(thread, out var registers) != Errno.Success)
            {
                return Errno.TryAgain;
            }
            if (registers.OrigRax == ulong.MaxValue)
            {
                return Errno.Busy;
            }
        }
        foreach (int thread in threads)
        {
            _threads[thread] = view;
        }
        MovedAll++;
        return Errno.Success;
    }

    public override int DeleteView(int process, int view) => _views.Remove(view) ? Errno.Success : Errno.NoEntry;
}
