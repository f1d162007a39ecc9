// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Live.Migrations;

/// <summary>Which threads a patch is tried on first.</summary>
/// <param name="Count">How many.</param>
/// <param name="Threads">Their ids; empty: any, those that can be migrated first.</param>
public sealed record CanaryChoice(int Count, ImmutableArray<int> Threads)
{
    public static CanaryChoice Any(int count) => new(count, []);

    public static CanaryChoice Of(params IEnumerable<int> threads)
    {
        ImmutableArray<int> all = [.. threads.Distinct()];
        return new(all.Length, all);
    }
}
