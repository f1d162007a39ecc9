// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Experiments.Restarts;

/// <summary>How often, under which load.</summary>
/// <param name="Times">How often the server is patched, and how often it is restarted.</param>
/// <param name="Connections">Of the load.</param>
/// <param name="RequestsPerSecond">All connections together.</param>
public sealed record RestartOptions(int Times, int Connections, double RequestsPerSecond)
{
    public static RestartOptions Default { get; } = new(5, 8, 800);
}
