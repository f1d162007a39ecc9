// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>One connection to a server, used by one thread, one request at a time. Disposing closes it.</summary>
public interface ILoadClient : IDisposable
{
    /// <summary>Sends request <paramref name="number"/> of this connection and checks its reply. Allocates nothing.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The connection is lost, or no reply came in time.</exception>
    Reply Exchange(long number);
}
