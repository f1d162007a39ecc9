// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Quiescence;

/// <summary>A function whose start is a quiescence point.</summary>
/// <param name="Function">Its name.</param>
/// <param name="Library">The library that exports it; empty: a function of the program itself, found through the patch file.</param>
/// <param name="Reason">Why a thread holds no state of old code there.</param>
public sealed record ProfilePoint(string Function, string Library, string Reason)
{
    /// <summary>Left out where its library is not loaded or does not export it.</summary>
    public bool IsOptional { get; init; }
}

/// <summary>What is known of a program's threads: where they are quiescent, and what is on the stack there.</summary>
/// <param name="Executables">File names of programs that it is for.</param>
/// <param name="Below">Functions that are on a thread's stack at a point: a patch that changes one of them cannot use the points.</param>
public sealed record Profile(string Name, ImmutableArray<string> Executables, ImmutableArray<ProfilePoint> Points, ImmutableArray<string> Below)
{
    /// <summary>Points that the program announces itself; then there are no others.</summary>
    public ImmutableArray<ExplicitPoint> Explicit { get; init; } = [];
}
