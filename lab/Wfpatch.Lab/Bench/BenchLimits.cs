// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Bench;

/// <summary>How long the tests of endurance go on, which run only when they are named.</summary>
/// <param name="Minutes">For soak, all targets together.</param>
/// <param name="Count">Controllers to be killed by faults; cycles of one function.</param>
/// <param name="Packages">Source packages whose fixes builder builds.</param>
internal sealed record BenchLimits(double Minutes, int Count, ImmutableArray<string> Packages)
{
    internal static BenchLimits Default { get; } = new(10, 100, ["memcached", "apache2"]);
}
