// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Build;

/// <summary>How a source package is brought to where single units of it compile, without building the whole. Commands are lines of debian/rules'
/// make, with what that file exports.</summary>
/// <param name="Source">The source package.</param>
/// <param name="Commands">Configures the unpacked source, and makes sources that units include; null: nothing of the kind is needed.</param>
/// <param name="Trace">Prints what a build would do (make -n -k -w).</param>
/// <param name="Program">File name of the program or library that the units are taken for.</param>
/// <param name="Packages">The binary packages that ship what the units go into.</param>
public sealed record UnitRecipe(string Source, string? Commands, string Trace, string Program, ImmutableArray<string> Packages)
{
    /// <summary>Unified diffs that are applied to the source before it is configured, in this order.</summary>
    public ImmutableArray<string> Changes { get; init; } = [];
}
