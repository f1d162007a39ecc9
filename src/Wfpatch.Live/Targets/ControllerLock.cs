// SPDX-License-Identifier: Apache-2.0
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
    private readonly int _socket;

    private ControllerLock(int socket) => _socket = socket;

    /// <summary>Takes the lock; else the pid of the process that has it (0 where that is not known).</summary>
    public static (ControllerLock? Lock, int Owner) TryTake(int process, ulong startTime)
    {
        const int Unix = 1, StreamCloseOnExec = 1 | 0x80000;
        int socket = NativeMethods.Socket(Unix, StreamCloseOnExec, 0);
        TargetAccessException.ThrowIf(socket < 0 ? Marshal.GetLastPInvokeError() : 0, "opening a socket for the lock");
        byte[] address = [Unix, 0, 0, .. Encoding.ASCII.GetBytes($"wfpatch-{process}-{startTime}")];
        fixed (byte* name = address)
        {
            if (NativeMethods.Bind(socket, name, (uint)address.Length) == 0)
            {
                _ = NativeMethods.Listen(socket, 8);
                return (new ControllerLock(socket), 0);
            }
            int error = Marshal.GetLastPInvokeError();
            int owner = error == Errno.AddressInUse && NativeMethods.Connect(socket, name, (uint)address.Length) == 0 ? ReadPeer(socket) : 0;
            _ = NativeMethods.Close(socket);
            return (null, owner);
        }
    }

    public void Dispose() => _ = NativeMethods.Close(_socket);

    private static int ReadPeer(int socket)
    {
        const int SocketLevel = 1, PeerCredentials = 17;
        int* credentials = stackalloc int[3];
        uint length = 3 * sizeof(int);
        return NativeMethods.GetSocketOption(socket, SocketLevel, PeerCredentials, credentials, &length) == 0 ? credentials[0] : 0;
    }
}
