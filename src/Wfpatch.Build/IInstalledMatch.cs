// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Matching;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build;

/// <summary>The run-pre match against a file instead of a process: whether the patch's old functions are what the installed
/// program or library really holds.</summary>
public interface IInstalledMatch
{
    /// <summary>The reasons why the patch does not fit; empty where it does.</summary>
    /// <param name="installedFile">The whole file, stripped or not.</param>
    /// <param name="fileName">How refusals call it.</param>
    ImmutableArray<Refusal> Check(ObjectPatch patch, ReadOnlyMemory<byte> installedFile, string fileName);

    /// <summary>The old functions that the file does not have like that, each looked for by itself; none where the file cannot be read.</summary>
    ImmutableArray<FunctionDifference> FindDifferent(ObjectPatch program, ReadOnlyMemory<byte> installedFile, string fileName) => [];
}
