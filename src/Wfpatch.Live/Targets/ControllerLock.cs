// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Targets;

/// <summary>
/// One controller at a time for a target: an abstract unix socket whose name holds the target's pid and start time. The
/// kernel gives it back when its owner dies in whatever way, and tells the loser the owner's pid (unix(7), SO_PEERCRED).
/// </summary>
public sealed unsafe class ControllerLock : IDisposable
{
    private const int Unix = 1;
    private static readonly TimeSpan LongestLinger = TimeSpan.FromSeconds(1);

    private readonly int _socket;

    private ControllerLock(int socket) => _socket = socket;

    /// <summary>Takes the lock; else the pid of the process that has it (0 where that is not known).</summary>
    public static (ControllerLock? Lock, int Owner) TryTake(int process, ulong startTime)
    {
        byte[] address = [Unix, 0, 0, .. Encoding.ASCII.GetBytes($"wfpatch-{process}-{startTime}")];
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var (taken, owner, isLetGo) = TryBind(address);
            if (taken is not null || !isLetGo || waited.Elapsed > LongestLinger)
            {
                return (taken, owner);
            }
            Thread.Yield();
        }
    }

    // A child that our own process is just starting holds a copy of the socket, and so its name, until its exec: without the
    // shutdown a later command of ours would meet the lock of an earlier one.
    public void Dispose()
    {
        _ = NativeMethods.Shutdown(_socket, 2);
        _ = NativeMethods.Close(_socket);
    }

    // IsLetGo: the name is taken, but nobody listens (any more, or yet).
    private static (ControllerLock? Lock, int Owner, bool IsLetGo) TryBind(byte[] address)
    {
        const int StreamCloseOnExec = 1 | 0x80000;
        int socket = NativeMethods.Socket(Unix, StreamCloseOnExec, 0);
        TargetAccessException.ThrowIf(socket < 0 ? Marshal.GetLastPInvokeError() : 0, "opening a socket for the lock");
        fixed (byte* name = address)
        {
            if (NativeMethods.Bind(socket, name, (uint)address.Length) == 0)
            {
                _ = NativeMethods.Listen(socket, 8);
                return (new ControllerLock(socket), 0, false);
            }
            bool inUse = Marshal.GetLastPInvokeError() == Errno.AddressInUse;
            bool connected = inUse && NativeMethods.Connect(socket, name, (uint)address.Length) == 0;
            int owner = connected ? ReadPeer(socket) : 0;
            _ = NativeMethods.Close(socket);
            return (null, owner, inUse && !connected);
        }
    }

    private static int ReadPeer(int socket)
    {
        const int SocketLevel = 1, PeerCredentials = 17;
        int* credentials = stackalloc int[3];
        uint length = 3 * sizeof(int);
        return NativeMethods.GetSocketOption(socket, SocketLevel, PeerCredentials, credentials, &length) == 0 ? credentials[0] : 0;
    }
}
