// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build.Tests;

/// <summary>Keeps what a build reports, from whichever thread, and lets a test answer to it.</summary>
public sealed class EventList(Action<BuildEvent>? answer = null) : IProgress<BuildEvent>
{
    private readonly Lock _gate = new();
    private readonly List<BuildEvent> _events = [];

    public BuildEvent[] All
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public void Report(BuildEvent value)
    {
        lock (_gate)
        {
            _events.Add(value);
        }
        answer?.Invoke(value);
    }
}
