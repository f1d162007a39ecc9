// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Sockets;
using Wfpatch.Lab.Loads;
using Wfpatch.Testing.Processes;

namespace Wfpatch.Lab.Servers;

/// <summary>Ports of 127.0.0.1, where all servers of the lab listen.</summary>
internal static class Loopback
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    /// <summary>A port that nobody uses now.</summary>
    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until somebody listens there; false: the process has ended before, or the time is over.</summary>
    internal static async Task<bool> IsListeningAsync(ChildProcess process, int port, CancellationToken cancel)
    {
        for (long end = MonotonicClock.NowNs + (StartLimit.Ticks * 100); MonotonicClock.NowNs < end && !process.HasEnded;)
        {
            try
            {
                using LineConnection connection = new(port);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(10, cancel);
            }
        }
        return false;
    }
}
