// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;

namespace Wfpatch.Lab.Experiments;

/// <summary>A load whose requests are counted, and beside it one connection with long work, where the server has such. Disposing ends both.</summary>
internal sealed class ServerLoad : IDisposable
{
    private readonly LoadGenerator _load;
    private readonly LoadGenerator? _long;
    private readonly LoadWindow _window = new("load"), _longWindow = new("long");

    internal ServerLoad(ILabProcess server, int connections, double requestsPerSecond)
    {
        _load = new(server.Connect, connections, requestsPerSecond);
        _long = server.LongWork is { } work ? new(work.Connect, 1, work.RequestsPerSecond) : null;
    }

    /// <summary>All requests until now.</summary>
    internal LoadCounts Take()
    {
        _load.TakeSlot(_window);
        _long?.TakeSlot(_longWindow);
        return _window.Counts + _longWindow.Counts;
    }

    /// <summary>The largest latency until the last <see cref="Take"/>, in microseconds, without those of the long work.</summary>
    internal double WorstUs => _window.WorstUs;

    /// <summary>Ends it, and gives all requests, with those that were under way.</summary>
    internal LoadCounts End()
    {
        Dispose();
        return Take();
    }

    public void Dispose()
    {
        _load.Dispose();
        _long?.Dispose();
    }
}
