// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

namespace Wfpatch.Lab.Experiments.Restarts;

/// <summary>One change of a server under load, with the second after it.</summary>
/// <param name="Way">"patch" or "restart".</param>
/// <param name="TookMs">Patch: the command, from its start to its end. Restart: from the signal until the new process has given its first right reply.</param>
/// <param name="Requests">Of the load that were answered, or lost, meanwhile and in the second after it.</param>
/// <param name="Failed">Wrong replies and lost connections among them.</param>
/// <param name="WorstMs">The largest latency of a request, counted from when it was due.</param>
/// <param name="Why">Why it was not done; empty: it was.</param>
public sealed record RestartSample(string Way, double TookMs, long Requests, long Failed, double WorstMs, string Why)
{
    internal const string Patch = "patch", Restart = "restart";

    [JsonIgnore]
    public bool IsPatch => Way == Patch;
}
