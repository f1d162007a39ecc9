// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Bench;

/// <summary>How long the tests of endurance go on, which run only when they are named.</summary>
/// <param name="Minutes">For soak, all targets together.</param>
/// <param name="Count">Controllers to be killed by faults; cycles of one function.</param>
internal sealed record BenchLimits(double Minutes, int Count)
{
    internal static BenchLimits Default { get; } = new(10, 100);
}
