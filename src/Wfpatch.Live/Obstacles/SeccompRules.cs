// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Live.Obstacles;

/// <summary>Which threads of a target may map memory, as far as filters of system calls are concerned.</summary>
/// <param name="Mappers">Null: all, no thread has a filter.</param>
public sealed record SeccompRules(ImmutableHashSet<int>? Mappers)
{
    public static readonly SeccompRules None = new((ImmutableHashSet<int>?)null);

    public bool MayMap(int thread) => Mappers is null || Mappers.Contains(thread);
}
