// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;

namespace Wfpatch.Lab.Bench;

/// <summary>Packages of which the touched units alone are compiled: a whole build of each would take minutes to hours.</summary>
internal static class UnitRecipes
{
    private static readonly ImmutableArray<UnitRecipe> All =
    [
        new("redis", null, "dh_auto_build -- -n -k -w V=1 USE_SYSTEM_JEMALLOC=yes USE_SYSTEMD=yes USE_JEMALLOC=yes", "redis-check-rdb", "redis-tools"),
    ];

    internal static UnitRecipe? Find(string source) => All.FirstOrDefault(recipe => recipe.Source == source);
}
