// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Bench;

/// <summary>One thing to measure on a server of its own; gives one figure or several.</summary>
internal interface IMeasurement
{
    /// <summary>A short name, for `bench --only`.</summary>
    string Name { get; }

    Task<ImmutableArray<Figure>> MeasureAsync(CancellationToken cancel);
}
