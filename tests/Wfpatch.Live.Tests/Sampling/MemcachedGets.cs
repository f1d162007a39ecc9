// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Servers;

namespace Wfpatch.Live.Tests.Sampling;

/// <summary>Connections to memcached that ask for a key that is not there, again and again.</summary>
public sealed class MemcachedGets(int port) : IAsyncDisposable
{
    private readonly ServerLoad _load = new(port, new Dialogue([.. "get absent\r\n"u8], new([], [.. "END\r\n"u8])));

    public ValueTask DisposeAsync() => _load.DisposeAsync();
}
