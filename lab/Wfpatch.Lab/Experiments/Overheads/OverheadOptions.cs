// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Experiments.Overheads;

/// <summary>How often, under which load.</summary>
/// <param name="Patches">How often each method applies the patch, and takes it back.</param>
/// <param name="LimitSeconds">How long threads are waited for; what needs longer is missed.</param>
/// <param name="Connections">Of the load.</param>
/// <param name="RequestsPerSecond">All connections together.</param>
/// <param name="Seed">For the pauses between patches and for the order of methods.</param>
public sealed record OverheadOptions(int Patches, double LimitSeconds, int Connections, double RequestsPerSecond, ulong Seed)
{
    public static OverheadOptions Default { get; } = new(100, 1, 8, 800, 1);
}
